import { digitsFor } from './answer';
import { type FieldFault, type Problem } from './problem';
import type { ProblemCode } from './problem-codes';
import type { Hold } from './shapes';

interface ErrorOptions {
  readonly requestId?: string | undefined;
  readonly cause?: unknown;
}

/** Every error of the client. Decide by its class or its `code`; the words may change. */
export class HotsplitError extends Error {
  /** A code of the service's catalog, or one of the client's own. */
  readonly code: string;
  /** The id under which the request was sent, or would have been. */
  readonly requestId: string | undefined;

  constructor(code: string, message: string, { requestId, cause }: ErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.requestId = requestId;
  }

  /** For logs: what the error says, amounts as strings of digits, and what it came from; no stack. */
  toJSON(): object {
    const { message, cause } = this;
    return { message, ...digitsFor(this), ...(cause !== undefined && { cause: causeJson(cause) }) };
  }
}

/** The service refused: nothing was done. */
export class RefusedError extends HotsplitError {
  declare readonly code: ProblemCode | (string & {});
  /** The HTTP status that belongs to the code. */
  readonly status: number;
  /** Of `INVALID_ARGUMENT`: which fields break which rules. */
  readonly errors: readonly FieldFault[];
  /**
   * Of `INSUFFICIENT_FUNDS` and `BUDGET_EXHAUSTED`, with a key that may read: what the whole account, or the budget, can spend, in
   * minor units.
   */
  readonly available: bigint | undefined;
  /** Of `REVERSAL_EXCEEDS_DEDUCTION`: what can still be reversed, in minor units. */
  readonly left: bigint | undefined;
  /** Of `HOLD_EXCEEDED`: what the hold has, in minor units. */
  readonly held: bigint | undefined;
  /** Of `OPERATION_IN_PROGRESS`: what is under way. */
  readonly operationId: string | undefined;
  /** Of `BUDGET_EXHAUSTED` and what else is about a budget: that budget. */
  readonly budgetId: string | undefined;
  /** Of `BUDGET_EXHAUSTED`: when the next period of the budget begins, if it has periods. */
  readonly renewsAt: Date | undefined;
  /** Of `INSTANT_NOT_SETTLED`: before this instant no entry can appear any more. */
  readonly settledAt: Date | undefined;
  /** Of `INTERNAL`: the id under which the service logged it. */
  readonly incident: string | undefined;

  constructor(problem: Problem, requestId?: string) {
    super(problem.code, wordsOf(problem), { requestId });
    this.status = problem.status;
    this.errors = problem.errors ?? [];
    this.available = problem.available;
    this.left = problem.left;
    this.held = problem.held;
    this.operationId = problem.operationId;
    this.budgetId = problem.budgetId;
    this.renewsAt = problem.renewsAt;
    this.settledAt = problem.settledAt;
    this.incident = problem.incident;
  }
}

export class InvalidArgumentError extends RefusedError {}
export class UnauthenticatedError extends RefusedError {}
export class PermissionDeniedError extends RefusedError {}
export class AccountNotFoundError extends RefusedError {}
export class EntryNotFoundError extends RefusedError {}
export class HoldNotFoundError extends RefusedError {}
export class AccountExistsError extends RefusedError {}
export class AccountFrozenError extends RefusedError {}
export class AccountClosedError extends RefusedError {}
export class AccountNotEmptyError extends RefusedError {}
export class HoldAlreadyConfirmedError extends RefusedError {}
export class HoldExceededError extends RefusedError {}
export class HoldAlreadyCancelledError extends RefusedError {}
export class OperationInProgressError extends RefusedError {}
export class PreconditionFailedError extends RefusedError {}
export class BudgetNotFoundError extends RefusedError {}
export class BudgetExistsError extends RefusedError {}
export class BudgetExhaustedError extends RefusedError {}
export class InsufficientFundsError extends RefusedError {}
export class KeyNotFoundError extends RefusedError {}
export class OperationNotFoundError extends RefusedError {}
export class ShardExistsError extends RefusedError {}
export class ShardInUseError extends RefusedError {}
export class ShardNotFoundError extends RefusedError {}
export class ShardRefusedError extends RefusedError {}
export class ReversalExceedsDeductionError extends RefusedError {}
export class ReversalExceedsCreditError extends RefusedError {}
export class IdempotencyKeyReusedError extends RefusedError {}
export class BalanceLimitExceededError extends RefusedError {}

const CLASSES: Readonly<Partial<Record<ProblemCode, typeof RefusedError>>> = {
  INVALID_ARGUMENT: InvalidArgumentError,
  UNAUTHENTICATED: UnauthenticatedError,
  PERMISSION_DENIED: PermissionDeniedError,
  ACCOUNT_NOT_FOUND: AccountNotFoundError,
  ENTRY_NOT_FOUND: EntryNotFoundError,
  HOLD_NOT_FOUND: HoldNotFoundError,
  KEY_NOT_FOUND: KeyNotFoundError,
  OPERATION_NOT_FOUND: OperationNotFoundError,
  SHARD_EXISTS: ShardExistsError,
  SHARD_IN_USE: ShardInUseError,
  SHARD_NOT_FOUND: ShardNotFoundError,
  SHARD_REFUSED: ShardRefusedError,
  ACCOUNT_EXISTS: AccountExistsError,
  ACCOUNT_FROZEN: AccountFrozenError,
  ACCOUNT_CLOSED: AccountClosedError,
  ACCOUNT_NOT_EMPTY: AccountNotEmptyError,
  HOLD_ALREADY_CONFIRMED: HoldAlreadyConfirmedError,
  HOLD_EXCEEDED: HoldExceededError,
  HOLD_ALREADY_CANCELLED: HoldAlreadyCancelledError,
  OPERATION_IN_PROGRESS: OperationInProgressError,
  PRECONDITION_FAILED: PreconditionFailedError,
  BUDGET_NOT_FOUND: BudgetNotFoundError,
  BUDGET_EXISTS: BudgetExistsError,
  BUDGET_EXHAUSTED: BudgetExhaustedError,
  INSUFFICIENT_FUNDS: InsufficientFundsError,
  REVERSAL_EXCEEDS_DEDUCTION: ReversalExceedsDeductionError,
  REVERSAL_EXCEEDS_CREDIT: ReversalExceedsCreditError,
  IDEMPOTENCY_KEY_REUSED: IdempotencyKeyReusedError,
  BALANCE_LIMIT_EXCEEDED: BalanceLimitExceededError,
};

export function refusalOf(problem: Problem, requestId?: string): RefusedError {
  const Class = (CLASSES as Readonly<Record<string, typeof RefusedError | undefined>>)[problem.code];
  return new (Class ?? RefusedError)(problem, requestId);
}

/** What breaks a rule already here, before anything is sent. */
export function invalidArgument(field: string, rule: string, requestId?: string): InvalidArgumentError {
  return new InvalidArgumentError(
    { code: 'INVALID_ARGUMENT', status: 400, detail: 'The request is malformed', errors: [{ field, rule }] },
    requestId,
  );
}

/** Why a request ended without an answer that settles it. */
export type EndedBy = 'DEADLINE_EXCEEDED' | 'ABORTED' | 'CLIENT_CLOSED' | 'QUEUE_FULL' | 'NOT_CONNECTED';

/** The request ended before it was answered, and certainly took no effect. `cause` is what the last try met, if any. */
export class NothingDoneError extends HotsplitError {
  declare readonly code: EndedBy;
}

/**
 * Whether the request took effect is not known: a try was sent, and its answer never came. Sending the same request with
 * the same `requestId` is safe, and tells. It is not a refusal: do not undo what the request was for.
 * `cause` is what the last try met; a refusal there means that the last try was refused while an earlier one may still
 * come through.
 */
export class OutcomeUnknownError extends HotsplitError {
  declare readonly code: 'OUTCOME_UNKNOWN';

  constructor(why: string, options: ErrorOptions) {
    const advice =
      options.requestId === undefined
        ? 'read what it was about to see'
        : `sending it again with the request id ${options.requestId} is safe, and tells`;
    super('OUTCOME_UNKNOWN', `${why}; whether it took effect is not known: ${advice}`, options);
  }
}

/**
 * Nothing is held under the request id of a try: an earlier try of the same request took the hold, and since then it was
 * confirmed, cancelled or has expired. `hold` says what became of it. Another hold needs another request id.
 */
export class HoldNotHeldError extends HotsplitError {
  declare readonly code: 'HOLD_NOT_HELD';

  constructor(readonly hold: Hold) {
    super(
      'HOLD_NOT_HELD',
      `nothing is held: the hold ${hold.holdId} was tried before and is ${hold.status}`,
      {
        requestId: hold.holdId,
      },
    );
  }
}

/**
 * The service keeps the deduction durably and will charge or reject it; its account has the strategy `queued`, and the outcome
 * was not known in time. Only as a cause: the client asks again until its own time is over. `deductionState` tells later.
 */
export class DeductionReceivedError extends HotsplitError {
  declare readonly code: 'DEDUCTION_RECEIVED';

  constructor(requestId: string) {
    super('DEDUCTION_RECEIVED', 'the deduction was received, and its outcome is not known yet', {
      requestId,
    });
  }
}

/** An operation that was waited for has failed. */
export class OperationFailedError extends HotsplitError {
  /** Why, in words. */
  readonly detail: string;

  constructor(
    readonly operationId: string,
    { code, detail }: { readonly code: string; readonly detail: string },
  ) {
    super(code, `operation ${operationId} has failed: ${detail}`);
    this.detail = detail;
  }
}

/** What came back is no answer of the service: a proxy's page, a part of an answer, or somebody else's. Only as a cause. */
export class UnexpectedAnswerError extends HotsplitError {
  constructor(
    what: string,
    readonly status: number,
    /** The beginning of its text, without markup. */
    readonly excerpt: string,
  ) {
    super('UNEXPECTED_ANSWER', excerpt === '' ? what : `${what}: ${excerpt}`);
  }
}

/** No answer came, or only a part of one. Only as a cause. */
export class NoAnswerError extends HotsplitError {
  constructor(
    message: string,
    /** The request may have reached the service. */
    readonly perhapsDone: boolean,
    cause?: unknown,
  ) {
    super('NO_ANSWER', message, { cause });
  }
}

/**
 * Whoever answers at an `https:` endpoint has not shown a certificate that is trusted: see `tls.ca`, the name in the
 * endpoint, and the dates. Nothing was sent. Only as a cause.
 */
export class UntrustedServerError extends NoAnswerError {
  constructor(message: string, cause: unknown) {
    super(message, false, cause);
  }
}

function causeJson(cause: unknown): unknown {
  if (!(cause instanceof Error) || cause instanceof HotsplitError) return cause;
  const { name, message } = cause;
  return { name, message };
}

function wordsOf({ code, detail, available, left, errors }: Problem): string {
  const figures = [
    ...(available === undefined ? [] : [`available ${available}`]),
    ...(left === undefined ? [] : [`left ${left}`]),
    ...(errors ?? []).map(({ field, rule }) => `${field}: ${rule}`),
  ];
  return [`${code}: ${detail}`, ...figures].join('; ');
}
