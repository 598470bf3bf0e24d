import type { SubAccount } from './sub-account';

export interface Draw {
  readonly from: number;
  readonly amountMinor: bigint;
}

/**
 * Which siblings lend how much to a sub-account that is short.
 *
 * The home row is lifted to what it must pay plus the mean of what then remains on the shard, from the richest donor
 * down, and no donor falls below that mean. The donors' surplus above the mean always suffices: after the payment the
 * surpluses and deficits around the mean cancel, up to a remainder smaller than the number of rows. Lifting to the mean
 * and not just to the amount makes the next request of the same home cheap.
 *
 * @param rows every row of the account on this shard
 * @returns the draws, or `undefined` when the rows together cannot pay
 */
export function planDraw(
  rows: readonly SubAccount[],
  home: { readonly index: number; readonly amountMinor: bigint },
): Draw[] | undefined {
  const total = rows.reduce((sum, row) => sum + row.availableMinor, 0n);
  if (total < home.amountMinor) return undefined;

  const mean = (total - home.amountMinor) / BigInt(rows.length);
  const own = rows.find((row) => row.index === home.index)?.availableMinor ?? 0n;
  let missing = home.amountMinor + mean - own;

  const draws: Draw[] = [];
  const donors = rows
    .filter((row) => row.index !== home.index && row.availableMinor > mean)
    .sort((a, b) => compare(b.availableMinor, a.availableMinor) || a.index - b.index);
  for (const donor of donors) {
    if (missing <= 0n) break;
    const surplus = donor.availableMinor - mean;
    const amountMinor = surplus < missing ? surplus : missing;
    draws.push({ from: donor.index, amountMinor });
    missing -= amountMinor;
  }
  return draws;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
