import type { Finding, Invariant } from '../ledger/audit-finding';
import type { Entry } from '../ledger/entry';
import { arrivalOfPaymentKey, paymentOfArrivalKey, returnOfPaymentKey } from '../ledger/identifiers';
import type { ScannedEntry } from '../shards/ledger-scan';
import type { Shard } from '../shards/shard';
import type { Found } from './found';

/** Entries judged by one look-up. */
const TOGETHER_MAX = 400;

type Looked = Pick<Shard, 'name' | 'findEntries' | 'findPayments'>;

type Between = ScannedEntry & Required<Pick<ScannedEntry, 'between'>>;

/**
 * Compares what went from one account to others, and came from others to it, with the other side. What has left is under way, has
 * arrived or has come back, and only one of these two; what has arrived has left. A payment under way is looked for before its
 * ends, which are durable before it is forgotten.
 */
export class PaymentPairs {
  #batch: Between[] = [];

  /** @param shards every shard, the entries' own included */
  constructor(
    private readonly shard: Looked,
    private readonly shards: readonly Looked[],
    private readonly found: Found,
  ) {}

  async add(entry: ScannedEntry): Promise<void> {
    if (!entry.between || (entry.kind !== 'transfer-out' && entry.kind !== 'transfer-in')) return;
    if (this.#batch.push({ ...entry, between: entry.between }) >= TOGETHER_MAX) await this.finish();
  }

  /** Judges those that were added since. */
  async finish(): Promise<void> {
    const batch = this.#batch.splice(0);
    const out = batch.filter(({ kind }) => kind === 'transfer-out');
    if (out.length > 0) await this.#judgeDepartures(out);
    const arrived = batch.filter(({ kind }) => kind === 'transfer-in');
    for (const some of byCounterparty(arrived)) await this.#judgeArrivals(some);
  }

  async #judgeDepartures(out: readonly Between[]): Promise<void> {
    const { accountId } = out[0] as Between;
    const ids = out.map(({ between }) => between.requestId);
    const underWay = new Set(
      (await this.shard.findPayments(accountId, ids)).map(({ requestId }) => requestId),
    );
    const returns = byKey(await this.shard.findEntries(accountId, out.map(returnKey)));
    for (const some of byCounterparty(out)) {
      const arrivals = byKey(await this.#everywhere(some[0].between.counterparty, some.map(arrivalKey)));
      for (const entry of some) {
        const arrival = arrivals.get(arrivalKey(entry));
        const ends = [
          ...(arrival?.kind === 'transfer-in' ? [arrival] : []),
          ...(returns.has(returnKey(entry)) ? [returns.get(returnKey(entry)) as Entry] : []),
        ];
        const areWhole = ends.every(({ amountMinor }) => amountMinor === entry.amountMinor);
        if (areWhole && (ends.length === 1 || (ends.length === 0 && underWay.has(entry.between.requestId))))
          continue;
        this.#report('paymentEnds', entry, {
          detail: `transfer "${entry.between.requestId}" to ${entry.between.counterparty}`,
          expected: `${entry.amountMinor} under way, arrived or returned`,
          found: ends.map(({ kind, amountMinor }) => `${kind} of ${amountMinor}`).join(' and ') || 'nothing',
        });
      }
    }
  }

  async #judgeArrivals(arrived: readonly [Between, ...Between[]]): Promise<void> {
    const paid = arrived.map(({ between }) => paymentOfArrivalKey(between.requestId));
    const ids = paid.flatMap((payment) => (payment ? [payment.requestId] : []));
    const departures = await this.#everywhere(arrived[0].between.counterparty, ids);
    arrived.forEach((entry, position) => {
      const payment = paid[position];
      const hasLeft = departures.some(
        (departure) =>
          departure.kind === 'transfer-out' &&
          departure.requestId === payment?.requestId &&
          departure.createdAtUs === payment.createdAtUs &&
          departure.counterparty === entry.accountId &&
          departure.amountMinor === entry.amountMinor,
      );
      if (hasLeft) return;
      this.#report('paymentWasMade', entry, {
        detail: `arrival "${entry.between.requestId}"`,
        expected: `a transfer of ${entry.amountMinor} out of ${entry.between.counterparty}`,
        found: 'none',
      });
    });
  }

  async #everywhere(accountId: string, keys: readonly string[]): Promise<Entry[]> {
    const found = await Promise.all(this.shards.map((shard) => shard.findEntries(accountId, keys)));
    return found.flat();
  }

  #report(
    invariant: Invariant,
    { accountId, subAccount }: Between,
    what: Pick<Finding, 'detail' | 'expected' | 'found'>,
  ): void {
    this.found.add([{ invariant, accountId, shard: this.shard.name, subAccount, ...what }]);
  }
}

function namesOf({ accountId, between, placeUs }: Between) {
  return { accountId, requestId: between.requestId, createdAtUs: placeUs };
}

function arrivalKey(entry: Between): string {
  return arrivalOfPaymentKey(namesOf(entry));
}

function returnKey(entry: Between): string {
  return returnOfPaymentKey(namesOf(entry));
}

function byCounterparty(entries: readonly Between[]): [Between, ...Between[]][] {
  const groups = Map.groupBy(entries, ({ between }) => between.counterparty);
  return [...groups.values()].map((some) => some as [Between, ...Between[]]);
}

function byKey(entries: readonly Entry[]): Map<string, Entry> {
  return new Map(entries.map((entry) => [entry.requestId, entry]));
}
