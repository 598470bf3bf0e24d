import type { Command } from '../../src/ledger/command';
import { MemoryDatabase } from '../../src/shards/memory/memory-database';
import type { Interference } from '../../src/shards/memory/interference';
import { MemoryShard } from '../../src/shards/memory/memory-shard';
import type { BatchChain, BatchHint, BatchResult } from '../../src/shards/shard';
import { row } from './commands';
import { TestClock } from './test-clock';

/** A shard in memory that notes its batches, and that a test can hold up or spoil. */
export class GatedShard extends MemoryShard {
  /** Request or transfer ids, or kinds of commands that have neither, by batch, in the order the batches began. */
  readonly batches: string[][] = [];
  readonly hints: BatchHint[] = [];
  /** Batches with a command of this id fail, in a way that another try does not mend. */
  culprit: string | undefined;
  /** What such a batch fails with. */
  culpritError: () => Error = () => new Error('a command that no shard can stand');
  #gate: Promise<void> = Promise.resolve();
  #open: () => void = () => undefined;

  /** Batches that begin from now on wait for `letThrough`. */
  holdUp(): void {
    this.#gate = new Promise((resolve) => (this.#open = resolve));
  }

  letThrough(): void {
    this.#open();
    this.#gate = Promise.resolve();
  }

  override async applyBatch(
    commands: readonly Command[],
    hint: BatchHint,
    chain?: BatchChain,
  ): Promise<BatchResult> {
    const ids = commands.map(nameOf);
    this.batches.push(ids);
    this.hints.push(hint);
    await this.#gate;
    if (ids.some((id) => id === this.culprit)) throw this.culpritError();
    return super.applyBatch(commands, hint, chain);
  }
}

function nameOf(command: Command): string {
  if ('requestId' in command) return command.requestId;
  return 'transferId' in command ? command.transferId : command.kind;
}

/** A shard on which the account "acme" has some money in its sub-accounts 0 to 3. */
export function gatedShard(
  given: {
    readonly name?: string;
    readonly clock?: TestClock;
    readonly interfere?: Interference;
    readonly parallelism?: number;
    readonly funds?: readonly bigint[];
  } = {},
) {
  const { name = 's0', clock = new TestClock(), funds = [1_000n, 1_000n, 1_000n, 1_000n], ...rest } = given;
  const database = new MemoryDatabase(name, () => clock.now() * 1_000);
  funds.forEach((availableMinor, index) =>
    database.account('acme').rows.set(index, row({ index, availableMinor })),
  );
  const shard = new GatedShard({
    ...rest,
    database,
    surroundings: clock,
    describeAccount: () => Promise.resolve({ epoch: 1, accountStatus: 'active', accountStatusVersion: 1 }),
  });
  return { shard, database, clock };
}
