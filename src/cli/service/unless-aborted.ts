import type { Clock } from '../surroundings';

/** Whoever asks to stop does not wait for an answer. @throws the reason that the signal was raised with */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', stop);
    });
  });
}

/** @throws the reason that the signal was raised with */
export async function pauseUnlessAborted(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  await clock.pause(ms, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    throw error;
  });
}
