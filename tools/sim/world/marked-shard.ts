import type { Command } from '../../../src/ledger/command';
import type { Hold } from '../../../src/ledger/hold';
import { MemoryShard, type MemoryShardParts } from '../../../src/shards/memory/memory-shard';
import type { BatchChain, BatchHint, BatchResult, LockedAccount } from '../../../src/shards/shard';
import type { Coverage } from './coverage';

/** How long a request is under way to a shard, and its answer back, beside all else. */
export interface HeldUp {
  readonly beforeMs: number;
  readonly afterMs: number;
}

export interface MarkedShardParts {
  readonly coverage: Coverage;
  /** By account: the next look for its leases. */
  readonly heldUp: Map<string, HeldUp>;
  readonly sleep: (ms: number) => Promise<void>;
}

/** An instance's shard that marks what its batches come to, and where a look for leases can be held up. */
export class MarkedShard extends MemoryShard {
  constructor(
    parts: MemoryShardParts,
    private readonly own: MarkedShardParts,
  ) {
    super(parts);
  }

  override async applyBatch(
    commands: readonly Command[],
    hint: BatchHint,
    chain?: BatchChain,
  ): Promise<BatchResult> {
    const result = await super.applyBatch(commands, hint, chain);
    result.outcomes.forEach((outcome, position) => {
      const command = commands[position]?.kind ?? '';
      this.own.coverage.mark(`${command} ${outcome.kind}`);
      if (outcome.kind === 'applied' && outcome.departures.length > 0)
        this.own.coverage.mark('credit spread');
    });
    if (result.hint.wholeAccounts.size > 0) this.own.coverage.mark('batch widened');
    return result;
  }

  override lockAccount(accountId: string): Promise<LockedAccount> {
    this.own.coverage.mark('account locked whole');
    return super.lockAccount(accountId);
  }

  override async openLeases(accountId: string): Promise<Hold[]> {
    const { heldUp, sleep } = this.own;
    const held = heldUp.get(accountId);
    if (!held) return super.openLeases(accountId);
    heldUp.delete(accountId);
    await sleep(held.beforeMs);
    const leases = await super.openLeases(accountId);
    await sleep(held.afterMs);
    return leases;
  }
}
