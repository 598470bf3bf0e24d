import { NothingDoneError, OperationFailedError } from './errors';
import type { Operation } from './shapes';
import type { Time } from './time';
import { untilAborted } from './until-aborted';

const PAUSE_MS_FIRST = 20;
const PAUSE_MS_MAX = 1_000;

export interface Waiting {
  readonly look: () => Promise<Operation>;
  readonly time: Time;
  /** Without it, however long it takes. */
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Looks at an operation until it has ended.
 *
 * @throws OperationFailedError when it has failed
 * @throws NothingDoneError when the time is over; the operation goes on
 */
export async function waitForOperation({ look, time, timeoutMs, signal }: Waiting): Promise<Operation> {
  const deadlineMs = time.nowMs() + (timeoutMs ?? Infinity);
  for (let pauseMs = PAUSE_MS_FIRST; ; pauseMs = Math.min(PAUSE_MS_MAX, pauseMs * 1.5)) {
    const operation = await look();
    if (operation.status === 'failed') {
      const failure = operation.error ?? { code: 'INTERNAL', detail: 'no reason was given' };
      throw new OperationFailedError(operation.operationId, failure);
    }
    if (operation.status === 'done') return operation;
    if (signal?.aborted === true) throw stillRunning('ABORTED', operation, signal.reason);
    const leftMs = deadlineMs - time.nowMs();
    if (leftMs <= 0) throw stillRunning('DEADLINE_EXCEEDED', operation);
    await pause(Math.min(pauseMs, leftMs), time, signal);
  }
}

function stillRunning(
  by: 'ABORTED' | 'DEADLINE_EXCEEDED',
  operation: Operation,
  cause?: unknown,
): NothingDoneError {
  const { operationId, progress } = operation;
  const words = `operation ${operationId} is still running (${progress.done} of ${progress.total}), and goes on`;
  return new NothingDoneError(by, words, { cause });
}

function pause(ms: number, time: Time, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      forget();
      resolve();
    };
    const cancel = time.after(ms, done);
    let forget = (): void => undefined;
    forget = untilAborted(signal, done);
  });
}
