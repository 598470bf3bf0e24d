import { setTimeout as pause } from 'node:timers/promises';

const LOOK_AGAIN_MS = 20;

/**
 * After how long something that is waited for counts as hung. No test judges by this: on a machine with twenty times the
 * work that it can do, all is done long before. Jest gives up on a whole test later than that (jest.config.cjs), so what
 * was waited for in vain is named.
 */
export const HUNG_MS = 300_000;

/**
 * Waits for something that another process or a background job will bring about and announces to nobody: looks again
 * and again until `look` answers something.
 */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + HUNG_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`${what} did not come about within ${HUNG_MS} ms`);
    await pause(LOOK_AGAIN_MS);
  }
}

/** The answer of `work`, which announces its end itself; an error that names it if it hangs. */
export async function awaited<T>(what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const hung = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${what} did not come about within ${HUNG_MS} ms`));
    }, HUNG_MS);
  });
  try {
    return await Promise.race([work, hung]);
  } finally {
    clearTimeout(timer);
  }
}
