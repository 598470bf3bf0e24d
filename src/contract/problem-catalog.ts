/** The names of the gRPC statuses that errors have. */
type GrpcStatus =
  | 'INVALID_ARGUMENT'
  | 'UNAUTHENTICATED'
  | 'PERMISSION_DENIED'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'FAILED_PRECONDITION'
  | 'ABORTED'
  | 'RESOURCE_EXHAUSTED'
  | 'DEADLINE_EXCEEDED'
  | 'UNIMPLEMENTED'
  | 'UNAVAILABLE'
  | 'INTERNAL';

/** How one error looks at every door. */
export interface ProblemDescription {
  readonly http: number;
  readonly grpc: GrpcStatus;
  readonly title: string;
  /** For the docs: when it happens. */
  readonly when: string;
  /** For the docs: what the caller may do. */
  readonly then: string;
}

/**
 * Every error that leaves the service. REST and gRPC answer from this catalog, and a test compares it with
 * docs/errors.md.
 */
export const PROBLEMS = {
  INVALID_ARGUMENT: {
    http: 400,
    grpc: 'INVALID_ARGUMENT',
    title: 'The request is malformed',
    when: 'A field, header, path part or the body breaks a rule; `errors` lists `{field, rule}`.',
    then: 'Correct the request. Nothing was changed.',
  },
  UNAUTHENTICATED: {
    http: 401,
    grpc: 'UNAUTHENTICATED',
    title: 'No valid key was given',
    when: 'The `Authorization: Bearer <key>` header is missing or names no known key, or one that has expired.',
    then: 'Send a valid key.',
  },
  PERMISSION_DENIED: {
    http: 403,
    grpc: 'PERMISSION_DENIED',
    title: 'The key does not allow this',
    when: 'The key lacks the scope named in `detail`, or is limited to other accounts.',
    then: 'Use a key with that scope, or one for that account.',
  },
  ACCOUNT_NOT_FOUND: {
    http: 404,
    grpc: 'NOT_FOUND',
    title: 'There is no such account',
    when: 'The account id is unknown.',
    then: 'Create the account, or correct the id (ids are case-sensitive).',
  },
  ENTRY_NOT_FOUND: {
    http: 404,
    grpc: 'NOT_FOUND',
    title: 'There is no such entry',
    when: 'No deduction took effect under this request id. A refused deduction leaves none.',
    then: 'Send the deduction again with the same request id: it is safe.',
  },
  HOLD_NOT_FOUND: {
    http: 404,
    grpc: 'NOT_FOUND',
    title: 'There is no such hold',
    when: 'No hold was taken under this id. A refused try leaves none.',
    then: 'Send the try again with the same request id, or cancel it for good.',
  },
  BUDGET_NOT_FOUND: {
    http: 404,
    grpc: 'NOT_FOUND',
    title: 'There is no such budget',
    when: 'The account has no budget of this id, or it was deleted; `budgetId` names it.',
    then: 'Create the budget, or leave it out. Nothing was charged.',
  },
  KEY_NOT_FOUND: {
    http: 404,
    grpc: 'NOT_FOUND',
    title: 'There is no such API key',
    when: 'The key id is unknown or was deleted before.',
    then: 'Nothing is left to do.',
  },
  OPERATION_NOT_FOUND: {
    http: 404,
    grpc: 'NOT_FOUND',
    title: 'There is no such operation',
    when: 'The operation id is unknown.',
    then: 'Take the id from the answer that began the operation.',
  },
  ROUTE_NOT_FOUND: {
    http: 404,
    grpc: 'UNIMPLEMENTED',
    title: 'There is no such resource',
    when: 'The path names nothing the service offers.',
    then: 'See `/docs`.',
  },
  METHOD_NOT_ALLOWED: {
    http: 405,
    grpc: 'UNIMPLEMENTED',
    title: 'The resource does not take this method',
    when: 'The path is known, the method is not one of its own; the `Allow` header lists those.',
    then: 'Use a method of `Allow`; see `/docs`.',
  },
  ACCOUNT_EXISTS: {
    http: 409,
    grpc: 'ALREADY_EXISTS',
    title: 'The account exists with other parameters',
    when: 'An account of this id was created from a different body.',
    then: 'Read the account; choose another id for a new one.',
  },
  BUDGET_EXISTS: {
    http: 409,
    grpc: 'ALREADY_EXISTS',
    title: 'The budget exists with other parameters',
    when: 'The account has, or had, a budget of this id that was made from a different body.',
    then: 'Change the limit of that one, or choose another id: ids of deleted budgets are not used again.',
  },
  ACCOUNT_FROZEN: {
    http: 409,
    grpc: 'FAILED_PRECONDITION',
    title: 'The account is frozen',
    when: 'Debits are refused while an account is frozen; credits pass.',
    then: 'Unfreeze it, then send the same request again.',
  },
  ACCOUNT_CLOSED: {
    http: 409,
    grpc: 'FAILED_PRECONDITION',
    title: 'The account is closed',
    when: 'A closed account refuses everything but reads.',
    then: 'Use another account.',
  },
  HOLD_ALREADY_CONFIRMED: {
    http: 409,
    grpc: 'FAILED_PRECONDITION',
    title: 'The hold was confirmed',
    when: 'It was confirmed, and is to be cancelled, or confirmed with another amount.',
    then: 'Read the hold for what was taken; reverse that to give it back.',
  },
  HOLD_EXCEEDED: {
    http: 409,
    grpc: 'FAILED_PRECONDITION',
    title: 'The confirm is more than is held',
    when: 'A hold is confirmed with a larger amount than it has, without `allowMore`, or would come to more than 10^18 with it; `held` is what it has. Nothing was done.',
    then: 'Confirm with `allowMore`, or confirm what is held and deduct the rest under a request id of its own.',
  },
  HOLD_ALREADY_CANCELLED: {
    http: 409,
    grpc: 'FAILED_PRECONDITION',
    title: 'The hold was cancelled',
    when: 'It was cancelled, perhaps before it was tried, or its time is over.',
    then: 'Take a new hold under a new request id.',
  },
  ACCOUNT_NOT_EMPTY: {
    http: 409,
    grpc: 'FAILED_PRECONDITION',
    title: 'The account is not empty',
    when: 'An account that holds anything cannot be closed.',
    then: 'Deduct what it holds, then close it again. It goes on as before.',
  },
  OPERATION_IN_PROGRESS: {
    http: 409,
    grpc: 'FAILED_PRECONDITION',
    title: 'Another operation of the account is under way',
    when: 'The account is being created, resized or closed, and this cannot be done beside it.',
    then: 'Wait until that has ended, then ask again.',
  },
  SHARD_NOT_FOUND: {
    http: 404,
    grpc: 'NOT_FOUND',
    title: 'There is no shard of this name',
    when: 'No shard of this name is configured or registered.',
    then: 'List the shards.',
  },
  SHARD_IN_USE: {
    http: 409,
    grpc: 'FAILED_PRECONDITION',
    title: 'The shard cannot be removed',
    when: 'The settings name it, or an account was placed on it once: it may hold money, entries and request ids.',
    then: 'Move accounts off it and leave it where it is.',
  },
  SHARD_EXISTS: {
    http: 409,
    grpc: 'ALREADY_EXISTS',
    title: 'There is a shard of this name',
    when: 'A shard of this name is configured or registered.',
    then: 'Choose another name. A database keeps the name that it was first used under.',
  },
  SHARD_REFUSED: {
    http: 409,
    grpc: 'FAILED_PRECONDITION',
    title: 'The database cannot be a new shard',
    when: 'It is not where the settings allow, cannot be reached or opened, is another shard, belongs to another installation, holds something else or is too old. The reason is in the service’s log only.',
    then: 'Name an empty database of its own on a host of `HOTSPLIT_SHARD_HOSTS`, or a file in the data folder where the directory is SQLite.',
  },
  EVENTS_OFF: {
    http: 409,
    grpc: 'FAILED_PRECONDITION',
    title: 'No events are kept here',
    when: 'The service runs with `HOTSPLIT_EVENTS=off`.',
    then: 'Read entries and accounts instead, or have the setting changed: events begin from then on.',
  },
  CURSOR_EXPIRED: {
    http: 410,
    grpc: 'FAILED_PRECONDITION',
    title: 'Events behind the cursor are not kept any more',
    when: 'The reader stopped for longer than `HOTSPLIT_EVENTS_RETENTION_HOURS`.',
    then: 'Go on with the cursor `oldest`, and compare what you keep with the accounts’ entries.',
  },
  WEBHOOK_NOT_FOUND: {
    http: 404,
    grpc: 'NOT_FOUND',
    title: 'There is no webhook of this id',
    when: 'No webhook has this id, or it was deleted.',
    then: 'List the webhooks.',
  },
  DELIVERY_NOT_FOUND: {
    http: 404,
    grpc: 'NOT_FOUND',
    title: 'There is no delivery of this id',
    when: 'The webhook has no delivery of this id, or it is not kept any more.',
    then: 'List the deliveries of the webhook, or read the feed.',
  },
  TOO_MANY_WEBHOOKS: {
    http: 409,
    grpc: 'FAILED_PRECONDITION',
    title: 'There are as many webhooks as there may be',
    when: 'An installation has 100 webhooks at most.',
    then: 'Delete some, or let one receiver take more types of events.',
  },
  RANGE_TOO_LARGE: {
    http: 422,
    grpc: 'FAILED_PRECONDITION',
    title: 'The range has too many entries',
    when: 'More entries would have to be gone through, or more rows answered, than one call may. `errors` says up to when there are not too many.',
    then: 'Ask again: what was summed up is kept, and the next call goes on from there. Or ask for shorter ranges, one after another, and add up.',
  },
  INSTANT_NOT_SETTLED: {
    http: 409,
    grpc: 'FAILED_PRECONDITION',
    title: 'The instant is not past yet',
    when: 'A balance `at` an instant, or a statement `to` one, before which entries may still be written: in the future, or later than the clock of a shard. `settledAt` says before which instant none can.',
    then: 'Ask for an instant not after `settledAt`, or again a little later.',
  },
  PRECONDITION_FAILED: {
    http: 412,
    grpc: 'ABORTED',
    title: 'The account has changed',
    when: 'The account has another `ETag` than `If-Match` names.',
    then: 'Read the account again, and decide by what it is now.',
  },
  PAYLOAD_TOO_LARGE: {
    http: 413,
    grpc: 'INVALID_ARGUMENT',
    title: 'The body is too large',
    when: 'Bodies may have 4 MiB on batch and 64 KiB elsewhere.',
    then: 'Split the request.',
  },
  REQUEST_TIMEOUT: {
    http: 408,
    grpc: 'DEADLINE_EXCEEDED',
    title: 'The request did not arrive in time',
    when: 'The request was not complete within 30 seconds, or its body stopped arriving.',
    then: 'Send the same request with the same request id.',
  },
  HEADERS_TOO_LARGE: {
    http: 431,
    grpc: 'INVALID_ARGUMENT',
    title: 'The headers are too large',
    when: 'The URL and the headers together may have 16 KiB.',
    then: 'Send less.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    http: 415,
    grpc: 'INVALID_ARGUMENT',
    title: 'The body is not plain JSON',
    when: 'The content type is something else than `application/json`, or the body is compressed.',
    then: 'Send JSON, without a `Content-Encoding`, and say so.',
  },
  BUDGET_EXHAUSTED: {
    http: 422,
    grpc: 'FAILED_PRECONDITION',
    title: 'A budget has too little left',
    when:
      'A budget that the deduction or the hold is charged to cannot pay it, whatever the account has: `budgetId` names it, `available` ' +
      'is what it has left, for those who may read it, and `renewsAt` is when its next period begins, where that would help.',
    then: 'Wait for `renewsAt`, or raise the limit. Nothing was charged; the same request id may be sent again.',
  },
  INSUFFICIENT_FUNDS: {
    http: 422,
    grpc: 'FAILED_PRECONDITION',
    title: 'The account cannot pay this amount',
    when: 'The amount is more than the whole account can pay, on all of its shards and with its credit line; `available` is what it could pay, for keys that may read.',
    then: 'Credit the account; the same request id may succeed later.',
  },
  SCREENED_OUT: {
    http: 422,
    grpc: 'FAILED_PRECONDITION',
    title: 'Screening rejects the deduction',
    when: 'The account has the strategy `queued`, and screening does not let the deduction pass; `detail` says why, if screening does.',
    then: 'Nothing was done. A request under the same id is screened anew.',
  },
  REVERSAL_EXCEEDS_DEDUCTION: {
    http: 422,
    grpc: 'FAILED_PRECONDITION',
    title: 'The reversal is more than is left of the deduction',
    when: 'The reversals of a deduction together never exceed it; `left` is what can still be reversed.',
    then: 'Reverse what is left, or nothing. Nothing was done.',
  },
  REVERSAL_EXCEEDS_CREDIT: {
    http: 422,
    grpc: 'FAILED_PRECONDITION',
    title: 'The reversal is more than is left of the credit',
    when: 'The reversals of a credit together never exceed it; `left` is what can still be reversed.',
    then: 'Reverse what is left, or nothing. Nothing was done.',
  },
  TRANSFER_RETURNED: {
    http: 422,
    grpc: 'FAILED_PRECONDITION',
    title: 'The transfer came back',
    when: 'The account that was to be paid was frozen, closed or full by the time the money came. All of it is back, in an entry of the kind `transfer-return`.',
    then: 'Pay again under a new request id, once that account takes money.',
  },
  ASSET_MISMATCH: {
    http: 422,
    grpc: 'FAILED_PRECONDITION',
    title: 'The accounts have different assets',
    when: 'A transfer is between accounts of one asset. Nothing was done.',
    then: 'Name two accounts of the same asset.',
  },
  TRANSFER_NOT_REVERSIBLE: {
    http: 409,
    grpc: 'FAILED_PRECONDITION',
    title: 'A transfer is not reversed',
    when: 'What is to be reversed has gone to another account, whose money it is now.',
    then: 'Have that account send it back by a transfer of its own. Nothing was done.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    http: 422,
    grpc: 'ALREADY_EXISTS',
    title: 'The request id was used for something else',
    when: 'The key took effect before with other parameters (kind, amount, reference or metadata).',
    then: 'Use a new request id for a new request. Nothing was done.',
  },
  BALANCE_LIMIT_EXCEEDED: {
    http: 422,
    grpc: 'FAILED_PRECONDITION',
    title: 'The account would hold too much',
    when: 'The credit, or the reversal, would lift the account above 9·10^18 minor units.',
    then: 'Credit or reverse less.',
  },
  RATE_LIMITED: {
    http: 429,
    grpc: 'RESOURCE_EXHAUSTED',
    title: 'Too many requests',
    when:
      'The key may come, or the account be used, so often a second and no more; see `detail` and the header `RateLimit`. Or no known key was ' +
      'given, and more such requests are being held back already than the service keeps.',
    then: 'Wait `Retry-After` seconds and send it again, or send a valid key. Nothing was done.',
  },
  OVERLOADED: {
    http: 503,
    grpc: 'UNAVAILABLE',
    title: 'The service has too much to do',
    when: 'A queue is full, too many bytes of bodies are under way, or tries were spent on lock conflicts. Nothing was done.',
    then: 'Wait `Retry-After` seconds and send the same request with the same request id.',
  },
  SHARD_UNAVAILABLE: {
    http: 503,
    grpc: 'UNAVAILABLE',
    title: 'A database cannot be reached',
    when: 'The shard that this request lives on, or the directory, does not answer.',
    then: 'Send the same request with the same request id: nothing was done, or the answer will be the replay of what was.',
  },
  INTERNAL: {
    http: 500,
    grpc: 'INTERNAL',
    title: 'A defect of the service',
    when: 'Something unforeseen; it was logged under `incident`.',
    then: 'Report the incident id. Sending the same request with the same request id is safe.',
  },
} as const satisfies Record<string, ProblemDescription>;

export type ProblemCode = keyof typeof PROBLEMS;
