/**
 * Account ids: 1–64 of `[A-Za-z0-9_.:-]`, case-sensitive, but neither `.` nor `..`: URLs of these are rewritten before they
 * are sent. Without a lookahead, which the regular expressions of some languages do not have.
 */
export const ACCOUNT_ID_PATTERN =
  '^([A-Za-z0-9_:-][A-Za-z0-9_.:-]{0,63}|\\.[A-Za-z0-9_:-][A-Za-z0-9_.:-]{0,62}|\\.\\.[A-Za-z0-9_.:-]{1,62})$';

/** Request ids: 1–64 printable ASCII characters without blanks, case-sensitive, and neither `.` nor `..` for the same reason. */
export const REQUEST_ID_PATTERN =
  '^([\\x21-\\x2D\\x2F-\\x7E][\\x21-\\x7E]{0,63}|\\.[\\x21-\\x2D\\x2F-\\x7E][\\x21-\\x7E]{0,62}|\\.\\.[\\x21-\\x7E]{1,62})$';

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

const CONFIRMATION = 'confirmation';
const REVERSAL = 'reversal';

/** The key of the entry that confirms a hold: there is one, because the hold's own key is its mark's. */
export function confirmationKey(holdId: string): string {
  return `${CONFIRMATION} ${holdId}`;
}

/**
 * The key of a reversal, which belongs to the deduction it reverses: it lives where that lives, wherever its own id
 * would hash to. Its first word keeps it apart from every other internal key, whatever users call their requests.
 */
export function reversalKey(reverses: string, requestId: string): string {
  return `${REVERSAL} ${reverses} ${requestId}`;
}

/** What a user called the request behind an entry's key, and what that request was about. */
export interface RequestNames {
  readonly requestId: string;
  readonly holdId?: string;
  readonly reverses?: string;
}

export function requestNames(kind: string, key: string): RequestNames {
  const [, first = '', second = ''] = key.split(' ');
  if (kind === 'reversal') return { requestId: second, reverses: first };
  if (kind === 'hold-confirmation') return { requestId: first, holdId: first };
  return { requestId: key };
}
