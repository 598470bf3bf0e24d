import { pauseMs, type BackoffOptions } from './backoff';
import { type ItemOutcome, readBatchAnswer } from './batch-answer';
import { DeductionQueue } from './deduction-queue';
import type { Endpoint, Endpoints } from './endpoints';
import { type HotsplitError, refusalOf } from './errors';
import type { PassingVerdict } from './judge-answer';
import type { PendingDeduction } from './pending-deduction';
import type { Problem } from './problem';
import type { Time } from './time';

export interface BatchLimits extends BackoffOptions {
  /** Deductions in one batch, at most 5,000. */
  readonly batchItemsMax: number;
  /** Batches under way at one endpoint. */
  readonly batchesInFlightMax: number;
  /** Deductions under way at all endpoints together. */
  readonly inFlightMax: number;
  /** Deductions that wait. */
  readonly queueMax: number;
  /** How long one batch may take. */
  readonly attemptTimeoutMs: number;
}

export const BATCH_PATH = '/v1/deductions:batch';
/** Longer than a deadline may be late. */
const AFTER_DEADLINE_MS = 50;
const ENVELOPE_BYTES = 16;
/** What the service takes. */
const BODY_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Merges deductions that wait at the same time into batches.
 *
 *   submit → fresh ─┐                       ┌→ deducted, refused
 *                   ├→ out in a batch ──────┤
 *            again ─┘                       └→ pausing → again
 *
 * The first one that waits is sent at the end of the turn of the event loop that it came in, together with all that came
 * in the same turn. While as many batches are under way as may be, the others wait, and go together as soon as one is
 * answered: batches grow with the load by themselves. Those that are sent again go in batches of their own, so that an
 * account in trouble does not keep holding up others.
 */
export class Batcher {
  readonly #fresh = new DeductionQueue();
  readonly #again = new DeductionQueue();
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
  ) {}

  get isFull(): boolean {
    return this.#waiting >= this.limits.queueMax;
  }

  submit(deduction: PendingDeduction): void {
    this.#waiting += 1;
    this.#fresh.push(deduction);
    this.#schedule();
  }

  /** To be told of every deduction that has ended. */
  settled({ tries }: PendingDeduction): void {
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
      // An endpoint that failed is tried with a single deduction: no other has to wait for it if it still fails.
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

  async #send(batch: readonly PendingDeduction[], endpoint: Endpoint): Promise<void> {
    for (const { tries } of batch) tries.isOut = true;
    this.#waiting -= batch.length;
    this.#out += batch.length;
    endpoint.batchesOut += 1;
    const body = batchBody(batch.map(({ json }) => json));
    const verdict = await this.endpoints.exchange(
      endpoint,
      {
        method: 'POST',
        path: BATCH_PATH,
        body,
        timeoutMs: this.limits.attemptTimeoutMs,
        leaves: () => {
          for (const { tries } of batch) tries.hasLeft = true;
        },
      },
      (answered) => readBatchAnswer(answered, batch),
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

  #tellEach(batch: readonly PendingDeduction[], outcomes: readonly ItemOutcome[]): void {
    const passed: PendingDeduction[] = [];
    let lastError: HotsplitError | undefined;
    for (const [index, deduction] of batch.entries()) {
      const outcome = outcomes[index] as ItemOutcome;
      if (deduction.isSettled) continue;
      switch (outcome.kind) {
        case 'deducted':
          deduction.deducted(outcome);
          break;
        case 'refused':
          deduction.refused(outcome.problem);
          break;
        case 'passing':
          lastError = refusalOf(outcome.problem, deduction.requestId);
          deduction.tries.passed(lastError, outcome.perhapsDone);
          passed.push(deduction);
      }
    }
    this.#pause(passed, lastError);
  }

  /** One answer for all of them. */
  #refused(batch: readonly PendingDeduction[], problem: Problem, body: string): void {
    if (problem.code === 'PAYLOAD_TOO_LARGE' && batch.length > 1) {
      this.#bodyBytesMax = Math.min(this.#bodyBytesMax, Math.ceil(Buffer.byteLength(body) / 2));
      const waiting = batch.filter(({ isSettled }) => !isSettled);
      for (const { tries } of waiting) {
        tries.isOut = false;
        tries.hasLeft = false;
      }
      this.#waiting += waiting.length;
      for (const deduction of waiting) this.#again.push(deduction);
      return;
    }
    for (const deduction of batch) deduction.refused(problem);
  }

  #repeat(batch: readonly PendingDeduction[], verdict: PassingVerdict): void {
    const waiting = batch.filter(({ isSettled }) => !isSettled);
    for (const { tries } of waiting) tries.passed(verdict.error, verdict.perhapsDone);
    this.#pause(waiting, verdict.error, verdict.retryAfterMs);
  }

  /** Lets deductions that came back wait for their next try, together. */
  #pause(
    deductions: readonly PendingDeduction[],
    error: HotsplitError | undefined,
    retryAfterMs?: number,
  ): void {
    if (deductions.length === 0 || !error) return;
    this.#waiting += deductions.length;
    const tries = deductions.reduce((most, each) => Math.max(most, each.tries.count), 1);
    const ms = pauseMs(tries, this.limits, this.time.random, retryAfterMs);
    this.limits.onRetry?.({
      requestIds: deductions.map(({ requestId }) => requestId),
      tries,
      error,
      pauseMs: ms,
    });
    // A little after the last deadline there is nobody left to try for; at the deadline itself, a try would only make the
    // outcome unknown.
    const lastMs = deductions.reduce((last, { deadlineMs }) => Math.max(last, deadlineMs), 0);
    const cancel = this.time.after(
      Math.min(ms, Math.max(0, lastMs - this.time.nowMs()) + AFTER_DEADLINE_MS),
      () => {
        this.#pauses.delete(cancel);
        for (const deduction of deductions) this.#again.push(deduction);
        this.#schedule();
      },
    );
    this.#pauses.add(cancel);
  }
}

/** @param items each as `deductionItem` writes it */
export function batchBody(items: readonly string[]): string {
  return `{"items":[${items.join(',')}]}`;
}
