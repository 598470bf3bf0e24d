import type { StoredTransfer } from '../ledger/audit-transfer';
import type { Entry } from '../ledger/entry';
import type { Hold } from '../ledger/hold';
import type { IntakeRecord } from '../ledger/intake';
import type { RunningSum } from '../ledger/running-sum';
import type { Reversal } from '../ledger/reversal';
import type { SubAccount } from '../ledger/sub-account';

/** Where a page begins: at an account, behind one, or behind the last item of the page before. */
export type ScanStart<Place> =
  { readonly fromAccount: string } | { readonly behindAccount: string } | { readonly after: Place };

export interface Scan<Place> {
  readonly start: ScanStart<Place>;
  /** The last account of interest; `undefined` for all. */
  readonly upToAccount: string | undefined;
  readonly limit: number;
}

export interface ScannedPage<Item> {
  readonly items: readonly Item[];
  /** Nothing stood behind the last item when it was read. */
  readonly ended: boolean;
}

export type RowPlace = Pick<SubAccount, 'accountId' | 'index'>;
/** `placeUs` is the time of what is listed; marks of holds come behind that. */
export type EntryPlace = Pick<Entry, 'accountId' | 'subAccount' | 'version'> & { readonly placeUs: number };
export type EntryKeyPlace = Pick<Entry, 'accountId' | 'requestId'>;
export type TransferPlace = Pick<StoredTransfer, 'accountId' | 'transferId'>;

export type HoldPlace = Pick<Hold, 'accountId' | 'holdId'>;
export type IntakePlace = Pick<IntakeRecord, 'accountId' | 'requestId'>;
export type RunningSumPlace = Omit<RunningSum, 'sums'>;
export type ReversalPlace = Pick<Reversal, 'accountId' | 'reverses' | 'number'>;

/** A key and when it was used, by its shard's clock. */
export type ScannedEntryKey = EntryKeyPlace & Pick<Entry, 'createdAtUs'>;

/** What sums need of an entry. */
export type ScannedEntry = EntryPlace &
  Pick<Entry, 'kind' | 'amountMinor'> & {
    /** Where the entry is about another account. */
    readonly between?: Pick<Entry, 'requestId'> & { readonly counterparty: string };
    /** Of an entry that was charged to budgets, and of all entries of allowances. */
    readonly charged?: Pick<Entry, 'requestId' | 'charges'>;
  };

/**
 * Everything a shard holds, in bounded pages that each ride on an index and see what is committed when they are read.
 * Calls reject with `ShardUnavailableError`.
 */
export interface LedgerScan {
  /** Rows by account and index. */
  scanSubAccounts(scan: Scan<RowPlace>): Promise<ScannedPage<SubAccount>>;

  /** Entries by account, place, row and version: the clustered order, so that a table larger than memory is read in one go. */
  scanEntries(scan: Scan<EntryPlace>): Promise<ScannedPage<ScannedEntry>>;

  /** Entries by account and request id. */
  scanEntryKeys(scan: Scan<EntryKeyPlace>): Promise<ScannedPage<ScannedEntryKey>>;

  /** Holds by account and id. */
  scanHolds(scan: Scan<HoldPlace>): Promise<ScannedPage<Hold>>;

  /** Reversals by account, deduction and number. */
  scanReversals(scan: Scan<ReversalPlace>): Promise<ScannedPage<Reversal>>;

  /** Running sums by account and the entry that they go up to. */
  scanRunningSums(scan: Scan<RunningSumPlace>): Promise<ScannedPage<RunningSum>>;

  /** What was received, by account and request id. */
  scanIntakes(scan: Scan<IntakePlace>): Promise<ScannedPage<IntakeRecord>>;

  /** Transfers by account and id; a page has either all directions of an id or none. */
  scanTransfers(scan: Scan<TransferPlace>): Promise<ScannedPage<StoredTransfer>>;

  /** The halves of one direction among some transfers of an account; at most 500 ids. */
  findTransfers(ids: {
    readonly accountId: string;
    readonly transferIds: readonly string[];
    readonly direction: 'out' | 'in';
  }): Promise<StoredTransfer[]>;
}

/** The most rows that one transfer id has on a shard: one for each direction. */
export const HALVES_MAX = 3;

/**
 * A page of transfers from up to `limit` rows in order: when there may be more, the last id is left for the next page
 * unless all its directions are there.
 */
export function wholeTransfers(rows: readonly StoredTransfer[], limit: number): ScannedPage<StoredTransfer> {
  if (rows.length < limit) return { items: rows, ended: true };
  const last = rows.at(-1);
  const isLast = (row: StoredTransfer): boolean =>
    row.accountId === last?.accountId && row.transferId === last.transferId;
  const halves = rows.filter(isLast).length;
  return { items: halves < HALVES_MAX ? rows.slice(0, rows.length - halves) : rows, ended: false };
}
