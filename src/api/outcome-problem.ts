import type { MoneyOutcome } from '../deductions/deduction.service';
import { tooManyBudgets } from '../contract/budgets';
import { timeView } from '../contract/times';
import { assertNever } from '../ledger/assert-never';
import type { Principal } from '../platform/principal';
import { Problem } from '../contract/problem';
import { rateLimitedProblem } from './take-rates';

export const RETRY_AFTER_SECONDS = 1;

export type EntryOutcome = Extract<MoneyOutcome, { kind: 'applied' | 'replayed' }>;

/** A deduction of the strategy `queued` whose outcome was not known in time. */
export type ReceivedOutcome = Extract<MoneyOutcome, { kind: 'received' }>;
export type HoldOutcome = Extract<MoneyOutcome, { kind: 'held' | 'holdChanged' | 'holdSettled' }>;

/** The entry that a request came to, or the problem that says why there is none, as far as its caller may know. */
export function entryOrProblem(outcome: MoneyOutcome, caller: Principal): EntryOutcome | Problem {
  return outcome.kind === 'applied' || outcome.kind === 'replayed'
    ? outcome
    : refusalProblem(outcome, caller);
}

/** The same of a deduction, which may have been received without an outcome so far. */
export function deductionOrProblem(
  outcome: MoneyOutcome,
  caller: Principal,
): EntryOutcome | ReceivedOutcome | Problem {
  return outcome.kind === 'received' ? outcome : entryOrProblem(outcome, caller);
}

/** The hold that a request came to, or the problem that says why there is none, as far as its caller may know. */
export function holdOrProblem(outcome: MoneyOutcome, caller: Principal): HoldOutcome | Problem {
  return outcome.kind === 'held' || outcome.kind === 'holdChanged' || outcome.kind === 'holdSettled'
    ? outcome
    : refusalProblem(outcome, caller);
}

/** A database cannot be written because it is full. */
export function noRoomProblem(): Problem {
  return new Problem('SHARD_UNAVAILABLE', {
    detail: 'A database has no room left to write. Nothing was done, or the same request finds what was.',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}

/** Why there is neither. */
export function refusalProblem(outcome: MoneyOutcome, caller: Principal): Problem {
  const retryAfterSeconds = RETRY_AFTER_SECONDS;
  switch (outcome.kind) {
    case 'accountNotFound':
      return new Problem('ACCOUNT_NOT_FOUND');
    case 'keyReused':
      return new Problem('IDEMPOTENCY_KEY_REUSED');
    case 'insufficientFunds':
      // The balance is shown to those who could read it anyway.
      return caller.permissions.has('read')
        ? new Problem('INSUFFICIENT_FUNDS', { available: outcome.availableMinor.toString() })
        : new Problem('INSUFFICIENT_FUNDS');
    case 'rateLimited':
      return rateLimitedProblem(outcome);
    case 'screenedOut':
      return outcome.reason === null
        ? new Problem('SCREENED_OUT')
        : new Problem('SCREENED_OUT', { detail: outcome.reason });
    case 'accountFrozen':
      return new Problem('ACCOUNT_FROZEN');
    case 'accountClosed':
      return new Problem('ACCOUNT_CLOSED');
    case 'balanceLimitExceeded':
      return new Problem('BALANCE_LIMIT_EXCEEDED');
    case 'holdNotHere':
      return new Problem('HOLD_NOT_FOUND');
    case 'holdAlreadyConfirmed':
      return new Problem('HOLD_ALREADY_CONFIRMED');
    case 'holdAlreadyCancelled':
      return outcome.isExpired
        ? new Problem('HOLD_ALREADY_CANCELLED', { detail: 'The hold has expired.' })
        : new Problem('HOLD_ALREADY_CANCELLED');
    case 'confirmExceedsHold':
      return new Problem('HOLD_EXCEEDED', { held: outcome.heldMinor.toString() });
    case 'deductionNotHere':
      return new Problem('ENTRY_NOT_FOUND');
    case 'transferNotReversible':
      return new Problem('TRANSFER_NOT_REVERSIBLE');
    case 'reversalExceedsDeduction':
      return new Problem('REVERSAL_EXCEEDS_DEDUCTION', { left: outcome.leftMinor.toString() });
    case 'reversalExceedsCredit':
      return new Problem('REVERSAL_EXCEEDS_CREDIT', { left: outcome.leftMinor.toString() });
    case 'raiseTooLow':
      return raiseTooLow(outcome.triedMinor);
    case 'overloaded':
      return new Problem('OVERLOADED', { retryAfterSeconds });
    case 'shardUnavailable':
      return outcome.isForWantOfRoom
        ? noRoomProblem()
        : new Problem('SHARD_UNAVAILABLE', { retryAfterSeconds });
    case 'failed':
      return new Problem('INTERNAL', { incident: outcome.incident });
    case 'budgetNotFound':
      return new Problem('BUDGET_NOT_FOUND', { budgetId: outcome.budgetId });
    case 'tooManyBudgets':
      return tooManyBudgets();
    case 'budgetExhausted':
      return new Problem('BUDGET_EXHAUSTED', exhaustedView(outcome, caller));
    case 'applied':
    case 'replayed':
    case 'held':
    case 'holdChanged':
    case 'holdSettled':
    case 'holdStands':
    case 'stepsNeeded':
    case 'allowanceShort':
    case 'allowanceUnsettled':
    case 'received':
    case 'intakeEnded':
    case 'attemptOver':
    case 'arrived':
    case 'alreadyArrived':
    case 'departed':
    case 'settled':
    case 'leveled':
    case 'flushed':
    case 'leaseOver':
      throw new TypeError(`"${outcome.kind}" is not an outcome of this request`);
    default:
      return assertNever(outcome);
  }
}

/** What is left is shown to those who could read it anyway. */
function exhaustedView(
  { budgetId, availableMinor, renewsAtUs }: Extract<MoneyOutcome, { kind: 'budgetExhausted' }>,
  caller: Principal,
) {
  return {
    budgetId,
    ...(caller.permissions.has('read') && { available: availableMinor.toString() }),
    ...(renewsAtUs !== null && { renewsAt: timeView(renewsAtUs) }),
  };
}

function raiseTooLow(triedMinor: bigint): Problem {
  const rule = `what the hold is to come to in all: more than the ${triedMinor} that it was tried for`;
  return new Problem('INVALID_ARGUMENT', { errors: [{ field: 'amount', rule }] });
}
