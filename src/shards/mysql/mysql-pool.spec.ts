import { ShardFault } from '../faults';
import { MysqlHosts } from './mysql-hosts';
import { MysqlPool } from './mysql-pool';

describe('a pool of sessions', () => {
  test('says in words that it has not been opened yet', async () => {
    const pool = new MysqlPool(
      's0',
      new MysqlHosts('mysql://nobody@127.0.0.1:1/nowhere'),
      {
        connectionsMax: 1,
        transactions: false,
        connectMsMax: 3_000,
        acquireMsMax: 1,
        statementMsMax: 1,
        idleMsMax: 1,
        waitTimeoutSeconds: 10,
      },
      'shard',
    );
    const error: unknown = await pool.acquire().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ShardFault);
    expect(error).toMatchObject({
      verdict: 'unavailable',
      message: 'shard s0: unavailable: the database has not been opened yet',
    });
  });
});
