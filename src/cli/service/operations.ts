import { operationCall } from '../../client/account-calls';
import { OperationFailedError } from '../../client/errors';
import type { Operation } from '../../client';
import { NoProgress, passing } from '../faults';
import type { Clock } from '../surroundings';
import type { Stage } from '../terminal/progress';
import type { JsonOf, ServiceClient } from './service-client';
import { pauseUnlessAborted, unlessAborted } from './unless-aborted';

/** Work that goes on in the service behind its answer. */
export type ShownOperation = JsonOf<Operation>;

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

/**
 * Follows an operation to its end, through answers that are lost on the way.
 *
 * @throws OperationFailedError when it has failed
 * @throws NoProgress when it has not ended in time; it goes on
 * @throws the reason that the signal was raised with
 */
export async function followOperation(begun: ShownOperation, following: Following): Promise<ShownOperation> {
  const { clock, signal, stage, waitMsMax } = following;
  const deadline = clock.nowMs() + waitMsMax;
  let operation = begun;
  for (let pauseMs = FIRST_PAUSE_MS; operation.status === 'running'; pauseMs *= 1.5) {
    const leftMs = deadline - clock.nowMs();
    if (leftMs <= 0) throw stillRunning(operation, waitMsMax);
    await pauseUnlessAborted(clock, Math.min(pauseMs, PAUSE_MS_MAX, leftMs), signal);
    operation = (await look(operation, following)) ?? operation;
  }
  stage.end();
  const { operationId, error = { code: 'OPERATION_FAILED', detail: 'no detail was given' } } = operation;
  if (operation.status === 'failed') throw new OperationFailedError(operationId, error);
  return operation;
}

/** @returns undefined when there was no answer this time */
async function look(
  { operationId }: ShownOperation,
  { client, signal, stage }: Following,
): Promise<ShownOperation | undefined> {
  try {
    const { body } = await unlessAborted(client.call(operationCall(operationId)), signal);
    stage.reached(body.progress.done, body.progress.total);
    return body;
  } catch (error) {
    const failure = passing(error);
    if (!failure) throw error;
    stage.note(failure.reason);
    return undefined;
  }
}

function stillRunning({ operationId }: ShownOperation, waitMsMax: number): NoProgress {
  return new NoProgress(
    `not done after ${waitMsMax / 1000} s; it goes on, and hotsplit operation show ${operationId} tells how far it is`,
  );
}
