import type { Finding } from '../ledger/audit-finding';
import type { ShardTraces } from '../ledger/audit-placement';
import { RowTally } from '../ledger/audit-row';
import type { StoredTransfer } from '../ledger/audit-transfer';
import type { SubAccount } from '../ledger/sub-account';
import type { Hold } from '../ledger/hold';
import type { Reversal } from '../ledger/reversal';
import type { ScannedEntry } from '../shards/ledger-scan';
import type { Shard } from '../shards/shard';

/** Versions to be counted, by row. */
export type Watched = ReadonlyMap<number, ReadonlySet<number>>;

/** What one shard has of one account, added up row by row. */
export class ShardTally {
  readonly #rows = new Map<number, RowTally>();
  #entries = 0;
  #transfers = 0;

  constructor(
    private readonly shard: Shard,
    private readonly accountId: string,
    rows: readonly SubAccount[],
    private readonly watched: Watched = new Map(),
  ) {
    for (const row of rows) this.#rows.set(row.index, new RowTally(row, watched.get(row.index)));
  }

  addEntry(entry: ScannedEntry): void {
    this.#entries += 1;
    this.#row(entry.subAccount).addEntry(entry);
  }

  addTransfer({ direction, amountMinor, ...transfer }: StoredTransfer): void {
    this.#transfers += 1;
    if (direction !== 'in')
      this.#row(transfer.fromSubAccount).addTransfer(-amountMinor, transfer.fromVersion);
    if (direction !== 'out') this.#row(transfer.toSubAccount).addTransfer(amountMinor, transfer.toVersion);
  }

  addHold(hold: Hold): void {
    this.#row(hold.subAccount).addHold(hold);
  }

  /** @param amountMinor what this reversal alone gave back */
  addReversal({ subAccount, version }: Reversal, amountMinor: bigint): void {
    this.#row(subAccount).addReversal(version, amountMinor);
  }

  get traces(): ShardTraces {
    const rows = [...this.#rows.values()].flatMap(({ row }) => (row ? [row] : []));
    return { shard: this.shard.name, rows, entries: this.#entries, transfers: this.#transfers };
  }

  /** Versions that only another look can judge. */
  get outOfOrder(): Watched {
    return new Map(
      [...this.#rows]
        .filter(([, tally]) => tally.outOfOrder.size > 0)
        .map(([index, tally]) => [index, tally.outOfOrder]),
    );
  }

  /**
   * What is wrong with the account on this shard. Rows that anything else has gone beyond are read again: an entry is
   * never seen before its row has its version.
   */
  async findings(): Promise<Finding[]> {
    const inThemselves = [...this.#rows.values()].flatMap((tally) => tally.findings(this.shard.name));
    const ahead = [...this.#rows].filter(([, tally]) => isBehind(tally));
    if (ahead.length === 0) return inThemselves;
    const rows = new Map(
      (await this.shard.listSubAccounts(this.accountId)).map((row) => [row.index, row] as const),
    );
    return [
      ...inThemselves,
      ...ahead.flatMap(([index, tally]) => this.#keepsUp(rows.get(index), { index, newest: tally.newest })),
    ];
  }

  #keepsUp(row: SubAccount | undefined, { index, newest }: { index: number; newest: number }): Finding[] {
    const where = { accountId: this.accountId, shard: this.shard.name, subAccount: index };
    if (!row)
      return [{ ...where, invariant: 'rowExists', detail: 'row', expected: 'a row', found: 'no row' }];
    if (row.version >= newest) return [];
    return [
      {
        ...where,
        invariant: 'rowKeepsUp',
        detail: 'version',
        expected: `>= ${newest}`,
        found: String(row.version),
      },
    ];
  }

  #row(index: number): RowTally {
    const known = this.#rows.get(index);
    if (known) return known;
    const tally = new RowTally(undefined, this.watched.get(index));
    this.#rows.set(index, tally);
    return tally;
  }
}

function isBehind({ row, newest }: RowTally): boolean {
  return row === undefined || row.version < newest;
}
