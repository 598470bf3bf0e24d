import type { CommandContext } from '../command-context';
import { ExitCode } from '../exit-codes';
import { Interrupted } from '../faults';
import { isTerminal } from './paint';

const CTRL_C = '\u0003';
const QUIT = /q/i;

/**
 * Does work that can be ended with the key q, where somebody sits at a terminal. Keys come one by one then, and Ctrl-C is one of
 * them: it stops the work as the signal would have.
 */
export async function untilKey(
  context: Pick<CommandContext, 'keys' | 'streams'>,
  stop: AbortController,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { signal } = stop;
  const keys = isTerminal(context.streams.out) ? context.keys?.() : undefined;
  if (!keys?.isTTY) return work(signal);
  const quit = new AbortController();
  const pressed = (chunk: Buffer): void => {
    const text = chunk.toString();
    if (text.includes(CTRL_C)) stop.abort(new Interrupted(ExitCode.interrupted));
    else if (QUIT.test(text)) quit.abort();
  };
  keys.setRawMode(true);
  keys.on('data', pressed);
  try {
    await work(AbortSignal.any([signal, quit.signal]));
  } catch (error) {
    if (!quit.signal.aborted || signal.aborted) throw error;
  } finally {
    keys.off('data', pressed);
    keys.setRawMode(false);
    keys.pause();
  }
}
