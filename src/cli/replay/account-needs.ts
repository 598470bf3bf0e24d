import type { LogRow } from './charge';

/** What a log takes from one account. */
export interface AccountNeed {
  rows: number;
  totalMinor: bigint;
  largestMinor: bigint;
}

/** Sums up a log, account by account. Grows with the number of accounts only. */
export async function sumNeeds(rows: AsyncIterable<LogRow>): Promise<Map<string, AccountNeed>> {
  const needs = new Map<string, AccountNeed>();
  for await (const row of rows) {
    if (row.kind === 'bad') continue;
    const { accountId, amountMinor } = row.charge;
    const need = needs.get(accountId);
    if (need === undefined) {
      needs.set(accountId, { rows: 1, totalMinor: amountMinor, largestMinor: amountMinor });
      continue;
    }
    need.rows += 1;
    need.totalMinor += amountMinor;
    if (amountMinor > need.largestMinor) need.largestMinor = amountMinor;
  }
  return needs;
}
