import { randomUUID } from 'node:crypto';
import type { EngineObserver } from '../engine/observer';
import type { CallNames } from '../platform/call-names';
import { PrimarySilentError } from '../processes/worker-line';
import { DirectoryOverloadedError, DirectoryUnavailableError } from '../shards/directory/directory';
import {
  isForWantOfRoom,
  ShardContendedError,
  ShardOverloadedError,
  ShardUnavailableError,
} from '../shards/faults';
import { noRoomProblem, RETRY_AFTER_SECONDS } from './outcome-problem';
import { Problem } from '../contract/problem';

/** Who is told of problems: of what nobody foresaw, and of what is answered. */
export interface ProblemObserver extends Pick<EngineObserver, 'defect'> {
  /** A call, or one of many that came with it, is answered with a problem. */
  problemAnswered(problem: Problem, names: CallNames, keyId: string): void;
}

/** What a thrown fault is to the caller. What nobody foresaw is logged under an id, and only the id leaves. */
export function problemOfFault(error: unknown, observer: Pick<EngineObserver, 'defect'>): Problem {
  if (error instanceof Problem) return error;
  if (
    error instanceof ShardContendedError ||
    error instanceof ShardOverloadedError ||
    error instanceof DirectoryOverloadedError
  ) {
    return new Problem('OVERLOADED', { retryAfterSeconds: RETRY_AFTER_SECONDS });
  }
  if (error instanceof ShardUnavailableError || error instanceof DirectoryUnavailableError) {
    if (isForWantOfRoom(error)) return noRoomProblem();
    return new Problem('SHARD_UNAVAILABLE', { retryAfterSeconds: RETRY_AFTER_SECONDS });
  }
  if (error instanceof PrimarySilentError) {
    const detail = 'The primary process, which adds up the metrics of all workers, does not answer.';
    return new Problem('OVERLOADED', { detail, retryAfterSeconds: RETRY_AFTER_SECONDS });
  }
  const incident = randomUUID();
  observer.defect(incident, error);
  return new Problem('INTERNAL', { incident });
}
