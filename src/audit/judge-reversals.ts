import { capturedKey } from '../ledger/identifiers';
import type { Reversal } from '../ledger/reversal';
import type { Shard } from '../shards/shard';
import type { Found } from './found';

/** Deductions looked up by one statement. */
const LOOKUPS_MAX = 400;

/**
 * Compares what was reversed of one account's deductions, captures and credits on one shard with what they moved. The newest reversal of each
 * says all of it; a deduction is looked up after its reversal was read, and is never deleted.
 */
export class ReversalLimits {
  #newest: Reversal | undefined;
  #batch: Reversal[] = [];

  constructor(
    private readonly shard: Pick<Shard, 'name' | 'findEntries'>,
    private readonly found: Found,
  ) {}

  /**
   * Takes reversals in the order of their deductions and numbers.
   *
   * @returns what this one alone gave back
   */
  add(reversal: Reversal): bigint {
    const before = this.#newest;
    this.#newest = reversal;
    if (before?.reverses === reversal.reverses) return reversal.reversedMinor - before.reversedMinor;
    if (before) this.#batch.push(before);
    return reversal.reversedMinor;
  }

  get isFull(): boolean {
    return this.#batch.length >= LOOKUPS_MAX;
  }

  /** Judges those that nothing can be added to any more. */
  async judge(): Promise<void> {
    const batch = this.#batch.splice(0);
    const [first] = batch;
    if (!first) return;
    const keys = batch.flatMap(({ reverses }) => [reverses, capturedKey(reverses)]);
    const entries = new Map(
      (await this.shard.findEntries(first.accountId, keys)).map((entry) => [entry.requestId, entry]),
    );
    for (const { accountId, reverses, reversedMinor, subAccount } of batch) {
      // The name of a capture with an id of its own has a blank, and so is no request id.
      const own = reverses.includes(' ') ? undefined : entries.get(reverses);
      const isOwn = own?.kind === 'deduction' || own?.kind === 'credit';
      const reversed = isOwn ? own : entries.get(capturedKey(reverses));
      const tookMinor = reversed?.amountMinor ?? 0n;
      if (reversedMinor <= tookMinor) continue;
      this.found.add([
        {
          invariant: 'reversalsWithinDeduction',
          accountId,
          shard: this.shard.name,
          subAccount,
          detail: `reversals of "${reverses}"`,
          expected: `<= ${tookMinor}`,
          found: String(reversedMinor),
        },
      ]);
    }
  }

  /** Judges the rest. */
  async finish(): Promise<void> {
    if (this.#newest) this.#batch.push(this.#newest);
    this.#newest = undefined;
    await this.judge();
  }
}
