/** Account ids: 1–64 of `[A-Za-z0-9_.:-]`, case-sensitive. */
export const ACCOUNT_ID_PATTERN = '^[A-Za-z0-9_.:-]{1,64}$';

/** Request ids: 1–64 printable ASCII characters without blanks, case-sensitive. */
export const REQUEST_ID_PATTERN = '^[\\x21-\\x7E]{1,64}$';

const ACCOUNT_ID = new RegExp(ACCOUNT_ID_PATTERN);
const REQUEST_ID = new RegExp(REQUEST_ID_PATTERN);

export function isAccountId(value: string): boolean {
  return ACCOUNT_ID.test(value);
}

export function isRequestId(value: string): boolean {
  return REQUEST_ID.test(value);
}

/**
 * The key of an account's opening balance. Internal keys contain a blank, which no user can send, so that they share
 * the one unique index with the users' keys without ever meeting one.
 */
export const OPENING_BALANCE_KEY = 'opening balance';
