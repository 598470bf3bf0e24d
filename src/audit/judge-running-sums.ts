import type { Finding } from '../ledger/audit-finding';
import { isMark, type ListedKind } from '../ledger/entry';
import { addTo, type KindSum, sumsText } from '../ledger/running-sum';
import type { ScannedEntry } from '../shards/ledger-scan';
import type { ShardReader } from './shard-reader';

/** A place in the order of an account's entries on one shard: time, row, version. */
type Place = readonly [number, number, number];

/** Adds up the entries of one account on one shard, in their order, and compares what is kept of their sums on the way. */
export class RunningSums {
  readonly #sums = new Map<ListedKind, KindSum>();
  #finding: Finding | undefined;

  constructor(
    private readonly reader: ShardReader,
    private readonly accountId: string,
  ) {}

  async add(entry: ScannedEntry): Promise<void> {
    const { kind, amountMinor, placeUs, subAccount, version } = entry;
    if (isMark(kind)) return;
    const { head, isDry } = this.reader.runningSums;
    if (isDry || head) await this.#judgeUpTo([placeUs, subAccount, version]);
    addTo(this.#sums, { kind, count: 1, amountMinor });
  }

  /** @returns the first sum that is wrong: all behind it are */
  async finish(): Promise<Finding[]> {
    await this.#judgeUpTo(undefined);
    return this.#finding ? [this.#finding] : [];
  }

  /** Judges the sums that end before a place, or all that are left. */
  async #judgeUpTo(place: Place | undefined): Promise<void> {
    const { runningSums } = this.reader;
    for (;;) {
      if (runningSums.isDry) await runningSums.fill();
      const { head } = runningSums;
      if (head?.accountId !== this.accountId) return;
      const { createdAtUs, subAccount, version, sums } = head;
      if (place && !isBefore([createdAtUs, subAccount, version], place)) return;
      runningSums.shift();
      const [expected, found] = [sumsText(this.#sums), sumsText(sums)];
      if (expected === found) continue;
      this.#finding ??= {
        invariant: 'runningSumIsSumOfEntries',
        accountId: this.accountId,
        shard: this.reader.name,
        detail: `sums up to ${createdAtUs} µs`,
        expected,
        found,
      };
    }
  }
}

function isBefore(a: Place, b: Place): boolean {
  return (a[0] - b[0] || a[1] - b[1] || a[2] - b[2]) < 0;
}
