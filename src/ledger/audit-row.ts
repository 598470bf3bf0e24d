import type { Finding, Invariant } from './audit-finding';
import { HoldTally } from './audit-holds';
import { type Entry, signedAmount } from './entry';
import type { Hold } from './hold';
import { wrap64 } from './money';
import type { SubAccount } from './sub-account';

/** Versions of one row that are remembered as out of order; beyond, only sums and counts tell a repeated one. */
const OUT_OF_ORDER_MAX = 10_000;

/**
 * Adds up what the entries and transfers of one row say, and compares it with a snapshot of the row that was read
 * before them. Entries and transfers are immutable and carry the version that they made of the row, so whatever has a
 * version above the snapshot's is not in it yet and is left out: the comparison is exact while the row goes on changing.
 */
export class RowTally {
  #newest = 0;
  #traces = 0;
  #entries = 0;
  #entriesMinor = 0n;
  #transfersMinor = 0n;
  #lastEntryVersion = 0;
  readonly #holds: HoldTally;
  readonly #outOfOrder = new Set<number>();
  readonly #watched: Map<number, number>;

  /**
   * @param row the snapshot; `undefined` when the row was not there
   * @param watched versions that an earlier look found out of order, to be counted by this one
   */
  constructor(
    readonly row: SubAccount | undefined,
    watched: Iterable<number> = [],
  ) {
    this.#holds = new HoldTally(row?.version ?? 0);
    this.#watched = new Map(Array.from(watched, (version) => [version, 0]));
  }

  /** Entries come in the order of their times, which is that of their versions unless the database's clock went back. */
  addEntry(entry: Pick<Entry, 'version' | 'kind' | 'amountMinor'>): void {
    const { version } = entry;
    this.#note(version);
    if (version > this.#lastEntryVersion) this.#lastEntryVersion = version;
    else if (this.#outOfOrder.size < OUT_OF_ORDER_MAX) this.#outOfOrder.add(version);
    const times = this.#watched.get(version);
    if (times !== undefined) this.#watched.set(version, times + 1);

    this.#holds.addEntry(entry);
    if (!this.row || version > this.row.version) return;
    this.#entries += 1;
    this.#entriesMinor += signedAmount(entry);
  }

  /** @param version that it made of the row; `null` for transfers older than that column, which every snapshot has */
  addTransfer(signedMinor: bigint, version: number | null): void {
    this.#note(version ?? 0);
    if (version !== null && version > (this.row?.version ?? 0)) return;
    this.#transfersMinor += signedMinor;
  }

  addHold(hold: Hold): void {
    this.#note(hold.version);
    if (hold.settledVersion !== null) this.#note(hold.settledVersion);
    if (hold.changedVersion !== null) this.#note(hold.changedVersion);
    this.#holds.addHold(hold);
  }

  /** @param amountMinor what this reversal alone gave back */
  addReversal(version: number, amountMinor: bigint): void {
    this.#note(version);
    this.#holds.addReversal(version, amountMinor);
  }

  /** The newest version that anything names. */
  get newest(): number {
    return this.#newest;
  }

  get hasTraces(): boolean {
    return this.#traces > 0;
  }

  /** Versions that came behind their successors, or twice: only another look can tell which. */
  get outOfOrder(): ReadonlySet<number> {
    return this.#outOfOrder;
  }

  /** What is wrong with the row in itself; nothing when there is no row. */
  findings(shard: string): Finding[] {
    const { row } = this;
    if (!row) return [];
    const findings: Finding[] = [];
    const expect = (invariant: Invariant, detail: string, expected: bigint | string, found: bigint): void => {
      if (expected === found) return;
      const { accountId, index: subAccount } = row;
      findings.push({
        invariant,
        accountId,
        shard,
        subAccount,
        detail,
        expected: String(expected),
        found: String(found),
      });
    };
    const { availableMinor, heldMinor, netMinor, movedMinor, grantedMinor, outsideVersion } = row;
    if (availableMinor < 0n) expect('balanceNotNegative', 'available', '>= 0', availableMinor);
    if (heldMinor < 0n) expect('balanceNotNegative', 'held', '>= 0', heldMinor);
    expect(
      'balanceIsNetPlusMoved',
      'available + held',
      wrap64(netMinor + movedMinor + grantedMinor),
      availableMinor + heldMinor,
    );
    expect('netIsSumOfEntries', 'net', wrap64(this.#entriesMinor), netMinor);
    expect('movedIsSumOfTransfers', 'moved', wrap64(this.#transfersMinor), movedMinor);
    if (this.#entries > outsideVersion)
      expect('entryForEachChange', 'entries', `<= ${outsideVersion}`, BigInt(this.#entries));
    for (const [version, times] of this.#watched) {
      if (times > 1) expect('entryForEachChange', `entries of version ${version}`, 1n, BigInt(times));
    }
    for (const { invariant, detail, expected, found } of this.#holds.mismatches(row))
      expect(invariant, detail, expected, found);
    if (row.state === 'closed')
      expect('closedRowIsEmpty', 'available + held', 0n, availableMinor + heldMinor);
    return findings;
  }

  #note(version: number): void {
    this.#traces += 1;
    if (version > this.#newest) this.#newest = version;
  }
}
