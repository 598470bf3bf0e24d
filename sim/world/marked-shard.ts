import type { Command } from '../../src/ledger/command';
import { MemoryShard, type MemoryShardParts } from '../../src/shards/memory/memory-shard';
import type { BatchChain, BatchHint, BatchResult, LockedAccount } from '../../src/shards/shard';
import type { Coverage } from './coverage';

/** An instance's shard that marks what its batches come to. */
export class MarkedShard extends MemoryShard {
  constructor(
    parts: MemoryShardParts,
    private readonly coverage: Coverage,
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
      this.coverage.mark(`${command} ${outcome.kind}`);
      if (outcome.kind === 'applied' && outcome.departures.length > 0) this.coverage.mark('credit spread');
    });
    if (result.hint.wholeAccounts.size > 0) this.coverage.mark('batch widened');
    return result;
  }

  override lockAccount(accountId: string): Promise<LockedAccount> {
    this.coverage.mark('account locked whole');
    return super.lockAccount(accountId);
  }
}
