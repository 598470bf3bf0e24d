import type { SpreadTarget } from './command';

export interface Share extends SpreadTarget {
  readonly amountMinor: bigint;
}

/**
 * How a credit is spread over the account's shards, so that a top-up does not start out lopsided: each shard gets as much
 * for each of its sub-accounts, in one piece. Within a shard the rows draw on each other, so a credit costs a transfer a
 * shard and not one for each of up to 1,024 rows.
 *
 * A credit is large, and worth the transfers, when there is something in it for every sub-account and its home holds less
 * than it brings; a stream of tips into a funded account is neither, and stays where it lands. What does not divide evenly
 * stays at home.
 */
export function planSpread(credit: {
  readonly amountMinor: bigint;
  readonly homeAvailableMinor: bigint;
  readonly homeRows: number;
  readonly targets: readonly SpreadTarget[];
}): Share[] {
  const rows = credit.targets.reduce((sum, target) => sum + target.rows, credit.homeRows);
  const eachMinor = credit.amountMinor / BigInt(rows);
  if (eachMinor === 0n || credit.homeAvailableMinor >= credit.amountMinor) return [];
  return credit.targets.map((target) => ({ ...target, amountMinor: eachMinor * BigInt(target.rows) }));
}
