import { createConnection } from 'mysql2/promise';
import { deduct } from '../models/commands';
import { NotingObserver } from '../models/noting-observer';
import { fingerprint } from '../../src/engine/fingerprint';
import type { Lane } from '../../src/engine/lane';
import { DirectoryUnavailableError } from '../../src/shards/directory/directory';
import { DirectoryDatabase } from '../../src/shards/directory/directory-database';
import type { ShardFault } from '../../src/shards/faults';
import { MysqlDatabase } from '../../src/shards/mysql/mysql-database';
import { MysqlHosts } from '../../src/shards/mysql/mysql-hosts';
import { NO_HINT, type Shard } from '../../src/shards/shard';
import { REAL_SURROUNDINGS } from '../../src/shards/surroundings';
import { InProcessLocks } from '../../src/strategies/lock-service';
import { STRATEGY_SETTINGS } from '../../src/strategies/strategy-settings';
import { waysOfDeducting } from '../../src/strategies/ways-of-deducting';
import { realLane } from '../setup/real-lane';
import { openShard, STORES, type StoreSite } from '../setup/stores';
import * as commands from '../models/commands';

/** Conditions of a server that pass, numbers that nobody knows, and the gone table: none is a defect of the service. */
const PASSING = [
  ...[3, 1026, 1037, 1047, 1197, 1206, 1226, 1290, 1792, 1836, 1874, 3098, 3100, 3101, 3170],
  ...[1049, 1146, 1205, 1213, 1105, 1644, 9001, 60_000],
];

/** What only a statement of the service can be to blame for. */
const DEFECTS = [1048, 1054, 1064, 1153, 1264, 1406, 3819, 4025];

const SERVERS = STORES.filter(({ mark }) => mark !== 'sqlite');

/**
 * A trigger signals a number when an entry with a certain reference is inserted, so real servers and the real driver
 * report numbers that cannot be brought about at will.
 */
describe.each(SERVERS)('[$mark] an error of the server', ({ makeSite }) => {
  let site: StoreSite;
  let shard: Shard;
  let observer: NotingObserver;

  beforeAll(async () => {
    site = await makeSite();
    ({ shard } = await openShard(site.location, { policy: FEW_TRIES }));
    await onServer(site, (run) => run(TRIGGER));
    await shard.applyBatch([credit('c', 1_000n)], NO_HINT);
  });

  afterAll(async () => {
    await shard.close();
    await site.drop();
  });

  beforeEach(() => {
    observer = new NotingObserver();
  });

  const laneOf = (): Lane => realLane(shard, observer, { breakMs: 60_000 });

  it.each(PASSING)('%i ends a batch as the shard’s trouble, with nothing done', async (number) => {
    const outcome = await laneOf().submit(take(`batch-${number}`, number));
    expect(['shardUnavailable', 'overloaded']).toContain(outcome.kind);
    expect(observer.defects).toEqual([]);
    expect(await shard.findEntry('acme', `batch-${number}`)).toBeUndefined();
  });

  it.each(DEFECTS)('%i is a defect', async (number) => {
    expect(await laneOf().submit(take(`wrong-${number}`, number))).toMatchObject({ kind: 'failed' });
  });

  it('that nobody knows and one command brings about leaves the others of its batch alone', async () => {
    const lane = laneOf();
    const outcomes = await Promise.all(
      Array.from({ length: 32 }, (_, n) => lane.submit(take(`among-${n}`, n === 17 ? 9_001 : 0))),
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual(
      outcomes.map((_, n) => (n === 17 ? 'shardUnavailable' : 'applied')),
    );
  });

  it.each(['atomic', 'pessimistic', 'optimistic', 'cas', 'table-lock'] as const)(
    'hands a deduction of the strategy %s to a lane, and is no defect',
    async (strategy) => {
      const ways = waysOfDeducting({
        locks: new InProcessLocks(() => REAL_SURROUNDINGS.now()),
        settings: STRATEGY_SETTINGS,
        surroundings: REAL_SURROUNDINGS,
      });
      const way = ways.get(strategy);
      if (!way) throw new Error(`no way of deducting is called ${strategy}`);
      for (const number of [1047, 1836, 9001])
        expect(await shard.deduct(take(`${strategy}-${number}`, number), way)).toMatchObject({
          kind: 'handOver',
          mayHaveCommitted: false,
        });
    },
  );

  it('on the directory means that the directory cannot be asked', async () => {
    if (site.location.kind !== 'mysql') throw new Error('this store has no server');
    const database = new MysqlDatabase('directory', new MysqlHosts(site.location.url), 'directory', {
      connectionsMax: 2,
    });
    const faults: ShardFault[] = [];
    const directory = new DirectoryDatabase(database, (fault) => faults.push(fault));
    await directory.open();
    await onServer(site, (run) => run(DIRECTORY_TRIGGER));
    try {
      for (const number of PASSING)
        await expect(
          directory.insertOnce('INSERT INTO shard (name, created_at_us) VALUES (?, ?)', [
            `s${number}`,
            number,
          ]),
        ).rejects.toBeInstanceOf(DirectoryUnavailableError);
      expect(faults.map(({ reported }) => reported)).toEqual(PASSING.map(String));
    } finally {
      await directory.close();
    }
  });
});

const FEW_TRIES = {
  triesMax: 2,
  unavailableTriesMax: 2,
  deadlineMs: 8_000,
  unansweredMsMax: 2_500,
  backoffMsBase: 1,
  backoffMsMax: 1,
};

const TRIGGER = `CREATE TRIGGER signal_number BEFORE INSERT ON entry FOR EACH ROW
  BEGIN
    DECLARE number INT DEFAULT CAST(NEW.reference AS UNSIGNED);
    IF number > 0 THEN SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = number, MESSAGE_TEXT = 'signaled'; END IF;
  END`;

const DIRECTORY_TRIGGER = `CREATE TRIGGER signal_directory BEFORE INSERT ON shard FOR EACH ROW
  SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = NEW.created_at_us, MESSAGE_TEXT = 'signaled'`;

function take(requestId: string, number: number) {
  return deduct({
    requestId,
    amountMinor: 1n,
    fingerprint: fingerprint('deduct', 1n),
    reference: String(number),
  });
}

function credit(requestId: string, amountMinor: bigint) {
  return commands.credit({ requestId, amountMinor, fingerprint: fingerprint('credit', amountMinor) });
}

async function onServer(
  { location }: StoreSite,
  use: (run: (sql: string) => Promise<unknown>) => Promise<unknown>,
): Promise<void> {
  if (location.kind !== 'mysql') throw new Error('this store has no server');
  const connection = await createConnection(location.url);
  try {
    await use((sql) => connection.query(sql));
  } finally {
    await connection.end();
  }
}
