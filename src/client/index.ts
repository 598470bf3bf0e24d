/** `hotsplit-client`: a client of the service for Node 20 and later, without dependencies. */
export type { AmountIn } from './amounts';
export type { Durability } from './batch-answer';
export { HotsplitClient } from './client';
export {
  AccountClosedError,
  AccountExistsError,
  AccountFrozenError,
  AccountNotEmptyError,
  AccountNotFoundError,
  BalanceLimitExceededError,
  type EndedBy,
  EntryNotFoundError,
  HoldAlreadyCancelledError,
  HoldAlreadyConfirmedError,
  HoldNotFoundError,
  HoldNotHeldError,
  HotsplitError,
  IdempotencyKeyReusedError,
  InsufficientFundsError,
  InvalidArgumentError,
  NoAnswerError,
  NothingDoneError,
  OperationFailedError,
  OperationInProgressError,
  OutcomeUnknownError,
  PermissionDeniedError,
  PreconditionFailedError,
  RefusedError,
  ReversalExceedsDeductionError,
  UnauthenticatedError,
  UnexpectedAnswerError,
  UntrustedServerError,
} from './errors';
export type { ClientOptions, TlsMaterial, TlsOptions } from './options';
export type { ClientCounters, RetryEvent } from './retries';
export type { FieldFault } from './problem';
export type { ProblemCode } from './problem-codes';
export type {
  Account,
  Balance,
  CallOptions,
  Consistency,
  DeductionResult,
  EntriesQuery,
  Entry,
  EntryKind,
  EntryResult,
  HeldResult,
  Hold,
  HoldConfirmation,
  HoldRequest,
  HoldResult,
  MoneyRequest,
  NewAccount,
  Notes,
  OneHold,
  Operation,
  ResizeRequest,
  ReversalRequest,
} from './shapes';
