import Sqlite from 'better-sqlite3';
import { fingerprint } from '../../src/engine/fingerprint';
import type { Lane } from '../../src/engine/lane';
import { RETRY_POLICY } from '../../src/shards/run-batch';
import { NO_HINT, type Shard } from '../../src/shards/shard';
import { REAL_SURROUNDINGS } from '../../src/shards/surroundings';
import { atomic } from '../../src/strategies/atomic';
import * as commands from '../models/commands';
import { NotingObserver } from '../models/noting-observer';
import { realLane } from '../setup/real-lane';
import { openShard, STORES, type StoreSite } from '../setup/stores';

const SQLITE = STORES.filter(({ mark }) => mark === 'sqlite');

/**
 * Another process has SQLite's lock of a shard's file, which is the lock of all its accounts. Nothing here is judged by a
 * clock: whoever is answered while that lock is still held has not waited for it.
 */
describe.each(SQLITE)('[$mark] a shard whose file somebody else has locked', ({ makeSite }) => {
  const sites: StoreSite[] = [];
  const shards: Shard[] = [];
  const lanes: Lane[] = [];
  let locked: Shard;
  let free: Shard;
  let holder: Sqlite.Database;
  let observer: NotingObserver;

  beforeEach(async () => {
    observer = new NotingObserver();
    for (let n = 0; n < 2; n += 1) {
      const site = await makeSite();
      sites.push(site);
      const { shard } = await openShard(site.location, {
        policy: { ...RETRY_POLICY, deadlineMs: 2_000 },
        noteFault: (fault) => observer.databaseFault(fault),
      });
      shards.push(shard);
      await shard.applyBatch([credit()], NO_HINT);
    }
    [locked, free] = shards as [Shard, Shard];
    holder = new Sqlite(pathOf(sites[0]));
    holder.exec('BEGIN IMMEDIATE');
  });

  afterEach(async () => {
    holder.close();
    for (const lane of lanes.splice(0)) await lane.whenIdle();
    for (const shard of shards.splice(0)) await shard.close();
    for (const site of sites.splice(0)) await site.drop();
  });

  const laneOf = (shard: Shard): Lane => {
    const lane = realLane(shard, observer);
    lanes.push(lane);
    return lane;
  };

  /** @returns whether it has ended, asked later */
  const noting = (work: Promise<unknown>): (() => boolean) => {
    let isOver = false;
    void work.catch(() => undefined).finally(() => (isOver = true));
    return () => isOver;
  };

  it('keeps no other shard waiting, and is served when the file is free again', async () => {
    const stuck = laneOf(locked).submit(take('s1'));
    const isOver = noting(stuck);
    const others = laneOf(free);
    for (let n = 0; n < 20; n += 1)
      expect(await others.submit(take(`other-${n}`))).toMatchObject({ kind: 'applied' });
    expect(isOver()).toBe(false);
    holder.exec('ROLLBACK');
    expect(await stuck).toMatchObject({ kind: 'applied' });
  });

  it.each<[string, (shard: Shard) => Promise<unknown>]>([
    ['a single statement', (shard) => shard.completeTransfers([{ accountId: 'acme', transferId: 'none' }])],
    ['a deduction of its own', (shard) => shard.deduct(take('d1'), atomic)],
  ])('keeps no other shard waiting while %s waits for the file', async (_, write) => {
    const stuck = write(locked);
    const isOver = noting(stuck);
    expect(await laneOf(free).submit(take('other'))).toMatchObject({ kind: 'applied' });
    expect(isOver()).toBe(false);
    holder.exec('ROLLBACK');
    await stuck;
  });

  it('answers while the file is still locked, what came first and what came behind it, and nothing of that was done', async () => {
    const lane = laneOf(locked);
    const first = lane.submit(take('s1'));
    while (observer.faults.length === 0) await REAL_SURROUNDINGS.sleep(5);
    const behind = lane.submit(take('s2'));
    expect(await Promise.all([first, behind])).toMatchObject([
      { kind: 'overloaded' },
      { kind: 'overloaded' },
    ]);
    expect(observer.faults.at(-1)).toMatchObject({ shard: 's0', verdict: 'again', reported: 'SQLITE_BUSY' });
    holder.exec('ROLLBACK');
    expect(await locked.findEntries('acme', ['s1', 's2'])).toEqual([]);
  });
});

function credit() {
  return commands.credit({ requestId: 'c', amountMinor: 1_000n, fingerprint: fingerprint('credit', 1_000n) });
}

function take(requestId: string) {
  return commands.deduct({ requestId, amountMinor: 1n, fingerprint: fingerprint('deduct', 1n) });
}

function pathOf(site: StoreSite | undefined): string {
  if (site?.location.kind !== 'sqlite') throw new Error('this store has no file');
  return site.location.path;
}
