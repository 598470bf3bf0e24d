import { credit } from '../../test/models/commands';
import { TestClock } from '../../test/models/test-clock';
import type { Database } from './database';
import { ShardFault } from './faults';
import { MemoryBatchStore } from './memory/memory-batch-store';
import { MemoryDatabase } from './memory/memory-database';
import { DEDUCTION_SETTINGS } from './run-deduction';
import { RETRY_POLICY } from './run-batch';
import { NO_HINT } from './shard';
import { NOTHING_KNOWN } from './shard-identity';
import { SqlShard } from './sql-shard';

describe('a batch that names a missing row', () => {
  test('has it created as the account is described', async () => {
    const { shard, writes } = shardOn();
    await shard.open();
    expect((await shard.applyBatch([credit({ subAccount: 3 })], NO_HINT)).outcomes).toMatchObject([
      { kind: 'applied' },
    ]);
    expect(writes).toEqual([['acme', 3, 4, 'frozen', 9, 'open', 0, INCARNATION]]);
  });

  test('tries again after a deadlock on its creation, like on any other', async () => {
    const { shard, clock } = shardOn([new ShardFault('s0', 'again', new Error('deadlock'))]);
    await shard.open();
    expect((await shard.applyBatch([credit({ subAccount: 3 })], NO_HINT)).outcomes).toMatchObject([
      { kind: 'applied' },
    ]);
    expect(clock.sleptMs).toHaveLength(1);
  });
});

const INCARNATION = 'the first';

/** A shard whose batches run in memory, and whose single statements fail as given before they go through. */
function shardOn(failures: readonly ShardFault[] = []) {
  const clock = new TestClock();
  const stored = new MemoryDatabase('s0', () => 0);
  const left = [...failures];
  const writes: unknown[][] = [];
  const database: Database = {
    dialect: 'mysql',
    open: () => Promise.resolve(),
    close: () => Promise.resolve(),
    read: (sql) => Promise.resolve(sql.includes('shard_identity') ? [['s0', 'cluster', INCARNATION, 0]] : []),
    readSettled: () => Promise.resolve([]),
    write: (sql, parameters = []) => {
      if (sql.includes('INSERT INTO shard_identity')) return Promise.resolve(0);
      const failure = left.shift();
      if (failure) return Promise.reject(failure);
      writes.push([...parameters]);
      const [accountId, index] = parameters as [string, number];
      stored.createRows([{ accountId, index, epoch: 1, accountStatus: 'active', accountStatusVersion: 1 }]);
      return Promise.resolve(1);
    },
  };
  const shard = new SqlShard({
    name: 's0',
    parallelism: 1,
    database,
    batches: new MemoryBatchStore(stored),
    deductions: {
      open: () => {
        throw new Error('nothing is deducted here');
      },
      close: () => Promise.resolve(),
    },
    deductionSettings: DEDUCTION_SETTINGS,
    clusterId: () => Promise.resolve('cluster'),
    known: NOTHING_KNOWN,
    describeAccount: () => Promise.resolve({ epoch: 4, accountStatus: 'frozen', accountStatusVersion: 9 }),
    surroundings: clock,
    policy: RETRY_POLICY,
  });
  return { shard, clock, writes };
}
