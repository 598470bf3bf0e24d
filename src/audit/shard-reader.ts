import type { StoredTransfer } from '../ledger/audit-transfer';
import type { Hold } from '../ledger/hold';
import type { IntakeRecord } from '../ledger/intake';
import type { RunningSum } from '../ledger/running-sum';
import type { Reversal } from '../ledger/reversal';
import type { SubAccount } from '../ledger/sub-account';
import type {
  RowPlace,
  Scan,
  ScannedEntry,
  ScannedEntryKey,
  ScannedPage,
  ScanStart,
} from '../shards/ledger-scan';
import type { Shard } from '../shards/shard';
import type { PageReader } from './page-reader';
import { PagedStream } from './paged-stream';

/** The accounts to read; `upTo` is the last of them, `undefined` for all. */
export interface AccountRange {
  readonly from: string;
  readonly upTo: string | undefined;
}

/**
 * One shard, read account by account: rows, then entries, transfers, holds, reversals, what was received and running sums, each as an ordered stream of
 * pages.
 *
 * Rows must be read before the entries and transfers of their account, or a row could hold an entry that a page read
 * earlier does not. So accounts are read in windows: a page of rows, and then entries and transfers up to the last account
 * that it has whole. Windows follow each other without a gap, so entries without a row are met as well.
 */
export class ShardReader {
  readonly entries: PagedStream<ScannedEntry>;
  readonly transfers: PagedStream<StoredTransfer>;
  readonly holds: PagedStream<Hold>;
  readonly reversals: PagedStream<Reversal>;
  readonly intakes: PagedStream<IntakeRecord>;
  readonly runningSums: PagedStream<RunningSum>;
  /** Request ids need no rows to be judged, so their pages span windows. */
  readonly keys: PagedStream<ScannedEntryKey>;
  #rows: SubAccount[] = [];
  /** Rows of an account that may have more of them on the next page. */
  #nextRows: SubAccount[] = [];
  #rowsStart: ScanStart<RowPlace>;
  #rowsEnded = false;
  #window: 'none' | 'open' | 'last' = 'none';
  #windowUpTo: string | undefined;

  constructor(
    readonly shard: Shard,
    private readonly reader: PageReader,
    private readonly range: AccountRange,
  ) {
    const start = { fromAccount: range.from };
    this.#rowsStart = start;
    const inWindow = <Item extends { readonly accountId: string }>(
      scan: (scan: Scan<Item>) => Promise<ScannedPage<Item>>,
    ): PagedStream<Item> =>
      new PagedStream((at) => reader.read(scan, { start: at, upToAccount: this.#windowUpTo }), start);
    this.entries = inWindow((scan) => shard.scanEntries(scan));
    this.transfers = inWindow((scan) => shard.scanTransfers(scan));
    this.holds = inWindow((scan) => shard.scanHolds(scan));
    this.reversals = inWindow((scan) => shard.scanReversals(scan));
    this.intakes = inWindow((scan) => shard.scanIntakes(scan));
    this.runningSums = inWindow((scan) => shard.scanRunningSums(scan));
    this.keys = new PagedStream(
      (at) => reader.read((scan) => shard.scanEntryKeys(scan), { start: at, upToAccount: range.upTo }),
      start,
    );
  }

  get #streams() {
    const { entries, transfers, holds, reversals, intakes, runningSums } = this;
    return [entries, transfers, holds, reversals, intakes, runningSums];
  }

  get name(): string {
    return this.shard.name;
  }

  /** The next account of which the shard has anything. */
  async nextAccount(): Promise<string | undefined> {
    if (this.#window === 'none') await this.#openWindow({ fromAccount: this.range.from });
    for (;;) {
      const streams = this.#streams;
      for (const stream of streams) if (stream.isDry) await stream.fill();
      const heads = [this.#rows[0], ...streams.map((stream) => stream.head)];
      const next = firstAccount(heads.map((head) => head?.accountId));
      if (next !== undefined || this.#window === 'last') return next;
      await this.#openWindow({ behindAccount: this.#windowUpTo ?? '' });
    }
  }

  /** The account's rows, which are then no longer kept here. */
  takeRows(accountId: string): SubAccount[] {
    const end = this.#rows.findIndex((row) => row.accountId !== accountId);
    return this.#rows.splice(0, end < 0 ? this.#rows.length : end);
  }

  async #openWindow(start: ScanStart<never>): Promise<void> {
    const rows = this.#nextRows;
    this.#nextRows = [];
    while (!this.#rowsEnded && rows[0]?.accountId === rows.at(-1)?.accountId) await this.#readRows(rows);
    const last = rows.at(-1)?.accountId;
    if (this.#rowsEnded) {
      this.#window = 'last';
      this.#windowUpTo = this.range.upTo;
    } else {
      this.#nextRows = rows.splice(rows.findIndex((row) => row.accountId === last));
      this.#window = 'open';
      this.#windowUpTo = rows.at(-1)?.accountId;
    }
    this.#rows = rows;
    for (const stream of this.#streams) stream.restart(start);
  }

  async #readRows(rows: SubAccount[]): Promise<void> {
    const { items, ended } = await this.reader.read((scan) => this.shard.scanSubAccounts(scan), {
      start: this.#rowsStart,
      upToAccount: this.range.upTo,
    });
    const last = items.at(-1);
    if (last) this.#rowsStart = { after: last };
    rows.push(...items);
    this.#rowsEnded = ended;
  }
}

/** The first of some account ids, in the order of their bytes as every store has it. */
export function firstAccount(ids: readonly (string | undefined)[]): string | undefined {
  return ids.reduce(
    (first, id) => (first === undefined || (id !== undefined && id < first) ? id : first),
    undefined,
  );
}
