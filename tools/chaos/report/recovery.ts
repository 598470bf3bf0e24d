import type { Clock } from '../../kernel/clock';

/** How long something took to work again once what had broken it was whole. */
export interface Recovered {
  readonly what: string;
  readonly after: string;
  readonly wholeMs: number;
  readonly ms: number;
  /** Another fault came before it worked again: it took at least so long. */
  readonly isCutShort: boolean;
}

interface State {
  faults: number;
  brokenMs: number;
  wholeMs: number;
  by: string[];
  waitingSinceMs: number | undefined;
}

/** Follows each service, and each way through a service to a shard, from its being whole to its first success. */
export class Recovery {
  readonly recovered: Recovered[] = [];
  readonly #states = new Map<string, State>();

  constructor(private readonly clock: Clock) {}

  broken(what: string, by: string): void {
    const state = this.#state(what);
    this.#end(what, state, true);
    if (state.faults === 0) state.by = [];
    state.faults += 1;
    state.brokenMs = this.clock.nowMs();
    state.by.push(by);
  }

  whole(what: string): void {
    const state = this.#state(what);
    state.faults -= 1;
    state.wholeMs = this.clock.nowMs();
    if (state.faults === 0) state.waitingSinceMs = state.wholeMs;
  }

  /** Whether nothing has broken this since `graceMs` before a moment. */
  wasSound(what: string, sinceMs: number, graceMs: number): boolean {
    const state = this.#states.get(what);
    if (!state) return true;
    return state.faults === 0 && state.brokenMs < sinceMs && state.wholeMs + graceMs < sinceMs;
  }

  succeeded(what: string): void {
    const state = this.#states.get(what);
    if (state?.waitingSinceMs !== undefined) this.#end(what, state, false);
  }

  /** What has not worked again yet. */
  get waiting(): string[] {
    return [...this.#states].flatMap(([what, { waitingSinceMs }]) =>
      waitingSinceMs === undefined ? [] : [what],
    );
  }

  #end(what: string, state: State, isCutShort: boolean): void {
    if (state.waitingSinceMs === undefined) return;
    const wholeMs = state.waitingSinceMs;
    const ms = this.clock.nowMs() - wholeMs;
    this.recovered.push({ what, after: state.by.join(', '), wholeMs, ms, isCutShort });
    state.waitingSinceMs = undefined;
  }

  #state(what: string): State {
    const state = this.#states.get(what) ?? {
      faults: 0,
      brokenMs: -Infinity,
      wholeMs: -Infinity,
      by: [],
      waitingSinceMs: undefined,
    };
    this.#states.set(what, state);
    return state;
  }
}
