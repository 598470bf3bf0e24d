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
const RAISE = 'raise';

/**
 * The key of the entry that a capture of a hold makes: the hold's own key is its mark's. A capture with an id of its own is known by
 * that; one without is the last, of which a hold has one.
 */
export function confirmationKey(holdId: string, captureId: string | null = null): string {
  return captureId === null ? `${CONFIRMATION} ${holdId}` : `${CONFIRMATION} ${holdId} ${captureId}`;
}

/**
 * The key of the mark of a raise: what the hold comes to by it. That only rises, so two that were decided side by side collide.
 *
 * @param amountMinor what the hold comes to in all
 */
export function raiseKey(holdId: string, amountMinor: bigint): string {
  return `${RAISE} ${holdId} ${amountMinor}`;
}

/** What is reversed, as its reversals are counted: the request id of a deduction or a credit, or a hold with one of its captures. */
export function reversedName(reverses: string, captureId: string | null): string {
  return captureId === null ? reverses : `${reverses} ${captureId}`;
}

/** The key of the entry that a hold's capture made, by the name that its reversals are counted by. */
export function capturedKey(reversedName: string): string {
  return `${CONFIRMATION} ${reversedName}`;
}

/**
 * The key of a reversal, which belongs to what it reverses: it lives where that lives, wherever its own id
 * would hash to. Its first word keeps it apart from every other internal key, whatever users call their requests.
 */
export function reversalKey(reversedName: string, requestId: string): string {
  return `${REVERSAL} ${reversedName} ${requestId}`;
}

const TRANSFER = 'transfer';
const RETURN = 'return';

/** A payment, as far as the keys of its entries are made from it. */
interface PaymentNames {
  /** The account that pays. */
  readonly accountId: string;
  readonly requestId: string;
  readonly createdAtUs: number;
}

/**
 * The key of a payment's arrival, in the account that is paid. It has the time of the debit: once the paying account has moved
 * and the idempotency window is over, the same request id may make another payment, which must not be taken for this one.
 */
export function arrivalOfPaymentKey({ accountId, requestId, createdAtUs }: PaymentNames): string {
  return `${TRANSFER} ${accountId} ${requestId} ${createdAtUs}`;
}

/** The key of a payment's return, in the account that paid. */
export function returnOfPaymentKey({ requestId, createdAtUs }: PaymentNames): string {
  return `${RETURN} ${requestId} ${createdAtUs}`;
}

/** The payment that arrived, or was refused, under a key: the inverse of `arrivalOfPaymentKey`. */
export function paymentOfArrivalKey(key: string): PaymentNames | undefined {
  const [word, accountId, requestId, createdAtUs] = key.split(' ');
  if (word !== TRANSFER || accountId === undefined || requestId === undefined) return undefined;
  return { accountId, requestId, createdAtUs: Number(createdAtUs) };
}

/** What a user called the request behind an entry's key, and what that request was about. */
export interface RequestNames {
  readonly requestId: string;
  readonly holdId?: string;
  readonly reverses?: string;
}

export function requestNames(kind: string, key: string): RequestNames {
  const [, first = '', second = '', third] = key.split(' ');
  if (kind === 'transfer-in' || kind === 'transfer-refused') return { requestId: second };
  if (kind === 'transfer-return') return { requestId: first };
  if (kind === 'reversal' || kind === 'credit-reversal')
    return third === undefined
      ? { requestId: second, reverses: first }
      : { requestId: third, reverses: second, holdId: first };
  if (kind === 'hold-confirmation') return { requestId: second === '' ? first : second, holdId: first };
  if (kind === 'hold-raise') return { requestId: first, holdId: first };
  return { requestId: key };
}
