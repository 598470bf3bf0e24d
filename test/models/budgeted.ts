import { allowanceId, type ChargeAsked } from '../../src/ledger/allowance';
import type { Entry } from '../../src/ledger/entry';
import { row } from './commands';
import { LedgerShard } from './ledger-shard';

export const ACCOUNT = 'acme';
export const BUDGETS = ['org', 'team', 'key'] as const;
export const ROWS = 3;
/** Of the allowances' rows: a step that was taken from the limit has lifted them. */
export const STEP = 2;

export type Budget = (typeof BUDGETS)[number];

/** The account and its budgets. */
export const NAMES = [ACCOUNT, ...BUDGETS] as const;

/** Whose rows a budget's are; the account's own are under its name. */
export function idOf(name: string): string {
  return name === ACCOUNT ? name : allowanceId(name.padEnd(32, '0'));
}

export function chargesBy(budgets: readonly Budget[], step: number): ChargeAsked[] {
  return budgets.map((budgetId) => ({ budgetId, allowanceId: idOf(budgetId), step }));
}

/** One shard with the rows of the account and of its budgets. @param funds of each row in turn, 0 where none are given */
export function budgetedShard(funds: readonly number[]): LedgerShard {
  return new LedgerShard(
    NAMES.flatMap((name, place) =>
      Array.from({ length: ROWS }, (_, index) =>
        row({
          accountId: idOf(name),
          index,
          availableMinor: BigInt(funds[place * ROWS + index] ?? 0),
          ...(name !== ACCOUNT && { epoch: STEP }),
        }),
      ),
    ),
  );
}

/** Every entry has, in each budget that it was charged to, one of its kind, request id and amount. */
export function expectChargedAlike(entries: readonly Entry[], written: readonly Entry[]): void {
  for (const { charges = [], requestId, amountMinor, kind } of entries)
    for (const { allowanceId: accountId } of charges)
      expect(written).toContainEqual(expect.objectContaining({ accountId, requestId, amountMinor, kind }));
}
