const PREFIX = 'cold-';
const DIGITS = 7;

/** Accounts of the scenario have ids of one length, so that a prebuilt HTTP request keeps its length. */
export const COLD_ACCOUNTS_MAX = 10 ** DIGITS;

export function coldAccountId(number: number): string {
  return PREFIX + number.toString().padStart(DIGITS, '0');
}

/** Which of so many accounts a deduction is from: drawn uniformly, and the same for the same sequence number. */
export function drawAccount(sequence: number, accounts: number): number {
  // The finalizer of MurmurHash3: neighbours are spread evenly.
  let hash = sequence | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % accounts;
}
