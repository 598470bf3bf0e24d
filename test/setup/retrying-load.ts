import { chanceOf } from '../models/engine-time';
import type { Asked, Asks } from './asked';

/** What a request came to; `rejected` when there was no answer. */
export interface Answered {
  readonly kind: string;
}

/** One key: what was asked under it, and every answer to it. */
export interface Sent {
  readonly asked: Asked;
  readonly answers: Answered[];
}

export interface LoadOptions {
  readonly accountId: string;
  readonly workers: number;
  readonly seed?: number;
  /** Every n-th request is a credit. */
  readonly creditEvery?: number;
  /** Which instance carries out a call; a different one for a retry, where there are several. */
  readonly instances: readonly Asks<Answered>[];
  /** Told of every answer. */
  readonly answered?: (sent: Sent, answer: Answered, ms: number) => void;
}

const RESENT_SHARE = 0.3;

/**
 * Clients that keep an account busy, each with one request under way, and do not trust the network: now and then a
 * request is sent twice at once, or again much later, always with its key. One that gets no answer ends.
 */
export class RetryingLoad {
  readonly sent: Sent[] = [];
  readonly latenciesMs: number[] = [];
  readonly #chance: () => number;
  readonly #workers: Promise<void>;
  #stopped = false;
  #waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  #answers = 0;

  constructor(private readonly options: LoadOptions) {
    this.#chance = chanceOf(options.seed ?? 1);
    const working = Array.from({ length: options.workers }, () => this.#work());
    this.#workers = Promise.all(working).then(() => {
      for (const { resolve } of this.#waiting.splice(0)) resolve();
    });
  }

  /** Ends the load; resolves when the last call has been answered. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#workers;
  }

  /** Resolves when so many more calls have been answered, or when no client is left. */
  progress(calls: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ count: this.#answers + calls, resolve });
    });
  }

  /** How often calls ended in which way. */
  get tally(): Record<string, number> {
    const tally: Record<string, number> = {};
    for (const { answers } of this.sent) for (const { kind } of answers) tally[kind] = (tally[kind] ?? 0) + 1;
    return tally;
  }

  get tookEffect(): Sent[] {
    return this.sent.filter(isCarriedOut);
  }

  get changeMinor(): bigint {
    return changeOf(this.sent);
  }

  /** Sends a request once more; any answer counts like the others. */
  async send(sent: Sent, instance: Asks<Answered>): Promise<Answered> {
    const started = performance.now();
    const answer = await instance
      .submit(this.options.accountId, sent.asked)
      .catch((error: unknown) => ({ kind: 'rejected', error }));
    const ms = performance.now() - started;
    sent.answers.push(answer);
    this.latenciesMs.push(ms);
    this.options.answered?.(sent, answer, ms);
    this.#answers += 1;
    this.#waiting = this.#waiting.filter(({ count, resolve }) => {
      if (this.#answers < count) return true;
      resolve();
      return false;
    });
    return answer;
  }

  async #work(): Promise<void> {
    const { instances, creditEvery = 10 } = this.options;
    const some = (): Asks<Answered> =>
      instances[Math.floor(this.#chance() * instances.length)] as Asks<Answered>;
    while (!this.#stopped) {
      const number = this.sent.length;
      const sent: Sent = {
        asked: {
          kind: number % creditEvery === creditEvery - 1 ? 'credit' : 'deduct',
          requestId: `k${number}`,
          amountMinor: BigInt(1 + Math.floor(this.#chance() * 9)),
        },
        answers: [],
      };
      this.sent.push(sent);
      const calls = [this.send(sent, some())];
      if (this.#chance() < RESENT_SHARE) {
        const again = this.#chance() < 0.5 ? sent : this.sent[Math.floor(this.#chance() * number)];
        if (again) calls.push(this.send(again, some()));
      }
      if ((await Promise.all(calls)).some(({ kind }) => kind === 'rejected')) return;
    }
  }
}

/** Some answer says so. */
export function isCarriedOut({ answers }: Sent): boolean {
  return answers.some(({ kind }) => kind === 'applied' || kind === 'replayed');
}

/** What those that were carried out changed the account's total by. */
export function changeOf(sent: readonly Sent[]): bigint {
  return sent
    .filter(isCarriedOut)
    .reduce(
      (sum, { asked: { kind, amountMinor } }) => (kind === 'credit' ? sum + amountMinor : sum - amountMinor),
      0n,
    );
}

/** The q-quantile, 0 < q ≤ 1. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)] ?? 0;
}
