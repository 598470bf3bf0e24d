import { pauseMs, type BackoffOptions } from './backoff';
import type { ItemOutcome, SentItems } from './batch-answer';
import type { Endpoint, Endpoints } from './endpoints';
import { DeductionReceivedError, type HotsplitError, refusalOf } from './errors';
import { ItemQueue } from './item-queue';
import type { PassingVerdict } from './judge-answer';
import type { PendingItem } from './pending-item';
import type { Problem } from './problem';
import type { Time } from './time';

export interface BatchLimits extends BackoffOptions {
  /** Items of one batch, at most 5,000. */
  readonly batchItemsMax: number;
  /** Batches under way at one endpoint. */
  readonly batchesInFlightMax: number;
  /** Items under way at all endpoints together. */
  readonly inFlightMax: number;
  /** Items that wait. */
  readonly queueMax: number;
  /** How long one batch may take. */
  readonly attemptTimeoutMs: number;
}

/** A kind of batch: where it goes, and how its answer is read. */
export interface BatchKind<Effect> {
  readonly path: string;
  readonly read: (body: unknown, sent: SentItems) => ItemOutcome<Effect>[] | undefined;
}

/** Longer than a deadline may be late. */
const AFTER_DEADLINE_MS = 50;
const ENVELOPE_BYTES = 16;
/** What the service takes. */
const BODY_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Merges requests of one kind that wait at the same time into batches.
 *
 *   submit → fresh ─┐                       ┌→ succeeded, refused
 *                   ├→ out in a batch ──────┤
 *            again ─┘                       └→ pausing → again
 *
 * The first one that waits is sent at the end of the turn of the event loop that it came in, together with all that came
 * in the same turn. While as many batches are under way as may be, the others wait, and go together as soon as one is
 * answered: batches grow with the load by themselves. Those that are sent again go in batches of their own, so that an
 * account in trouble does not keep holding up others.
 */
export class Batcher<Effect> {
  readonly #fresh = new ItemQueue<Effect>();
  readonly #again = new ItemQueue<Effect>();
  readonly #pauses = new Set<() => void>();
  #waiting = 0;
  #out = 0;
  #isScheduled = false;
  #isAwaitingEndpoint = false;
  /** Learnt from whoever answers that a body is too large: a proxy may take less than the service. */
  #bodyBytesMax = BODY_BYTES_MAX;

  constructor(
    private readonly endpoints: Endpoints,
    private readonly limits: BatchLimits,
    private readonly time: Time,
    private readonly kind: BatchKind<Effect>,
  ) {}

  get isFull(): boolean {
    return this.#waiting >= this.limits.queueMax;
  }

  submit(item: PendingItem<Effect>): void {
    this.#waiting += 1;
    this.#fresh.push(item);
    this.#schedule();
  }

  /** To be told of every item that has ended. */
  settled({ tries }: PendingItem<Effect>): void {
    if (!tries.isOut) this.#waiting -= 1;
  }

  close(): void {
    for (const cancel of this.#pauses) cancel();
    this.#pauses.clear();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.time.soon(() => {
      this.#isScheduled = false;
      this.#sendWaiting();
    });
  }

  #sendWaiting(): void {
    const { inFlightMax, batchItemsMax, batchesInFlightMax } = this.limits;
    for (;;) {
      const queue = this.#again.isEmpty ? this.#fresh : this.#again;
      if (queue.isEmpty || this.#out >= inFlightMax) return;
      const endpoint = this.endpoints.pick(({ batchesOut }) => batchesOut < batchesInFlightMax);
      if (!endpoint) {
        this.#awaitEndpoint();
        return;
      }
      // An endpoint that failed is tried with a single item: no other has to wait for it if it still fails.
      const itemsMax = endpoint.isProven ? Math.min(batchItemsMax, inFlightMax - this.#out) : 1;
      void this.#send(queue.take(itemsMax, this.#bodyBytesMax - ENVELOPE_BYTES), endpoint);
    }
  }

  #awaitEndpoint(): void {
    if (this.#isAwaitingEndpoint) return;
    this.#isAwaitingEndpoint = true;
    this.endpoints.whenChanged(() => {
      this.#isAwaitingEndpoint = false;
      this.#schedule();
    });
  }

  async #send(batch: readonly PendingItem<Effect>[], endpoint: Endpoint): Promise<void> {
    for (const { tries } of batch) tries.isOut = true;
    this.#waiting -= batch.length;
    this.#out += batch.length;
    endpoint.batchesOut += 1;
    const body = batchBody(batch.map(({ json }) => json));
    const verdict = await this.endpoints.exchange(
      endpoint,
      {
        method: 'POST',
        path: this.kind.path,
        body,
        timeoutMs: this.limits.attemptTimeoutMs,
        leaves: () => {
          for (const { tries } of batch) tries.hasLeft = true;
        },
      },
      (answered) => this.kind.read(answered, batch),
    );
    endpoint.batchesOut -= 1;
    this.#out -= batch.length;
    switch (verdict.kind) {
      case 'success':
        this.#tellEach(batch, verdict.value);
        break;
      case 'refused':
        this.#refused(batch, verdict.problem, body);
        break;
      case 'passing':
        this.#repeat(batch, verdict);
    }
    this.#schedule();
  }

  #tellEach(batch: readonly PendingItem<Effect>[], outcomes: readonly ItemOutcome<Effect>[]): void {
    const passed: PendingItem<Effect>[] = [];
    let lastError: HotsplitError | undefined;
    for (const [index, item] of batch.entries()) {
      const outcome = outcomes[index] as ItemOutcome<Effect>;
      if (item.isSettled) continue;
      switch (outcome.kind) {
        case 'succeeded':
          item.succeeded(outcome.effect);
          break;
        case 'refused':
          item.refused(outcome.problem);
          break;
        case 'received':
          // The same request again waits for the outcome, and tells it.
          lastError = new DeductionReceivedError(item.requestId);
          item.tries.passed(lastError, true);
          passed.push(item);
          break;
        case 'passing':
          lastError = refusalOf(outcome.problem, item.repeatedBy);
          item.tries.passed(lastError, outcome.perhapsDone);
          passed.push(item);
      }
    }
    this.#pause(passed, lastError);
  }

  /** One answer for all of them. */
  #refused(batch: readonly PendingItem<Effect>[], problem: Problem, body: string): void {
    if (problem.code === 'PAYLOAD_TOO_LARGE' && batch.length > 1) {
      this.#bodyBytesMax = Math.min(this.#bodyBytesMax, Math.ceil(Buffer.byteLength(body) / 2));
      const waiting = batch.filter(({ isSettled }) => !isSettled);
      for (const { tries } of waiting) {
        tries.isOut = false;
        tries.hasLeft = false;
      }
      this.#waiting += waiting.length;
      for (const item of waiting) this.#again.push(item);
      return;
    }
    for (const item of batch) item.refused(problem);
  }

  #repeat(batch: readonly PendingItem<Effect>[], verdict: PassingVerdict): void {
    const waiting = batch.filter(({ isSettled }) => !isSettled);
    for (const { tries } of waiting) tries.passed(verdict.error, verdict.perhapsDone);
    this.#pause(waiting, verdict.error, verdict.retryAfterMs);
  }

  /** Lets items that came back wait for their next try, together. */
  #pause(
    items: readonly PendingItem<Effect>[],
    error: HotsplitError | undefined,
    retryAfterMs?: number,
  ): void {
    if (items.length === 0 || !error) return;
    this.#waiting += items.length;
    const tries = items.reduce((most, each) => Math.max(most, each.tries.count), 1);
    const ms = pauseMs(tries, this.limits, this.time.random, retryAfterMs);
    this.limits.onRetry?.({
      requestIds: items.map(({ requestId }) => requestId),
      tries,
      error,
      pauseMs: ms,
    });
    // A little after the last deadline there is nobody left to try for; at the deadline itself, a try would only make the
    // outcome unknown.
    const lastMs = items.reduce((last, { deadlineMs }) => Math.max(last, deadlineMs), 0);
    const cancel = this.time.after(
      Math.min(ms, Math.max(0, lastMs - this.time.nowMs()) + AFTER_DEADLINE_MS),
      () => {
        this.#pauses.delete(cancel);
        for (const item of items) this.#again.push(item);
        this.#schedule();
      },
    );
    this.#pauses.add(cancel);
  }
}

/** @param items each as it is sent */
export function batchBody(items: readonly string[]): string {
  return `{"items":[${items.join(',')}]}`;
}
