import type { Finding } from '../ledger/audit-finding';
import { IDEMPOTENCY_WINDOW_MS } from '../ledger/routing';
import type { Entry } from '../ledger/entry';
import type { IntakeRecord } from '../ledger/intake';
import type { Shard } from '../shards/shard';
import type { Found } from './found';

/** Records judged by one look-up. */
const TOGETHER_MAX = 400;

/** What has moved so long ago may be forgotten where it went, by a clock that is ahead of this shard's by less than an hour. */
const KNOWN_ELSEWHERE_MS = IDEMPOTENCY_WINDOW_MS - 3_600_000;

type Looked = Pick<Shard, 'name' | 'findEntries' | 'findIntakes' | 'clockUs'>;

/**
 * Compares what was received of one account on one shard with what became of it: a record that has succeeded has its entry,
 * here or where the key took effect before, and one that has moved is known elsewhere. Entries and records are looked up after
 * the record was read, and none is deleted before it.
 */
export class ReceivedRecords {
  #batch: IntakeRecord[] = [];

  constructor(
    private readonly shard: Looked,
    private readonly others: readonly Looked[],
    private readonly found: Found,
  ) {}

  async add(record: IntakeRecord): Promise<void> {
    if (record.state !== 'succeeded' && record.state !== 'moved') return;
    if (this.#batch.push(record) >= TOGETHER_MAX) await this.finish();
  }

  /** Judges those that were added since. */
  async finish(): Promise<void> {
    let missing = this.#batch.splice(0);
    for (const shard of [this.shard, ...this.others]) {
      const [first] = missing;
      if (!first) break;
      const keys = missing.map(({ requestId }) => requestId);
      const entries = byKey(await shard.findEntries(first.accountId, keys));
      const records =
        shard === this.shard ? new Map() : byKey(await shard.findIntakes(first.accountId, keys));
      missing = missing.filter(
        (record) =>
          !isEntryOf(entries.get(record.requestId), record) &&
          !(record.state === 'moved' && records.has(record.requestId)),
      );
    }
    if (missing.length === 0) return;
    const oldestUs = (await this.shard.clockUs()) - KNOWN_ELSEWHERE_MS * 1_000;
    const lost = missing.filter(({ state, sinceUs }) => state !== 'moved' || sinceUs > oldestUs);
    this.found.add(lost.map((record) => this.#lost(record)));
  }

  #lost({ accountId, requestId, state, amountMinor, subAccount }: IntakeRecord): Finding {
    return {
      invariant: 'receivedIsCharged',
      accountId,
      shard: this.shard.name,
      subAccount,
      detail: `what was received as "${requestId}"`,
      expected: state === 'moved' ? 'a record or an entry elsewhere' : `an entry of ${amountMinor}`,
      found: 'none',
    };
  }
}

function isEntryOf(entry: Entry | undefined, { amountMinor, fingerprint }: IntakeRecord): boolean {
  return entry?.amountMinor === amountMinor && entry.fingerprint === fingerprint;
}

function byKey<Item extends { readonly requestId: string }>(items: readonly Item[]): Map<string, Item> {
  return new Map(items.map((item) => [item.requestId, item]));
}
