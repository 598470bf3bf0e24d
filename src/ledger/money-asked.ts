/** What a user asks for when money is to move: the fields of deductions, credits and holds, as they were sent. */
export interface MoneyAsked {
  readonly accountId: string;
  readonly requestId: string;
  readonly amountMinor: bigint;
  /** Hash of what the user sent (32 hex digits): the kind and every parameter, nothing derived. */
  readonly fingerprint: string;
  readonly reference: string | null;
  /** Canonical JSON of a string map. */
  readonly metadata: string | null;
}
