import { pauseMs } from './backoff';
import { NoAnswerError } from './errors';
import type { Exchange, Transport } from './http-transport';
import { judgeAnswer, judgeFault, type ReadSuccess, type Verdict } from './judge-answer';
import type { Time } from './time';

/** The first time that an endpoint which failed is left out for, and the longest. */
const LEFT_OUT = { pauseMsFirst: 100, pauseMsMax: 5_000 };

/** One instance of the service, as far as this client has seen it. */
export class Endpoint {
  /** Requests under way. */
  out = 0;
  /** Batches among them. Kept by whoever sends them. */
  batchesOut = 0;
  /** Tries in a row that it failed. */
  failures = 0;
  leftOutUntilMs = 0;
  /** What its last try met, if it was the endpoint's fault. */
  fault: Error | undefined;

  constructor(private readonly transport: Transport) {}

  /** The last request to it was answered by the service, or there was none. */
  get isProven(): boolean {
    return this.failures === 0;
  }

  /** One that failed gets a single request as a probe, once its time is over. */
  isOpen(nowMs: number): boolean {
    return this.isProven || (this.leftOutUntilMs <= nowMs && this.out === 0);
  }

  async try<T>(exchange: Exchange, read: ReadSuccess<T>): Promise<Verdict<T>> {
    let answer;
    try {
      answer = await this.transport.exchange(exchange);
    } catch (fault) {
      return judgeFault(fault);
    }
    return judgeAnswer(answer, read);
  }

  close(): void {
    this.transport.close();
  }
}

/** Spreads requests over the instances of the service. One that fails is left out for a while, longer each time. */
export class Endpoints {
  #turn = 0;
  #waiting: (() => void)[] = [];
  #cancelWake: (() => void) | undefined;
  /** HTTP requests that were made. */
  tries = 0;
  /** A connection to one of the endpoints has stood. */
  #isReached = false;
  #cancelFirstConnect: (() => void) | undefined;

  /**
   * @param firstConnect until a first connection stands, an address may be wrong: `failed` is told what was met when
   * connections have failed for `timeoutMs`. Later, an instance that cannot be reached is one that comes back.
   */
  constructor(
    private readonly endpoints: readonly Endpoint[],
    private readonly time: Time,
    private readonly firstConnect?: {
      readonly timeoutMs: number;
      readonly failed: (why: Error) => void;
    },
  ) {}

  /** The open endpoint with the least to do, in turn; undefined when none is open and suits. */
  pick(suits: (endpoint: Endpoint) => boolean = () => true): Endpoint | undefined {
    const nowMs = this.time.nowMs();
    let best: Endpoint | undefined;
    if (!this.#isReached) this.#awaitFirstConnection();
    this.#turn += 1;
    for (let n = 0; n < this.endpoints.length; n += 1) {
      const each = this.endpoints[(this.#turn + n) % this.endpoints.length] as Endpoint;
      if (each.isOpen(nowMs) && suits(each) && (!best || each.out < best.out)) best = each;
    }
    return best;
  }

  /** Runs the action once, when a pick that found nothing may find something. */
  whenChanged(action: () => void): void {
    this.#waiting.push(action);
    this.#cancelWake?.();
    const soonest = Math.min(
      ...this.endpoints
        .filter(({ isProven, out }) => !isProven && out === 0)
        .map((each) => each.leftOutUntilMs),
    );
    this.#cancelWake =
      soonest === Infinity
        ? undefined
        : this.time.after(Math.max(0, soonest - this.time.nowMs()), () => {
            this.#changed();
          });
  }

  /** One request through one endpoint; what it came to tells whether the endpoint is to be trusted. */
  async exchange<T>(endpoint: Endpoint, exchange: Exchange, read: ReadSuccess<T>): Promise<Verdict<T>> {
    endpoint.out += 1;
    this.tries += 1;
    try {
      const leaves = (): void => {
        this.#reached();
        exchange.leaves?.();
      };
      const verdict = await endpoint.try({ ...exchange, leaves }, read);
      // Whoever takes a request back says nothing about the endpoint.
      if (exchange.signal?.aborted !== true) this.#learn(endpoint, verdict);
      return verdict;
    } finally {
      endpoint.out -= 1;
      this.#changed();
    }
  }

  close(): void {
    this.#cancelWake?.();
    this.#cancelFirstConnect?.();
    for (const endpoint of this.endpoints) endpoint.close();
  }

  #learn(endpoint: Endpoint, verdict: Verdict<unknown>): void {
    if (verdict.kind !== 'passing' || !verdict.isEndpointAtFault) {
      endpoint.failures = 0;
      endpoint.fault = undefined;
      return;
    }
    endpoint.failures += 1;
    endpoint.fault = verdict.error;
    const restMs = pauseMs(endpoint.failures, LEFT_OUT, this.time.random);
    // Full jitter may come to nothing; a rest does not.
    endpoint.leftOutUntilMs = this.time.nowMs() + Math.max(restMs, LEFT_OUT.pauseMsFirst / 2);
  }

  #awaitFirstConnection(): void {
    if (!this.firstConnect || this.#cancelFirstConnect) return;
    const { timeoutMs, failed } = this.firstConnect;
    this.#cancelFirstConnect = this.time.after(timeoutMs, () => {
      this.#cancelFirstConnect = undefined;
      const faults = this.endpoints.map(({ fault }) => fault?.message ?? 'no connection in time');
      failed(new NoAnswerError([...new Set(faults)].join('; '), false));
    });
  }

  #reached(): void {
    this.#isReached = true;
    this.#cancelFirstConnect?.();
    this.#cancelFirstConnect = undefined;
  }

  #changed(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const action of waiting) action();
  }
}
