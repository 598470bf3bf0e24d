import { judgePair, otherDirection, type Pairing, pairHalves } from '../ledger/audit-transfer';
import type { Shard } from '../shards/shard';
import type { Found } from './found';

/** Other halves asked for by one statement. */
const LOOKUPS_MAX = 500;

/**
 * Judges the pairs of one account's transfers. Most halves meet while the shards are merged; the others are asked for at
 * their peers, always after the half itself was read.
 */
export class TransferPairs {
  readonly #unpaired = new Map<string, Pairing['half'][]>();
  #inTransit = 0;

  constructor(
    private readonly shards: ReadonlyMap<string, Pick<Shard, 'name' | 'findTransfers'>>,
    private readonly found: Found,
  ) {}

  /** Departures that have not arrived. */
  get inTransit(): number {
    return this.#inTransit;
  }

  /** Takes all halves that one id has where it was read. */
  add(halves: readonly Pairing['half'][]): Promise<void> | undefined {
    let full: Promise<void> | undefined;
    for (const pairing of pairHalves(halves)) {
      if (pairing.other) this.#judge(pairing);
      else full = this.#ask(pairing.half) ?? full;
    }
    return full;
  }

  /** Judges what is still to be asked for. */
  async finish(): Promise<void> {
    for (const batch of [...this.#unpaired.values()]) await this.#lookUp(batch);
    this.#unpaired.clear();
  }

  #ask(half: Pairing['half']): Promise<void> | undefined {
    const key = `${half.peerShard} ${half.direction}`;
    const batch = this.#unpaired.get(key) ?? [];
    this.#unpaired.set(key, batch);
    batch.push(half);
    if (batch.length < LOOKUPS_MAX) return undefined;
    this.#unpaired.delete(key);
    return this.#lookUp(batch);
  }

  /** All of a batch have one peer and one direction. */
  async #lookUp(batch: readonly Pairing['half'][]): Promise<void> {
    const [first] = batch;
    if (!first) return;
    const peer = this.shards.get(first.peerShard ?? '');
    const others =
      (await peer?.findTransfers({
        accountId: first.accountId,
        transferIds: batch.map(({ transferId }) => transferId),
        direction: otherDirection(first),
      })) ?? [];
    const byId = new Map(others.map((other) => [other.transferId, other]));
    for (const half of batch) {
      const other = byId.get(half.transferId);
      this.#judge({ half, other: other && peer && { ...other, shard: peer.name } });
    }
  }

  #judge(pairing: Pairing): void {
    const judged = judgePair(pairing);
    if (judged === 'inTransit') this.#inTransit += 1;
    else if (judged) this.found.add([judged]);
  }
}
