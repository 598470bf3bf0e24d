import { setTimeout as pauseFor } from 'node:timers/promises';
import type { Writable } from 'node:stream';

/** What the commands take from the world around them, so that tests can hand in another one. */
export interface Surroundings {
  /** Results. With `--json`, exactly one JSON document. */
  readonly out: Writable;
  /** Everything else: progress, warnings, faults. */
  readonly err: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export interface Clock {
  /** Wall clock, for ids only. */
  readonly wallMs: () => number;
  /** Never goes backwards: durations and deadlines. */
  readonly nowMs: () => number;
  /** Rejects as soon as the signal is raised. */
  readonly pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

export function processSurroundings(): Surroundings {
  return {
    out: process.stdout,
    err: process.stderr,
    env: process.env,
    clock: {
      wallMs: () => Date.now(),
      nowMs: () => performance.now(),
      pause: (milliseconds, signal) => pauseFor(milliseconds, undefined, { signal }),
    },
    random: () => Math.random(),
  };
}
