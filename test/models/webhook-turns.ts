import type { FeedCursor } from '../../src/engine/feed/feed-cursor';
import { type FeedEvent, frameOf, idOf } from '../../src/engine/feed/feed-event';
import type { FeedPage, FeedRequest } from '../../src/engine/feed/feed-reader';
import { Directory } from '../../src/shards/directory/directory';
import type { DeliveryRecord, WebhookRecord } from '../../src/shards/directory/webhook-store';
import type { Answered, Message } from '../../src/webhooks/send-webhook';
import { WebhookWorker, type WebhookWorkerParts } from '../../src/webhooks/webhook-worker';
import { DirectoryServer, SimDirectory } from '../../tools/sim/world/sim-directory';

/**
 * Turns of a webhook's worker with the directory's real SQL and a receiver that is a function. Nothing takes time but for what a
 * test says that passes.
 */
export class WebhookTurns {
  readonly webhookId = 'wh_1';
  readonly directory: Directory;
  readonly sent: Message[] = [];
  readonly told: string[] = [];
  readonly events: FeedEvent[] = [];
  /** What the receiver does with an event; 200 by default. */
  receive: (message: Message) => number | Promise<number> = () => 200;
  nowMs = 1_000_000_000_000;
  /** Where the webhook's cursor is; `undefined` where the feed has deleted what is there. */
  position: number | undefined = 0;
  /** Whether this instance has the lease. */
  hasLease = true;
  /** As this instance knows it. */
  known: WebhookRecord | undefined;
  readonly #server: DirectoryServer;

  constructor(image: Buffer) {
    this.#server = new DirectoryServer(image, () => this.nowMs * 1_000, {
      reopened: () => undefined,
      levelChanged: () => undefined,
    });
    const through = { there: () => Promise.resolve(), back: () => Promise.resolve() };
    this.directory = new Directory(new SimDirectory(this.#server, through));
  }

  async open(): Promise<void> {
    const secrets = [{ secret: `whsec_${Buffer.alloc(32).toString('base64')}`, untilUs: null }];
    const filters = { types: null, accountId: null };
    await this.directory.webhooks.insert({
      ...{ webhookId: this.webhookId, url: 'https://example.com/a', secrets, ...filters },
    });
  }

  end(): void {
    this.#server.close();
  }

  get ids(): string[] {
    return this.events.map((event) => idOf(frameOf(event)));
  }

  /** Changes of accounts: each of another, or all of one. */
  happen(count: number, accountId?: string): void {
    for (let each = 0; each < count; each += 1) {
      const number = this.events.length + 1;
      this.events.push(changed(number, accountId ?? `a${number}`));
    }
  }

  async webhook(): Promise<WebhookRecord> {
    const found = await this.directory.webhooks.find(this.webhookId);
    if (!found) throw new Error('the webhook is gone');
    return found;
  }

  deliveries(): Promise<DeliveryRecord[]> {
    return this.directory.webhooks.deliveries(this.webhookId, Number.MAX_SAFE_INTEGER, 10_000);
  }

  async change(change: Partial<Pick<WebhookRecord, 'url' | 'types' | 'accountId' | 'disabled'>>) {
    const { revision } = await this.webhook();
    await this.directory.webhooks.change(this.webhookId, revision, change);
  }

  /** What an instance does on each tick: looks at the webhook, and has a turn. */
  async turn(parts: Partial<WebhookWorkerParts> = {}): Promise<void> {
    this.known = await this.directory.webhooks.find(this.webhookId);
    await this.#worker(parts).turn();
  }

  #worker(parts: Partial<WebhookWorkerParts>): WebhookWorker {
    return new WebhookWorker({
      webhookId: this.webhookId,
      current: () => (this.known?.disabled === null ? this.known : undefined),
      seen: (webhook) => (this.known = webhook),
      store: this.directory.webhooks,
      cursor: {
        take: () =>
          Promise.resolve(this.hasLease ? cursorAt(this.position ?? Number.MAX_SAFE_INTEGER) : undefined),
        keeps: () => Promise.resolve(this.hasLease),
        advance: (to) => {
          this.position = placeOf(to);
          return Promise.resolve(true);
        },
      },
      reader: { read: (request) => Promise.resolve(this.#read(request)) },
      sender: { send: (message) => this.#receive(message) },
      source: 'urn:hotsplit:test',
      metrics: {
        webhookDisabled: (_, because) => this.told.push(because),
        webhookEventGivenUp: (_, eventId) => this.told.push(`${eventId} is given up`),
        webhookGap: () => this.told.push('a gap'),
      },
      chance: () => 0.5,
      now: () => new Date(this.nowMs),
      monotonicMs: () => this.nowMs,
      signal: new AbortController().signal,
      ...parts,
    });
  }

  async #receive(message: Message): Promise<Answered> {
    this.sent.push(message);
    const status = await this.receive(message);
    const kind = status === 410 ? 'gone' : status < 300 ? 'taken' : 'refused';
    return { kind, answer: `HTTP ${status}` };
  }

  #read({ start, limit, wants }: FeedRequest): FeedPage {
    if (this.position === undefined && start !== 'oldest') return { kind: 'expired', source: 's0' };
    const from = start === 'oldest' ? 0 : placeOf(start as FeedCursor);
    const page = this.events.slice(from, from + limit);
    const to = from + page.length;
    const events = page.filter((event) => wants(frameOf(event)));
    return { kind: 'page', events, cursor: cursorAt(to), hasMore: to < this.events.length, away: [] };
  }
}

function cursorAt(place: number): FeedCursor {
  return new Map([['s0', { place, skip: 0 }]]);
}

function placeOf(cursor: FeedCursor): number {
  return cursor.get('s0')?.place ?? 0;
}

function changed(number: number, accountId: string): FeedEvent {
  const account = {
    ...{ accountId, asset: 'USD/2', status: 'active', strategy: 'merged', subAccounts: 1 },
    ...{ epoch: 1, lowBalance: null, createdAtUs: 1, revision: number },
  };
  return { kind: 'account', event: { number, type: 'account.changed', atUs: number, account } };
}
