/**
 * Money is counted in minor units of an asset, as `bigint`, and never leaves exact integers.
 */

/** The largest amount one request may move: 10^18 minor units. */
export const AMOUNT_MAX_MINOR = 10n ** 18n;

/** The most an account (and so any one sub-account) may hold: 9·10^18 minor units, inside a signed 64-bit column. */
export const BALANCE_MAX_MINOR = 9n * 10n ** 18n;

/** The least that a running sum in a signed 64-bit column can be; below it, it wraps. */
export const NET_MIN_MINOR = -(2n ** 63n);

const AMOUNT_DIGITS = /^[1-9][0-9]{0,18}$/;

/**
 * Reads an amount as clients may write it: a JSON string of digits without leading zeros, or a safe JSON integer.
 *
 * @returns minor units with 1 ≤ amount ≤ 10^18, or `undefined` for anything else (floats, signs, blanks, zero).
 */
export function parseAmount(value: unknown): bigint | undefined {
  if (typeof value === 'string') {
    if (!AMOUNT_DIGITS.test(value)) return undefined;
    const amount = BigInt(value);
    return amount <= AMOUNT_MAX_MINOR ? amount : undefined;
  }
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return BigInt(value);
  return undefined;
}

/**
 * `net` and `moved` of a row are running sums that may pass 2^63 in either direction while the balance stays small
 * (credit at A, spend at B, again and again), so they are kept modulo 2^64 and only their sum over the account has
 * meaning.
 */
export function wrap64(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

export function lesser(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

export function greater(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** For sorting, the smaller first. */
export function compareMinor(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
