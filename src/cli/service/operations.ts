import { NoProgress, OperationFailed } from '../faults';
import type { Clock } from '../surroundings';
import type { Stage } from '../terminal/progress';
import { passingFailure } from './passing-failure';
import type { ServiceClient } from './service-client';

/** Work that goes on in the service behind its answer. */
export interface Operation {
  readonly operationId: string;
  readonly kind: string;
  readonly status: 'running' | 'done' | 'failed';
  readonly accountId?: string;
  readonly progress: { readonly done: number; readonly total: number };
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: string; readonly detail: string };
  readonly createdAt: string;
}

export interface Following {
  readonly client: ServiceClient;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly stage: Stage;
  /** How long it is waited for. */
  readonly waitMsMax: number;
}

const FIRST_PAUSE_MS = 50;
const PAUSE_MS_MAX = 1_000;

export function findOperation(client: ServiceClient, operationId: string): Promise<Operation> {
  const path = `/v1/admin/operations/${encodeURIComponent(operationId)}`;
  return client.call<Operation>({ method: 'GET', path }).then(({ body }) => body);
}

/**
 * Follows an operation to its end, through answers that are lost on the way.
 *
 * @throws OperationFailed when it has failed
 * @throws NoProgress when it has not ended in time; it goes on
 * @throws the reason that the signal was raised with
 */
export async function followOperation(begun: Operation, following: Following): Promise<Operation> {
  const { clock, signal, stage, waitMsMax } = following;
  const deadline = clock.nowMs() + waitMsMax;
  let operation = begun;
  for (let pauseMs = FIRST_PAUSE_MS; operation.status === 'running'; pauseMs *= 1.5) {
    const leftMs = deadline - clock.nowMs();
    if (leftMs <= 0) throw stillRunning(operation, waitMsMax);
    await clock.pause(Math.min(pauseMs, PAUSE_MS_MAX, leftMs), signal).catch((error: unknown) => {
      signal.throwIfAborted();
      throw error;
    });
    operation = (await look(operation, following)) ?? operation;
  }
  stage.end();
  if (operation.status === 'failed') throw new OperationFailed(operation);
  return operation;
}

/** @returns undefined when there was no answer this time */
async function look(
  { operationId }: Operation,
  { client, signal, stage }: Following,
): Promise<Operation | undefined> {
  try {
    const found = await unlessAborted(findOperation(client, operationId), signal);
    stage.reached(found.progress.done, found.progress.total);
    return found;
  } catch (error) {
    const passing = passingFailure(error);
    if (!passing) throw error;
    stage.note(passing.reason);
    return undefined;
  }
}

/** Whoever asks to stop does not wait for an answer. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
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

function stillRunning({ operationId }: Operation, waitMsMax: number): NoProgress {
  return new NoProgress(
    `not done after ${waitMsMax / 1000} s; it goes on, and hotsplit operation show ${operationId} tells how far it is`,
  );
}
