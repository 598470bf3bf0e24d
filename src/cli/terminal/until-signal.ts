import { ExitCode } from '../exit-codes';
import { Interrupted } from '../faults';

const EXIT_CODES = { SIGINT: ExitCode.interrupted, SIGTERM: ExitCode.terminated } as const;

/** One Ctrl-C may arrive twice, from the terminal and from npm. */
const SAME_KEYSTROKE_MS = 50;

/**
 * Does work that can be stopped by signal. The first one raises `stop`, so that the work ends in order; the next one
 * ends the program at once, as if nobody listened.
 *
 * @param atOnce what the next one does instead
 */
export async function untilSignal<T>(
  work: (stop: AbortController) => Promise<T>,
  atOnce?: () => void,
): Promise<T> {
  const stop = new AbortController();
  let askedAtMs: number | undefined;
  const listeners = Object.entries(EXIT_CODES).map(([signal, exitCode]) => {
    const listener = (): void => {
      const nowMs = performance.now();
      if (askedAtMs === undefined) stop.abort(new Interrupted(exitCode));
      else if (nowMs - askedAtMs > SAME_KEYSTROKE_MS) {
        atOnce?.();
        process.off(signal, listener);
        process.kill(process.pid, signal);
      }
      askedAtMs ??= nowMs;
    };
    return { signal, listener };
  });
  for (const { signal, listener } of listeners) process.on(signal, listener);
  try {
    return await work(stop);
  } finally {
    for (const { signal, listener } of listeners) process.off(signal, listener);
  }
}
