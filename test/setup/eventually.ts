import { setTimeout as pause } from 'node:timers/promises';

const LOOK_AGAIN_MS = 20;

/**
 * Waits for something that another process or a background job will bring about and announces to nobody: looks again
 * and again until `look` answers something.
 */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined>,
  msMax = 20_000,
): Promise<T> {
  const deadline = performance.now() + msMax;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`${what} did not come about within ${msMax} ms`);
    await pause(LOOK_AGAIN_MS);
  }
}
