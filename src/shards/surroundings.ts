import { randomUUID } from 'node:crypto';

/** Runs something after a while, unless it is called off before. */
export type Later = (ms: number, run: () => void) => () => void;

/** Time, chance and ids: everything that is not decided by what arrives. Passed in, so that a simulation can own it. */
export interface Surroundings {
  /** Milliseconds since any moment; never goes back. */
  now(): number;
  /** Milliseconds since 1970; may jump, and may be far off. For what is shown only: no rule about money may read it. */
  wallMs(): number;
  /** In [0, 1). */
  random(): number;
  /** Never the same twice. */
  newId(): string;
  /** Ends early when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** For work in the background: a process that has nothing else to do may end meanwhile. */
  later: Later;
  /** Resolves when the event loop has taken in what had arrived. */
  turn(): Promise<void>;
}

export const REAL_SURROUNDINGS: Surroundings = {
  now: () => performance.now(),
  wallMs: () => Date.now(),
  random: () => Math.random(),
  newId: () => randomUUID(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      if (signal?.aborted) end();
      else signal?.addEventListener('abort', end);
    }),
  later: (ms, run) => {
    const timer = setTimeout(run, ms).unref();
    return () => {
      clearTimeout(timer);
    };
  },
  turn: () => new Promise((resolve) => setImmediate(resolve)),
};
