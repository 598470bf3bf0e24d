import type { Charge } from './charge';

/** What a log takes from one account. */
export interface AccountNeed {
  rows: number;
  totalMinor: bigint;
  largestMinor: bigint;
}

export function addNeed(
  needs: Map<string, AccountNeed>,
  { accountId, amountMinor }: Pick<Charge, 'accountId' | 'amountMinor'>,
): void {
  const need = needs.get(accountId);
  if (need === undefined) {
    needs.set(accountId, { rows: 1, totalMinor: amountMinor, largestMinor: amountMinor });
    return;
  }
  need.rows += 1;
  need.totalMinor += amountMinor;
  if (amountMinor > need.largestMinor) need.largestMinor = amountMinor;
}
