import { type Connection, createConnection } from 'mysql2/promise';
import { fingerprint } from '../../src/engine/fingerprint';
import type { Lane } from '../../src/engine/lane';
import type { LaneSettings } from '../../src/engine/lane-settings';
import { NO_HINT, type Shard } from '../../src/shards/shard';
import * as commands from '../models/commands';
import { NotingObserver } from '../models/noting-observer';
import { realLane } from '../setup/real-lane';
import { openShard, STORES, type StoreSite } from '../setup/stores';

const SERVERS = STORES.filter(({ mark }) => mark !== 'sqlite');

/**
 * Somebody else's open transaction holds locks of one account. Nothing here is judged by a clock: whoever is answered while
 * that transaction is still open has not waited for it.
 */
describe.each(SERVERS)('[$mark] an account that somebody else has locked', ({ makeSite }) => {
  let site: StoreSite;
  let shard: Shard;
  let holder: Connection;
  let observer: NotingObserver;
  const lanes: Lane[] = [];

  beforeEach(async () => {
    site = await makeSite();
    ({ shard } = await openShard(site.location, { parallelism: 1 }));
    holder = await createConnection(urlOf(site));
    observer = new NotingObserver();
    await shard.applyBatch(
      ['stuck', 'other', 'third'].map((accountId) => credit(accountId)),
      NO_HINT,
    );
  });

  afterEach(async () => {
    await holder.end();
    for (const lane of lanes.splice(0)) await lane.whenIdle();
    await shard.close();
    await site.drop();
  });

  const laneOf = (settings: Partial<LaneSettings> = {}): Lane => {
    const lane = realLane(shard, observer, settings);
    lanes.push(lane);
    return lane;
  };

  const hold = async (sql: string): Promise<void> => {
    // At the default level a holder's own reads would lock gaps that belong to neighbours.
    await holder.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
    await holder.query('START TRANSACTION');
    await holder.query(sql);
  };

  const ROW = "SELECT * FROM sub_account WHERE account_id = 'stuck' FOR UPDATE";

  it('waits alone: the others are answered while it is locked, batch after batch, and it is served afterwards', async () => {
    const lane = laneOf();
    await hold(ROW);
    const stuck = lane.submit(take('stuck', 's1'));
    const [first, second] = [lane.submit(take('other', 'o1')), lane.submit(take('third', 't1'))];
    expect(await Promise.all([first, second])).toMatchObject([{ kind: 'applied' }, { kind: 'applied' }]);
    expect(observer.aside).toEqual([['stuck', 'aside']]);

    const alsoStuck = lane.submit(take('stuck', 's2'));
    for (let n = 0; n < 20; n += 1)
      expect(await lane.submit(take('other', `more-${n}`))).toMatchObject({ kind: 'applied' });

    await holder.query('ROLLBACK');
    expect(await Promise.all([stuck, alsoStuck])).toMatchObject([{ kind: 'applied' }, { kind: 'applied' }]);
    await lane.whenIdle();
    expect(observer.aside).toEqual([
      ['stuck', 'aside'],
      ['stuck', 'back'],
    ]);
    expect(await lane.submit(take('stuck', 's1'))).toMatchObject({ kind: 'replayed' });
  });

  it('is answered while it is still locked, within its bound, and nothing of it was done', async () => {
    const lane = laneOf({ waitMsMax: 4_000 });
    await hold(ROW);
    expect(await lane.submit(take('stuck', 's1'))).toMatchObject({ kind: 'overloaded' });
    await holder.query('ROLLBACK');
    expect(await shard.findEntry('stuck', 's1')).toBeUndefined();
  });

  it('has a bounded number of commands waiting, so that others still find room', async () => {
    const lane = laneOf({ depthMax: 64, batchCommandsMax: 64 });
    await hold(ROW);
    const stuck = lane.submit(take('stuck', 's0'));
    expect(await lane.submit(take('other', 'o1'))).toMatchObject({ kind: 'applied' });
    const more = Array.from({ length: 100 }, (_, n) => lane.submit(take('stuck', `m${n}`)));
    expect(await more[99]).toMatchObject({ kind: 'overloaded' });
    expect(await lane.submit(take('other', 'o2'))).toMatchObject({ kind: 'applied' });
    await holder.query('ROLLBACK');
    expect(await stuck).toMatchObject({ kind: 'applied' });
    await Promise.all(more);
  });

  it('waits alone also where a place in an index is locked and no row is', async () => {
    const lane = laneOf();
    await hold(
      `INSERT INTO entry (account_id, created_at_us, sub_account, version, request_id, kind, amount, epoch, fingerprint)
        SELECT account_id, created_at_us + 1, sub_account, version + 1, 's1', kind, amount, epoch, fingerprint
        FROM entry WHERE account_id = 'stuck'`,
    );
    const stuck = lane.submit(take('stuck', 's1'));
    const others = [lane.submit(take('other', 'o1')), lane.submit(take('third', 't1'))];
    expect(await Promise.all(others)).toMatchObject([{ kind: 'applied' }, { kind: 'applied' }]);
    await holder.query('ROLLBACK');
    expect(await stuck).toMatchObject({ kind: 'applied' });
  });

  it('does not keep the next batch waiting whose rows were to be locked ahead', async () => {
    const lane = laneOf({ batchCommandsMax: 4 });
    await hold(ROW);
    const some = (name: string) => [0, 1, 2, 3].map((n) => lane.submit(take('other', `${name}${n}`)));
    const before = some('a');
    const stuck = lane.submit(take('stuck', 's1'));
    const after = [...some('b'), ...some('c')];
    for (const outcome of await Promise.all([...before, ...after])) expect(outcome.kind).toBe('applied');
    await holder.query('ROLLBACK');
    expect(await stuck).toMatchObject({ kind: 'applied' });
  });
});

function credit(accountId: string) {
  const print = fingerprint('credit', 1_000n);
  return commands.credit({ accountId, requestId: 'c', amountMinor: 1_000n, fingerprint: print });
}

function take(accountId: string, requestId: string) {
  return commands.deduct({ accountId, requestId, amountMinor: 1n, fingerprint: fingerprint('deduct', 1n) });
}

function urlOf({ location }: StoreSite): string {
  if (location.kind !== 'mysql') throw new Error('this store has no server');
  return location.url;
}
