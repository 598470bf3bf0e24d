import type { StrategyChoice } from '../accounts/account.service';
import { assertNever } from '../ledger/assert-never';
import type { OperationStart, StatusChange } from '../operations/operation.service';
import type { AccountRecord } from '../shards/directory/account-record';
import type { OperationError, OperationRecord } from '../shards/directory/operation-record';
import { RETRY_AFTER_SECONDS } from './outcome-problem';
import { Problem } from '../contract/problem';
import { type ProblemCode, PROBLEMS } from '../contract/problem-catalog';

/**
 * The operation that was begun.
 *
 * @throws Problem that says why there is none
 */
export function begunOrProblem(start: OperationStart): OperationRecord {
  switch (start.kind) {
    case 'started':
      return start.operation;
    case 'accountNotFound':
      throw new Problem('ACCOUNT_NOT_FOUND');
    case 'accountClosed':
      throw new Problem('ACCOUNT_CLOSED');
    case 'changedMeanwhile':
      throw new Problem('PRECONDITION_FAILED');
    case 'inProgress':
      throw inProgress(start.operationId);
    case 'unknownShards': {
      const rule = `names of shards that there are; unknown: ${start.names.join(', ')}`;
      throw new Problem('INVALID_ARGUMENT', { errors: [{ field: 'shards', rule }] });
    }
    default:
      return assertNever(start);
  }
}

/**
 * The account under its new status.
 *
 * @throws Problem that says why it has none
 */
export function changedOrProblem(change: StatusChange): AccountRecord {
  switch (change.kind) {
    case 'done':
      return change.account;
    case 'accountNotFound':
      throw new Problem('ACCOUNT_NOT_FOUND');
    case 'refused':
      throw problemOfError(change.error);
    case 'unfinished':
      throw new Problem('SHARD_UNAVAILABLE', {
        detail:
          'Not every database could be told yet. It goes on by itself; asking for the same again joins it.',
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    default:
      return assertNever(change);
  }
}

/**
 * The account with its strategy.
 *
 * @throws Problem that says why it has another
 */
export function rechosenOrProblem(choice: StrategyChoice): AccountRecord {
  switch (choice.kind) {
    case 'chosen':
      return choice.account;
    case 'accountNotFound':
      throw new Problem('ACCOUNT_NOT_FOUND');
    case 'accountClosed':
      throw new Problem('ACCOUNT_CLOSED');
    case 'changedMeanwhile':
      throw new Problem('PRECONDITION_FAILED');
    case 'balanceLimitExceeded':
      throw new Problem('BALANCE_LIMIT_EXCEEDED');
    default:
      return assertNever(choice);
  }
}

/** The account is there, and was made with other parameters. */
export function accountExists(differing: readonly string[]): Problem {
  const detail =
    differing.length > 0
      ? `The account exists; what was asked for differs in: ${differing.join(', ')}.`
      : 'The account exists; it was made with other parameters, which have been changed since.';
  return new Problem('ACCOUNT_EXISTS', { detail });
}

function inProgress(operationId: string | null): Problem {
  return operationId === null
    ? new Problem('OPERATION_IN_PROGRESS')
    : new Problem('OPERATION_IN_PROGRESS', {
        detail: `Operation ${operationId} of the account is under way.`,
        operationId,
      });
}

function problemOfError({ code, detail }: OperationError): Problem {
  if (!isProblemCode(code)) throw new TypeError(`"${code}" is not an error of the catalog: ${detail}`);
  return new Problem(code, { detail });
}

function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(PROBLEMS, code);
}
