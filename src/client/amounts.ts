/** Minor units going in: a bigint, a safe integer, or digits. */
export type AmountIn = bigint | number | string;

const DIGITS = /^[1-9][0-9]{0,18}$/;
const AMOUNT_MINOR_MAX = 10n ** 18n;

export const AMOUNT_RULE =
  'minor units: a bigint, a safe integer, or digits without leading zeros; 1 ≤ amount ≤ 10^18';

/** The digits of an amount as the service takes them; undefined for what is none. No float is ever rounded. */
export function amountDigits(amount: unknown): string | undefined {
  if (typeof amount === 'number' && !Number.isSafeInteger(amount)) return undefined;
  if (typeof amount !== 'number' && typeof amount !== 'bigint' && typeof amount !== 'string')
    return undefined;
  const digits = String(amount);
  if (!DIGITS.test(digits)) return undefined;
  // Eighteen digits are always below the limit; it is only the longer ones that need the arithmetic.
  return digits.length < 19 || BigInt(digits) <= AMOUNT_MINOR_MAX ? digits : undefined;
}

const ANSWERED = /^(0|-?[1-9][0-9]{0,30})$/;

const CHANGE = /^(0|-?[1-9][0-9]{0,30})$/;

/** What minor units changed by, out of an answer; undefined for anything else. */
export function answeredChange(value: unknown): bigint | undefined {
  return typeof value === 'string' && CHANGE.test(value) ? BigInt(value) : undefined;
}

/** Minor units out of an answer, which carries strings; undefined for anything else. */
export function answeredAmount(value: unknown): bigint | undefined {
  return typeof value === 'string' && ANSWERED.test(value) ? BigInt(value) : undefined;
}
