import type { SpreadTarget } from './command';

export interface Share extends SpreadTarget {
  readonly amountMinor: bigint;
}

/**
 * How a credit is spread over the account's sub-accounts, so that a top-up does not start out lopsided.
 *
 * A credit is large, and worth the transfers, when every sub-account gets a share of it and its home holds less than it
 * brings; a stream of tips into a funded account is neither, and stays where it lands. What does not divide evenly
 * stays at home.
 */
export function planSpread(credit: {
  readonly amountMinor: bigint;
  readonly homeAvailableMinor: bigint;
  readonly targets: readonly SpreadTarget[];
}): Share[] {
  const parts = BigInt(credit.targets.length + 1);
  const share = credit.amountMinor / parts;
  if (share === 0n || credit.homeAvailableMinor >= credit.amountMinor) return [];
  return credit.targets.map((target) => ({ ...target, amountMinor: share }));
}
