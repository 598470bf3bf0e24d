/**
 * What a code of the service means to whoever sent the request, perhaps more than once.
 *
 * - `passing`: it says something about the moment; the same request is sent again. `perhapsDone` when this try may have
 *   taken effect nevertheless.
 * - `refused`: nothing was done. `forGood` when no earlier try of the same request can take effect after it either; else a
 *   try whose answer was lost may still come through (funds may have come in), and the outcome stays unknown.
 */
export type CodeMeaning =
  | { readonly kind: 'passing'; readonly perhapsDone: boolean }
  | { readonly kind: 'refused'; readonly forGood: boolean };

const passing: CodeMeaning = { kind: 'passing', perhapsDone: false };
const passingPerhapsDone: CodeMeaning = { kind: 'passing', perhapsDone: true };
const refused: CodeMeaning = { kind: 'refused', forGood: false };
const refusedForGood: CodeMeaning = { kind: 'refused', forGood: true };

/** Every code of the service's catalog (docs/errors.md). */
export const PROBLEM_CODES = {
  INVALID_ARGUMENT: refusedForGood,
  UNAUTHENTICATED: refused,
  PERMISSION_DENIED: refused,
  ACCOUNT_NOT_FOUND: refused,
  ENTRY_NOT_FOUND: refused,
  HOLD_NOT_FOUND: refused,
  BUDGET_NOT_FOUND: refused,
  KEY_NOT_FOUND: refused,
  OPERATION_NOT_FOUND: refused,
  ROUTE_NOT_FOUND: refused,
  METHOD_NOT_ALLOWED: refusedForGood,
  ACCOUNT_EXISTS: refusedForGood,
  BUDGET_EXISTS: refusedForGood,
  ACCOUNT_FROZEN: refused,
  ACCOUNT_CLOSED: refusedForGood,
  HOLD_ALREADY_CONFIRMED: refusedForGood,
  HOLD_EXCEEDED: refused,
  HOLD_ALREADY_CANCELLED: refusedForGood,
  ACCOUNT_NOT_EMPTY: refused,
  OPERATION_IN_PROGRESS: refused,
  RANGE_TOO_LARGE: refused,
  // It is settled a moment later.
  INSTANT_NOT_SETTLED: refused,
  SHARD_EXISTS: refused,
  SHARD_REFUSED: refused,
  SHARD_NOT_FOUND: refused,
  SHARD_IN_USE: refused,
  EVENTS_OFF: refused,
  CURSOR_EXPIRED: refusedForGood,
  WEBHOOK_NOT_FOUND: refusedForGood,
  DELIVERY_NOT_FOUND: refusedForGood,
  TOO_MANY_WEBHOOKS: refusedForGood,
  PRECONDITION_FAILED: refused,
  PAYLOAD_TOO_LARGE: refusedForGood,
  REQUEST_TIMEOUT: passing,
  HEADERS_TOO_LARGE: refusedForGood,
  UNSUPPORTED_MEDIA_TYPE: refusedForGood,
  BUDGET_EXHAUSTED: refused,
  INSUFFICIENT_FUNDS: refused,
  SCREENED_OUT: refused,
  // What is left of a deduction only ever shrinks.
  REVERSAL_EXCEEDS_CREDIT: refusedForGood,
  REVERSAL_EXCEEDS_DEDUCTION: refusedForGood,
  // The key is used up: the money has gone and come back.
  TRANSFER_RETURNED: refusedForGood,
  ASSET_MISMATCH: refusedForGood,
  TRANSFER_NOT_REVERSIBLE: refusedForGood,
  IDEMPOTENCY_KEY_REUSED: refusedForGood,
  BALANCE_LIMIT_EXCEEDED: refused,
  RATE_LIMITED: passing,
  OVERLOADED: passing,
  SHARD_UNAVAILABLE: passingPerhapsDone,
  INTERNAL: passingPerhapsDone,
} as const satisfies Record<string, CodeMeaning>;

export type ProblemCode = keyof typeof PROBLEM_CODES;

/** A code that a newer service may have is taken by its status, and trusted with less. */
export function meaningOf({ code, status }: { readonly code: string; readonly status: number }): CodeMeaning {
  if (Object.hasOwn(PROBLEM_CODES, code)) return PROBLEM_CODES[code as ProblemCode];
  return status === 429 || status >= 500 ? passingPerhapsDone : refused;
}
