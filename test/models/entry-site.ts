import type { Command } from '../../src/ledger/command';
import { MemoryDatabase } from '../../src/shards/memory/memory-database';
import { MemoryShard } from '../../src/shards/memory/memory-shard';
import { NO_HINT } from '../../src/shards/shard';
import { row } from './commands';
import { TestClock } from './test-clock';

const STARTS_US = 1_700_000_000_000_000;

/** The account `acme` on some shards, each with a clock of its own and a row of the shard's number. */
export function entrySite(count = 2) {
  const clock = new TestClock();
  const aheadMs = Array.from({ length: count }, () => 0);
  const databases: MemoryDatabase[] = [];
  const clockOf = (number: number): number =>
    STARTS_US + Math.round((clock.now() + (aheadMs[number] ?? 0)) * 1_000);
  const shards = aheadMs.map((_, number) => {
    const clockUs = (): number => clockOf(number);
    const database = new MemoryDatabase(`s${number}`, clockUs);
    databases.push(database);
    database.account('acme').rows.set(number, row({ index: number, availableMinor: 1_000_000n }));
    return new MemoryShard({
      database,
      surroundings: clock,
      describeAccount: () => Promise.reject(new Error('all rows are here')),
    });
  });
  return {
    clock,
    shards,
    /** Of one shard, in no order. */
    entriesOf: (shard: number) => [...(databases[shard]?.account('acme').entries.values() ?? [])],
    reader: { shards, sleep: (ms: number) => clock.sleep(ms) },
    /** To read the account's past: its reach is all shards. */
    past: {
      reach: () => Promise.resolve(shards),
      otherClocksUs: () => Promise.resolve([]),
      sleep: (ms: number) => clock.sleep(ms),
    },
    /** By the numbers of the shards. */
    clocksUs: (): number[] => aheadMs.map((_, number) => clockOf(number)),
    setAhead: (shard: number, ms: number): void => {
      aheadMs[shard] = ms;
    },
    /** Runs a command on the shard whose number its row has, a millisecond after the last one. */
    write: async (command: Command & { readonly subAccount: number }): Promise<void> => {
      clock.pass(1);
      await shards[command.subAccount]?.applyBatch([command], NO_HINT);
    },
  };
}
