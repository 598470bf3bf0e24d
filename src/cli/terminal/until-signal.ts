import { Interrupted } from '../faults';

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Does work that can be stopped by signal. The first one raises `stop`, so that the work ends in order; the next one
 * ends the program at once, as if nobody listened.
 */
export async function untilSignal<T>(work: (stop: AbortController) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const listeners = Object.entries(EXIT_CODES).map(([signal, exitCode]) => ({
    signal,
    listener: () => {
      stop.abort(new Interrupted(exitCode));
    },
  }));
  for (const { signal, listener } of listeners) process.once(signal, listener);
  try {
    return await work(stop);
  } finally {
    for (const { signal, listener } of listeners) process.off(signal, listener);
  }
}
