import type { InsideMove } from './inside-move';
import { BALANCE_MAX_MINOR, compareMinor, lesser } from './money';
import type { SubAccount } from './sub-account';

/**
 * Which siblings lend how much to a sub-account that is short.
 *
 * The home row is lifted to what it must pay plus the mean of what then remains on the shard, from the richest donor
 * down, and no donor in use falls below that mean; a draining one may give all it has. The donors' surplus always
 * suffices: after the payment the surpluses and deficits around the mean cancel, up to a remainder smaller than the
 * number of rows. Lifting to the mean and not just to the amount makes the next request of the same home cheap; a home
 * that is being emptied is lifted to the amount only.
 *
 * @param rows every row of the account on this shard
 * @returns the draws, or `undefined` when the rows together cannot pay
 */
export function planDraw(
  rows: readonly SubAccount[],
  { index, amountMinor: neededMinor }: { readonly index: number; readonly amountMinor: bigint },
): InsideMove[] | undefined {
  const total = rows.reduce((sum, row) => sum + row.availableMinor, 0n);
  if (total < neededMinor) return undefined;

  const inUse = rows.filter((row) => row.state === 'open').length;
  const mean = inUse === 0 ? 0n : (total - neededMinor) / BigInt(inUse);
  const home = rows.find((row) => row.index === index);
  const kept = home?.state === 'open' ? lesser(mean, BALANCE_MAX_MINOR - home.heldMinor) : 0n;
  let missing = neededMinor + kept - (home?.availableMinor ?? 0n);

  const draws: InsideMove[] = [];
  const donors = rows
    .filter((row) => row.index !== index)
    .map((row) => ({ row, surplus: row.availableMinor - (row.state === 'open' ? mean : 0n) }))
    .filter(({ surplus }) => surplus > 0n)
    .sort((a, b) => compareMinor(b.surplus, a.surplus) || a.row.index - b.row.index);
  for (const { row, surplus } of donors) {
    if (missing <= 0n) break;
    const amountMinor = lesser(surplus, missing);
    draws.push({ from: row.index, to: index, amountMinor });
    missing -= amountMinor;
  }
  return draws;
}
