import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FeedCursor } from '../../src/engine/feed/feed-cursor';
import { type FeedEvent, frameOf, idOf } from '../../src/engine/feed/feed-event';
import type { FeedPage, FeedRequest } from '../../src/engine/feed/feed-reader';
import { Directory } from '../../src/shards/directory/directory';
import type { DeliveryRecord, WebhookRecord } from '../../src/shards/directory/webhook-store';
import { SENDER_SETTINGS, WebhookSender } from '../../src/webhooks/send-webhook';
import { WebhookWorker, type WebhookWorkerParts } from '../../src/webhooks/webhook-worker';
import { DirectoryServer, SimDirectory } from '../../tools/sim/world/sim-directory';

const SECRET = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;
/** No receiver that answers takes so long; one that hangs is waited for so long. */
const ANSWER_MS_MAX = 3_000;

/** What a receiver does with the nth request that comes to it. */
export type Receives = (request: number) => number | 'hang';

export interface Sent {
  readonly id: string;
  readonly body: string;
  /** By the directory's clock. */
  readonly atMs: number;
}

/**
 * A webhook under virtual time: the real worker and the real sender, the directory's real SQL, and a real receiver. The directory's
 * clock stands still but for what a test adds.
 */
export class WebhookWorld {
  readonly webhookId = 'wh_1';
  readonly came: Sent[] = [];
  readonly disabled: string[] = [];
  readonly directory: Directory;
  events: FeedEvent[] = [];
  nowMs = 1_000_000_000_000;
  /** Where the webhook's cursor is. */
  position = 0;
  readonly #server: DirectoryServer;
  readonly #receiver: Server;
  readonly #sender: WebhookSender;
  readonly #stopping = new AbortController();

  private constructor(image: Buffer, receives: Receives) {
    this.#server = new DirectoryServer(image, () => this.nowMs * 1_000, {
      reopened: () => undefined,
      levelChanged: () => undefined,
    });
    const through = { there: () => Promise.resolve(), back: () => Promise.resolve() };
    this.directory = new Directory(new SimDirectory(this.#server, through));
    this.#sender = new WebhookSender({ ...SENDER_SETTINGS, allowsPrivate: true, timeoutMs: ANSWER_MS_MAX });
    let requests = 0;
    this.#receiver = createServer((request, response) => {
      let body = '';
      request.on('data', (part: Buffer) => (body += part.toString()));
      request.on('end', () => {
        this.came.push({ id: String(request.headers['webhook-id']), body, atMs: this.nowMs });
        const answer = receives((requests += 1));
        if (answer !== 'hang') response.writeHead(answer, { location: '/elsewhere' }).end();
      });
    });
  }

  static async make(image: Buffer, receives: Receives): Promise<WebhookWorld> {
    const world = new WebhookWorld(image, receives);
    await new Promise<void>((done) => world.#receiver.listen(0, '127.0.0.1', done));
    const { port } = world.#receiver.address() as AddressInfo;
    await world.directory.webhooks.insert({
      webhookId: world.webhookId,
      url: `http://127.0.0.1:${port}/hooks`,
      types: null,
      accountId: null,
      secrets: [{ secret: SECRET, untilUs: null }],
    });
    return world;
  }

  async end(): Promise<void> {
    this.#stopping.abort();
    this.#sender.close();
    this.#receiver.closeAllConnections();
    await new Promise((done) => this.#receiver.close(done));
    this.#server.close();
  }

  /** Something happens to an account. */
  happen(count = 1): void {
    for (let number = 1; number <= count; number += 1) this.events.push(changed(this.events.length + 1));
  }

  /** The ids of everything that has happened. */
  get ids(): string[] {
    return this.events.map((event) => idOf(frameOf(event)));
  }

  async webhook(): Promise<WebhookRecord> {
    const found = await this.directory.webhooks.find(this.webhookId);
    if (!found) throw new Error('the webhook is gone');
    return found;
  }

  deliveries(): Promise<DeliveryRecord[]> {
    return this.directory.webhooks.deliveries(this.webhookId, Number.MAX_SAFE_INTEGER, 10_000);
  }

  /** One turn, as the runner begins them: none while the webhook is disabled. */
  async turn(parts: Partial<WebhookWorkerParts> = {}): Promise<void> {
    const webhook = await this.webhook();
    if (webhook.disabled !== null) return;
    let known: WebhookRecord | undefined = webhook;
    await new WebhookWorker({
      webhookId: this.webhookId,
      current: () => known,
      seen: (record) => (known = record.disabled === null ? record : undefined),
      store: this.directory.webhooks,
      cursor: {
        take: () => Promise.resolve(cursorAt(this.position)),
        keeps: () => Promise.resolve(true),
        advance: (to) => {
          this.position = placeOf(to);
          return Promise.resolve(true);
        },
      },
      reader: { read: (request) => Promise.resolve(this.#read(request)) },
      sender: this.#sender,
      source: 'urn:hotsplit:test',
      metrics: {
        webhookDisabled: (_, because) => this.disabled.push(because),
        webhookEventGivenUp: () => undefined,
        webhookGap: () => undefined,
      },
      chance: () => 0.5,
      now: () => new Date(),
      monotonicMs: () => this.nowMs,
      signal: this.#stopping.signal,
      ...parts,
    }).turn();
  }

  /** Lets time pass, from one delivery that is due to the next, until nothing is to be sent any more. */
  async run(): Promise<void> {
    for (;;) {
      await this.turn();
      const due = (await this.deliveries()).flatMap(({ nextAtUs }) => nextAtUs ?? []);
      if (due.length === 0 || (await this.webhook()).disabled !== null) return;
      this.nowMs = Math.max(this.nowMs, Math.ceil(Math.min(...due) / 1_000) + 1);
    }
  }

  #read({ start, limit, wants }: FeedRequest): FeedPage {
    const from = placeOf(start as FeedCursor);
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

/** Each of another account, so that none waits for another. */
function changed(number: number): FeedEvent {
  const account = {
    ...{ accountId: `a${number}`, asset: 'USD/2', status: 'active', strategy: 'merged', subAccounts: 1 },
    ...{ epoch: 1, lowBalance: null, createdAtUs: 1, revision: number },
  };
  return { kind: 'account', event: { number, type: 'account.changed', atUs: number, account } };
}
