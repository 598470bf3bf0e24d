/** Money asked for or brought, as a user does. */
export interface Asked {
  readonly kind: 'deduct' | 'credit';
  readonly requestId: string;
  readonly amountMinor: bigint;
}

/** Whatever carries such requests out. */
export interface Asks<Answer> {
  submit(accountId: string, asked: Asked): Promise<Answer>;
}
