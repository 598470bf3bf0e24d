import type { MoneyOutcome } from '../deductions/deduction.service';
import { assertNever } from '../ledger/assert-never';
import { Problem } from './problem';

export const RETRY_AFTER_SECONDS = 1;

type Success = Extract<MoneyOutcome, { kind: 'applied' | 'replayed' }>;

/** The entry that a request came to, or the problem that says why there is none. */
export function entryOrProblem(outcome: MoneyOutcome): Success | Problem {
  const retryAfterSeconds = RETRY_AFTER_SECONDS;
  switch (outcome.kind) {
    case 'applied':
    case 'replayed':
      return outcome;
    case 'accountNotFound':
      return new Problem('ACCOUNT_NOT_FOUND');
    case 'keyReused':
      return new Problem('IDEMPOTENCY_KEY_REUSED');
    case 'insufficientFunds':
      return new Problem('INSUFFICIENT_FUNDS', { available: outcome.availableMinor.toString() });
    case 'accountFrozen':
      return new Problem('ACCOUNT_FROZEN');
    case 'accountClosed':
      return new Problem('ACCOUNT_CLOSED');
    case 'balanceLimitExceeded':
      return new Problem('BALANCE_LIMIT_EXCEEDED');
    case 'overloaded':
      return new Problem('OVERLOADED', { retryAfterSeconds });
    case 'shardUnavailable':
      return new Problem('SHARD_UNAVAILABLE', { retryAfterSeconds });
    case 'failed':
      return new Problem('INTERNAL', { incident: outcome.incident });
    case 'arrived':
    case 'alreadyArrived':
    case 'departed':
    case 'settled':
    case 'leveled':
      throw new TypeError(`"${outcome.kind}" is not an outcome of a user's request`);
    default:
      return assertNever(outcome);
  }
}
