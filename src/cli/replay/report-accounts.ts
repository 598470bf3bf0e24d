import type { Columns } from '../terminal/columns';
import type { ReplayResult } from './replay-log';

/** What a replay came to for one account; in a dry run, what it would take. */
interface AccountRow {
  readonly accountId: string;
  readonly rows: number;
  readonly succeeded: number;
  readonly received: number;
  readonly replayed: number;
  readonly rejected: number;
  readonly amountMinor: bigint;
}

/** For spreadsheets: every account of the log. */
export function accountsOf({ checked, sent }: ReplayResult): readonly AccountRow[] {
  if (sent) return [...sent.tally.accounts].map(([accountId, tally]) => ({ accountId, ...tally }));
  const none = { succeeded: 0, received: 0, replayed: 0, rejected: 0 };
  return [...checked.needs].map(([accountId, { rows, totalMinor }]) => ({
    accountId,
    rows,
    ...none,
    amountMinor: totalMinor,
  }));
}

export const ACCOUNT_COLUMNS: Columns<AccountRow> = {
  account: ({ accountId }) => accountId,
  rows: ({ rows }) => rows,
  succeeded: ({ succeeded }) => succeeded,
  received: ({ received }) => received,
  replayed: ({ replayed }) => replayed,
  rejected: ({ rejected }) => rejected,
  amount: ({ amountMinor }) => amountMinor,
};
