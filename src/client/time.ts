/** Time and chance, passed in so that what depends on them can be tested by the million. */
export interface Time {
  /** Monotonic. */
  readonly nowMs: () => number;
  /** Runs the action later, once; the answer takes it back. */
  readonly after: (ms: number, action: () => void) => () => void;
  /** Runs the action behind everything that this turn of the event loop still brings. */
  readonly soon: (action: () => void) => void;
  /** From 0 up to, and without, 1. */
  readonly random: () => number;
}

export const REAL_TIME: Time = {
  nowMs: () => performance.now(),
  after: (ms, action) => {
    const timer = setTimeout(action, ms);
    return () => {
      clearTimeout(timer);
    };
  },
  soon: (action) => {
    setImmediate(action);
  },
  random: Math.random,
};
