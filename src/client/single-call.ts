import { pauseMs, type BackoffOptions } from './backoff';
import type { Deadlines, Expiring } from './deadlines';
import type { Endpoint, Endpoints } from './endpoints';
import type { EndedBy } from './errors';
import type { Exchange } from './http-transport';
import type { PassingVerdict, ReadSuccess } from './judge-answer';
import type { Time } from './time';
import { Tries } from './tries';

/** A request that is sent on its own. */
export interface CallRequest<T> extends Omit<Exchange, 'timeoutMs' | 'signal'> {
  readonly read: ReadSuccess<T>;
  /** The id that makes it safe to repeat, if it has one. */
  readonly requestId?: string;
  /**
   * `none`: it only reads. `once`: it takes effect once however often it is sent. `each`: every time that it is sent it may
   * take effect, so it is repeated only when it certainly has not.
   */
  readonly effect: 'none' | 'once' | 'each';
}

export interface CallSurroundings {
  readonly endpoints: Endpoints;
  readonly deadlines: Deadlines<SingleCall<unknown>>;
  readonly time: Time;
  readonly limits: BackoffOptions & { readonly attemptTimeoutMs: number };
}

/** One request, tried until it is answered for good or its time is over. */
export class SingleCall<T> implements Expiring {
  readonly #tries: Tries;
  readonly #stop = new AbortController();
  #resolve!: (value: T) => void;
  #reject!: (error: Error) => void;
  #cancelPause: (() => void) | undefined;
  #isSettled = false;

  constructor(
    private readonly request: CallRequest<T>,
    readonly deadlineMs: number,
    private readonly surroundings: CallSurroundings,
  ) {
    this.#tries = new Tries(request.requestId, request.effect !== 'none');
  }

  /** @throws HotsplitError */
  run(): Promise<T> {
    this.surroundings.deadlines.add(this as SingleCall<unknown>);
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#try();
    });
  }

  expire(): void {
    this.end('DEADLINE_EXCEEDED');
  }

  end(by: EndedBy, cause?: unknown): void {
    if (!this.#settle()) return;
    this.#reject(this.#tries.ended(by, cause));
    this.#stop.abort();
    this.#cancelPause?.();
  }

  #try(): void {
    if (this.#isSettled) return;
    const endpoint = this.surroundings.endpoints.pick();
    if (endpoint) void this.#send(endpoint);
    else
      this.surroundings.endpoints.whenChanged(() => {
        this.#try();
      });
  }

  async #send(endpoint: Endpoint): Promise<void> {
    const { read, method, path, body, headers } = this.request;
    this.#tries.isOut = true;
    const verdict = await this.surroundings.endpoints.exchange(
      endpoint,
      {
        method,
        path,
        ...(body !== undefined && { body }),
        ...(headers && { headers }),
        timeoutMs: this.surroundings.limits.attemptTimeoutMs,
        signal: this.#stop.signal,
        leaves: () => {
          this.#tries.hasLeft = true;
        },
      },
      read,
    );
    if (this.#isSettled) return;
    if (verdict.kind === 'passing') this.#passed(verdict);
    else if (this.#settle()) {
      if (verdict.kind === 'success') this.#resolve(verdict.value);
      else this.#reject(this.#tries.refusal(verdict.problem));
    }
  }

  #passed({ error, perhapsDone, retryAfterMs }: PassingVerdict): void {
    this.#tries.passed(error, perhapsDone);
    if (perhapsDone && this.request.effect === 'each') {
      if (this.#settle()) this.#reject(this.#tries.unknown('the answer was lost'));
      return;
    }
    const { time, limits } = this.surroundings;
    const { count } = this.#tries;
    const ms = pauseMs(count, limits, time.random, retryAfterMs);
    const { requestId } = this.request;
    limits.onRetry?.({
      requestIds: requestId === undefined ? [] : [requestId],
      tries: count,
      error,
      pauseMs: ms,
    });
    this.#cancelPause = time.after(ms, () => {
      this.#try();
    });
  }

  #settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    this.surroundings.deadlines.remove(this as SingleCall<unknown>);
    return true;
  }
}
