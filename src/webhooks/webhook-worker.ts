import { eventView } from '../contract/events';
import type { DurableCursor } from '../engine/feed/durable-cursor';
import { encodeFeedCursor } from '../engine/feed/feed-cursor';
import { frameOf } from '../engine/feed/feed-event';
import type { FeedPage, FeedReader, FeedStart } from '../engine/feed/feed-reader';
import type {
  DeliveryRecord,
  NewDelivery,
  WebhookRecord,
  WebhookStore,
} from '../shards/directory/webhook-store';
import { pauseMs, TRIED_FOR_MS } from './retry-pauses';
import type { Answered, WebhookSender } from './send-webhook';

export interface WebhookWorkerParts {
  readonly webhookId: string;
  /** The webhook as it is now; `undefined` while nothing may be sent to it. */
  readonly current: () => WebhookRecord | undefined;
  /** Told of a record that was read in between. */
  readonly seen: (webhook: WebhookRecord) => void;
  readonly store: Pick<
    WebhookStore,
    | 'record'
    | 'recorded'
    | 'retried'
    | 'due'
    | 'countPending'
    | 'lastTakenUs'
    | 'trim'
    | 'change'
    | 'find'
    | 'noteGap'
  >;
  readonly cursor: Pick<DurableCursor, 'take' | 'keeps' | 'advance'>;
  readonly reader: Pick<FeedReader, 'read'>;
  readonly sender: Pick<WebhookSender, 'send'>;
  /** What events say of where they come from. */
  readonly source: string;
  /** Told of what an operator should know. */
  readonly metrics: WebhookMetrics;
  readonly chance: () => number;
  /** By this instance's clock, as receivers compare it with theirs. */
  readonly now: () => Date;
  /** Milliseconds that never go back. */
  readonly monotonicMs: () => number;
  readonly signal: AbortSignal;
}

export interface WebhookMetrics {
  /** A receiver is given up. */
  webhookDisabled(webhookId: string, because: string): void;
  /** One event is given up, by a receiver that takes others. */
  webhookEventGivenUp(webhookId: string, eventId: string, answer: string): void;
  /** Events were deleted before they were sent. */
  webhookGap(webhookId: string): void;
}

/** Events in one page, requests under way, and pages in one turn. */
const EVENTS_TOGETHER = 50;
const REQUESTS_TOGETHER = 8;
const PAGES_MAX = 20;
/** After so long no request of a page is begun: what has come is recorded, and the rest is the next page. */
const PAGE_MS_MAX = 10_000;
/** With so many to be tried again, nothing new is sent: they would only become more. */
const PENDING_MAX = 100;
/** Deliveries that are kept to be looked at. */
const KEPT = 1_000;
/** Forgotten with each page: more than a page records, so that they become fewer whatever comes. */
const TRIMMED_TOGETHER = 2 * EVENTS_TOGETHER;
/** A receiver that has taken something so lately is there, and refuses for good what it has refused for three days. */
const THERE_US = 24 * 3_600 * 1_000_000;

/**
 * Sends events to one receiver: a turn tries again what is due, and goes on with the feed.
 *
 *     page ──send each──▶ record what came of it ──▶ advance the cursor
 *
 * Whatever a turn has sent and not recorded when its instance dies is sent again, with the same id. Events with the same partition
 * key are sent one after the other. What is refused is tried again on its own, and what comes behind it goes on: so one event
 * that a receiver cannot take does not keep the others. A receiver that takes nothing stops its own feed after `PENDING_MAX`.
 *
 * Before each request the worker asks whether the webhook is still enabled, for its record as it is now, and for the lease. The
 * cursor only advances over a page that was worked to its end; of a page that is read again, what was recorded is left out.
 */
export class WebhookWorker {
  /** Nothing more is sent in this turn. */
  #isOver = false;
  #endsAt = 0;

  constructor(private readonly parts: WebhookWorkerParts) {}

  /** Rejects when the directory or the feed cannot be asked: then the next turn goes on where this one began. */
  async turn(): Promise<void> {
    const { store, cursor, webhookId, signal, monotonicMs } = this.parts;
    for (let pages = 0, mayBeMore = true; mayBeMore && pages < PAGES_MAX && !signal.aborted; pages += 1) {
      const start = await cursor.take();
      if (start === undefined) return;
      this.#endsAt = monotonicMs() + PAGE_MS_MAX;
      await this.#retryDue();
      mayBeMore =
        this.#mayBegin() &&
        (await store.countPending(webhookId, PENDING_MAX)) < PENDING_MAX &&
        (await this.#page(start));
      await store.trim(webhookId, KEPT, TRIMMED_TOGETHER);
    }
  }

  /** The webhook as it is now, or `undefined` where no other request may begin. */
  async #next(): Promise<WebhookRecord | undefined> {
    if (!this.#mayBegin()) return undefined;
    if (!(await this.parts.cursor.keeps())) this.#isOver = true;
    return this.#mayBegin() ? this.parts.current() : undefined;
  }

  /** Asked anew each time: requests that are under way may have given the receiver up. */
  #mayBegin(): boolean {
    const { signal, monotonicMs, current } = this.parts;
    return !this.#isOver && !signal.aborted && monotonicMs() < this.#endsAt && current() !== undefined;
  }

  /** @returns whether there is more */
  async #page(start: FeedStart): Promise<boolean> {
    const { webhookId, store, cursor, source, signal } = this.parts;
    const read = await this.#read(start);
    if (!read) return false;
    const { page, filters, hasGap } = read;
    const shown = page.events.map((event) => ({ event, view: eventView(event, source) }));
    const known = await store.recorded(
      webhookId,
      shown.map(({ view }) => view.id),
    );
    const came = new Map<string, NewDelivery>();
    let isWhole = true as boolean;
    const left = shown.filter(({ view }) => !known.has(view.id));
    const byKey = Map.groupBy(left, ({ view }) => view.partitionkey);
    await inTurn([...byKey.values()], async (events) => {
      for (const { event, view } of events) {
        const webhook = await this.#next();
        if (!webhook) isWhole = false;
        // What the filters have let through since is found when the page is read again.
        if (!webhook || !wantsOf(webhook)(frameOf(event))) return;
        const body = JSON.stringify(view);
        const answered = await this.#send(webhook, view.id, body);
        if (signal.aborted) return;
        came.set(view.id, { eventId: view.id, body, attempts: 1, ...this.#endOf(answered, 1, 0) });
      }
    });
    await store.record(webhookId, [...came.values()]);
    if (signal.aborted || this.#isOver) return false;
    const now = this.parts.current();
    if (!now || !isWhole || !isSame(now, filters)) return now !== undefined;
    if (hasGap) await this.#noteGap();
    return (await cursor.advance(page.cursor)) && page.hasMore;
  }

  /**
   * A receiver that was away for longer than events are kept goes on with the oldest.
   *
   * @returns `undefined` where the webhook has changed: what was published since then must not be passed over by its filters before
   */
  async #read(start: FeedStart): Promise<ReadPage | undefined> {
    const { reader, store, webhookId, current, seen } = this.parts;
    const filters = current();
    if (!filters) return undefined;
    const asked = { limit: EVENTS_TOGETHER, wants: wantsOf(filters) };
    const asFar = await reader.read({ start, ...asked });
    const hasGap = asFar.kind === 'expired';
    const page = hasGap ? await reader.read({ start: 'oldest', ...asked }) : asFar;
    if (page.kind === 'expired') return undefined;
    if (typeof start === 'string' || encodeFeedCursor(start) !== encodeFeedCursor(page.cursor)) {
      const now = await store.find(webhookId);
      if (now) seen(now);
      if (!now || !isSame(now, filters)) return undefined;
    }
    return { page, filters, hasGap };
  }

  async #noteGap(): Promise<void> {
    const { store, metrics, webhookId } = this.parts;
    await store.noteGap(webhookId);
    metrics.webhookGap(webhookId);
  }

  async #retryDue(): Promise<void> {
    const { store, webhookId, signal } = this.parts;
    const due = await store.due(webhookId, EVENTS_TOGETHER);
    await inTurn(due, async (delivery) => {
      const webhook = await this.#next();
      if (!webhook) return;
      const answered = await this.#send(webhook, delivery.eventId, delivery.body);
      if (signal.aborted) return;
      const { createdAtUs, nextAtUs } = delivery;
      const end = this.#endOf(
        answered,
        delivery.attempts + 1,
        ((nextAtUs ?? createdAtUs) - createdAtUs) / 1_000,
      );
      await store.retried(
        delivery,
        end.state === 'failed' ? await this.#triedOut(webhook, delivery, answered) : end,
      );
    });
  }

  /**
   * What becomes of an event that was refused for three days. A receiver that has taken others lately refuses this one for good;
   * one that has taken nothing is disabled, and what it has not taken waits until it is enabled again.
   */
  async #triedOut(
    webhook: WebhookRecord,
    delivery: DeliveryRecord,
    answered: Answered,
  ): Promise<DeliveryEnd> {
    const { store, metrics } = this.parts;
    const sinceTakenUs = webhook.readAtUs - (await store.lastTakenUs(webhook.webhookId));
    if (sinceTakenUs < THERE_US) {
      metrics.webhookEventGivenUp(webhook.webhookId, delivery.eventId, answered.answer);
      return { state: 'failed', answer: answered.answer, againMs: null };
    }
    if (sinceTakenUs >= TRIED_FOR_MS * 1_000)
      await this.#giveUp(webhook, 'it has not taken an event for three days');
    return this.#endOf(answered, delivery.attempts + 1, 0);
  }

  async #send(webhook: WebhookRecord, id: string, body: string): Promise<Answered> {
    const { sender, now, signal } = this.parts;
    const { url, secrets, readAtUs } = webhook;
    const signing = secrets.filter(({ untilUs }) => untilUs === null || untilUs > readAtUs);
    const answered = await sender.send(
      { url, id, body, secrets: signing.map(({ secret }) => secret), now: now() },
      signal,
    );
    if (answered.kind === 'gone') await this.#giveUp(webhook, 'it answered 410 Gone');
    return answered;
  }

  #endOf({ kind, answer }: Answered, attempts: number, triedForMs: number): DeliveryEnd {
    if (kind === 'taken') return { state: 'delivered', answer, againMs: null };
    // An event that was answered 410 waits as any other that was refused: until its webhook is enabled again.
    const againMs = pauseMs(attempts, kind === 'gone' ? 0 : triedForMs, this.parts.chance());
    return { state: againMs === null ? 'failed' : 'pending', answer, againMs };
  }

  async #giveUp({ webhookId, url }: WebhookRecord, because: string): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    const { store, metrics, seen } = this.parts;
    const now = await store.find(webhookId);
    // Whoever has changed the webhook since may have mended it.
    if (!now || now.url !== url || now.disabled !== null) return;
    if (!(await store.change(webhookId, now.revision, { disabled: because }))) return;
    seen({ ...now, disabled: because, revision: now.revision + 1 });
    metrics.webhookDisabled(webhookId, because);
  }
}

type DeliveryEnd = Pick<NewDelivery, 'state' | 'answer' | 'againMs'>;

interface ReadPage {
  readonly page: Extract<FeedPage, { kind: 'page' }>;
  /** What the page was read for. */
  readonly filters: Filters;
  /** Events before it were deleted before they were sent. */
  readonly hasGap: boolean;
}

type Filters = Pick<WebhookRecord, 'types' | 'accountId'>;

function wantsOf({ types, accountId }: Filters) {
  return (event: { readonly accountId: string; readonly type: string }): boolean =>
    (accountId === null || event.accountId === accountId) &&
    (types?.includes(`hotsplit.${event.type}`) ?? true);
}

function isSame(one: Filters, other: Filters): boolean {
  return one.accountId === other.accountId && one.types?.join() === other.types?.join();
}

async function inTurn<Item>(items: readonly Item[], run: (item: Item) => Promise<void>): Promise<void> {
  const left = [...items];
  const one = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await run(item);
  };
  const ends = await Promise.allSettled(Array.from({ length: REQUESTS_TOGETHER }, one));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
}
