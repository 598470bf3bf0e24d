import { AMOUNT_MAX_MINOR } from '../../ledger/money';
import type { AccountNeed } from './account-needs';

export interface AccountPlan {
  readonly id: string;
  readonly asset: string;
  readonly subAccounts: number;
  readonly initialBalance: string;
}

export interface PlanOptions {
  readonly asset: string;
  /** How many times what the log takes is brought in. */
  readonly headroom: number;
  /** How many of the busiest accounts are split. */
  readonly hot: number;
  readonly hotSubAccounts: number;
}

const LARGEST_AMOUNTS_PER_SUB_ACCOUNT = 1000n;

/**
 * The accounts that a log needs, busiest first. The same log and options give the same accounts, so that a second run
 * asks for what is there already and gets it.
 *
 * Funds are spread evenly over the sub-accounts and the load is not: it falls as the request ids hash. So each account
 * gets several times what the log takes, and each sub-account at least 1,000 times the largest single amount, which is
 * what evens out an account of few rows.
 */
export function planAccounts(needs: ReadonlyMap<string, AccountNeed>, options: PlanOptions): AccountPlan[] {
  return [...needs].sort(busiestFirst).map(([id, need], rank) => {
    const subAccounts = rank < options.hot ? options.hotSubAccounts : 1;
    return {
      id,
      asset: options.asset,
      subAccounts,
      initialBalance: openingMinor(need, subAccounts, options).toString(),
    };
  });
}

function openingMinor(
  { totalMinor, largestMinor }: AccountNeed,
  subAccounts: number,
  { headroom }: PlanOptions,
): bigint {
  const forAll = totalMinor * BigInt(headroom);
  const forEach = LARGEST_AMOUNTS_PER_SUB_ACCOUNT * largestMinor * BigInt(subAccounts);
  const opening = forAll > forEach ? forAll : forEach;
  return opening < AMOUNT_MAX_MINOR ? opening : AMOUNT_MAX_MINOR;
}

/** By rows; ties by id, so that the order does not depend on the log's. */
function busiestFirst([idA, a]: [string, AccountNeed], [idB, b]: [string, AccountNeed]): number {
  if (a.rows !== b.rows) return b.rows - a.rows;
  return idA < idB ? -1 : 1;
}
