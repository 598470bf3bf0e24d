import { cluster } from '../../test/models/cluster';
import { credit, row } from '../../test/models/commands';
import { laneEnvironment } from '../../test/models/lane-environment';
import { always, ScriptedFaults } from '../../test/models/scripted-faults';
import { promisesSettled } from '../../test/models/turns';
import type { Departure } from '../ledger/transfer';
import { NO_HINT } from '../shards/shard';
import { ShardSet } from './shard-set';
import { Recovery, RECOVERY_SETTINGS } from './recovery';
import { Transfers } from './transfers';

const SETTINGS = RECOVERY_SETTINGS;
const OLD_ENOUGH_MS = 2_001;

describe('transfers', () => {
  test('that are forwarded have arrived and are marked so', async () => {
    const { transfers, spread, everywhere, pending } = setUp();
    expect(await transfers.forward('east', await spread())).toBe(3);
    expect(everywhere()).toEqual({ east: 50n, north: 25n, west: 25n });
    expect(await pending()).toEqual([]);
  });

  test('that cannot arrive yet stay pending, and recovery finishes them', async () => {
    const west = new ScriptedFaults({ begin: always('unavailable').slice(0, 3) });
    const { transfers, recovery, spread, everywhere, pending, clock, observer } = setUp({ west });

    expect(await transfers.forward('east', await spread())).toBe(2);
    expect(everywhere()).toEqual({ east: 50n, north: 25n, west: 0n });
    expect(await pending()).toEqual(['spread topup 3']);

    clock.pass(OLD_ENOUGH_MS);
    // A probe has found the shard up again.
    await promisesSettled();
    await recovery.recover();
    expect(everywhere()).toEqual({ east: 50n, north: 25n, west: 25n });
    expect(await pending()).toEqual([]);
    expect(observer.deferrals).toEqual([]);
  });

  test('whose sender died before they arrived are finished by anybody', async () => {
    const { recovery, spread, everywhere, pending, clock } = setUp();
    await spread();
    clock.pass(OLD_ENOUGH_MS);
    await recovery.recover();
    expect(everywhere()).toEqual({ east: 50n, north: 25n, west: 25n });
    expect(await pending()).toEqual([]);
  });

  test('whose sender died before it marked them are marked, and do not arrive again', async () => {
    const east = new ScriptedFaults();
    const { transfers, recovery, spread, everywhere, pending, clock } = setUp({ east });
    const departures = await spread();
    east.plan('beforeCommit', [undefined, 'unavailable']);
    await expect(transfers.forward('east', departures)).rejects.toMatchObject({ code: 'SHARD_UNAVAILABLE' });
    expect(everywhere()).toEqual({ east: 50n, north: 25n, west: 25n });
    expect(await pending()).toHaveLength(3);

    clock.pass(OLD_ENOUGH_MS);
    await recovery.recover();
    expect(everywhere()).toEqual({ east: 50n, north: 25n, west: 25n });
    expect(await pending()).toEqual([]);
  });

  test('are finished once, however many recover them at the same moment', async () => {
    const { recovery, others, spread, everywhere, pending, clock } = setUp();
    await spread();
    clock.pass(OLD_ENOUGH_MS);
    await Promise.all([recovery.recover(), others.recover(), recovery.recover()]);
    expect(everywhere()).toEqual({ east: 50n, north: 25n, west: 25n });
    expect(await pending()).toEqual([]);
  });

  test('that are young are left to whoever sent them', async () => {
    const { recovery, spread, everywhere, clock } = setUp();
    await spread();
    clock.pass(OLD_ENOUGH_MS - 2);
    await recovery.recover();
    expect(everywhere()).toEqual({ east: 25n, north: 0n, west: 0n });
  });

  test('of one shard do not wait for another that is down', async () => {
    const west = new ScriptedFaults({ read: always('unavailable') });
    const { recovery, spread, everywhere, clock, observer } = setUp({ west });
    await spread();
    clock.pass(OLD_ENOUGH_MS);
    await recovery.recover();
    expect(everywhere()).toEqual({ east: 50n, north: 25n, west: 25n });
    expect([...observer.deferrals].sort()).toEqual(
      ['east', 'north', 'west'].map((to) => `transfers from west to ${to}`),
    );
  });

  test('do not wait for one whose destination is not known here', async () => {
    const { recovery, spread, pending, clock } = setUp();
    await spread([
      { shard: 'nowhere', subAccount: 1, rows: 1 },
      { shard: 'north', subAccount: 2, rows: 1 },
    ]);
    clock.pass(OLD_ENOUGH_MS);
    await recovery.recover();
    expect(await pending()).toEqual(['spread topup 1']);
  });

  describe('in the background', () => {
    beforeEach(() => {
      jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    });

    afterEach(() => {
      jest.useRealTimers();
    });

    test('are recovered at start and then again and again, until stopped', async () => {
      const { recovery, spread, pending, clock } = setUp();
      await spread();
      clock.pass(OLD_ENOUGH_MS);
      recovery.start();
      await jest.advanceTimersByTimeAsync(0);
      await promisesSettled();
      expect(await pending()).toEqual([]);

      await spread(undefined, 'second');
      clock.pass(OLD_ENOUGH_MS);
      await jest.advanceTimersByTimeAsync(SETTINGS.intervalMs);
      await promisesSettled();
      expect(await pending()).toEqual([]);

      await recovery.stop();
      expect(jest.getTimerCount()).toBe(0);
    });

    test('are waited for by whoever stops their recovery', async () => {
      const { recovery, spread, pending, clock, shard } = setUp();
      await spread();
      clock.pass(OLD_ENOUGH_MS);
      shard('north').holdUp();
      recovery.start();
      await jest.advanceTimersByTimeAsync(0);
      let stopped = false;
      const stopping = recovery.stop().then(() => (stopped = true));
      await promisesSettled();
      expect(stopped).toBe(false);

      shard('north').letThrough();
      await stopping;
      expect(await pending()).toEqual([]);
      expect(jest.getTimerCount()).toBe(0);
    });
  });
});

/** An account with sub-accounts 0 and 1 on "east", 2 on "north", 3 on "west", all of them empty. */
function setUp(faults: Readonly<Record<string, ScriptedFaults>> = {}) {
  const interfere = Object.fromEntries(Object.entries(faults).map(([name, each]) => [name, each.interfere]));
  const { shards, shard, database, clock, observer } = cluster(['east', 'north', 'west'], { interfere });
  const homes: [string, number][] = [
    ['east', 0],
    ['east', 1],
    ['north', 2],
    ['west', 3],
  ];
  for (const [name, index] of homes) database(name).account('acme').rows.set(index, row({ index }));
  const elsewhere = homes.slice(1).map(([name, subAccount]) => ({
    shard: name,
    subAccount,
    rows: 1,
  }));

  /** A credit of 100 to "east" whose shares have left and not arrived. */
  const spread = async (spreadOver = elsewhere, requestId = 'topup'): Promise<readonly Departure[]> => {
    const command = credit({ requestId, amountMinor: 100n, spreadOver });
    const { outcomes } = await shard('east').applyBatch([command], NO_HINT);
    return outcomes[0]?.kind === 'applied' ? outcomes[0].departures : [];
  };
  const availableOn = (name: string): bigint =>
    [...database(name).account('acme').rows.values()].reduce((sum, each) => sum + each.availableMinor, 0n);
  const everywhere = () => ({
    east: availableOn('east'),
    north: availableOn('north'),
    west: availableOn('west'),
  });
  const pending = async (): Promise<string[]> =>
    (await shard('east').pendingDepartures({ limit: 99, olderThanMs: 0 })).map(
      (departure) => departure.transferId,
    );

  const recoveryOf = (some: ShardSet, instanceId: string): Recovery =>
    new Recovery({
      shards: some,
      transfers: new Transfers(some, observer),
      leases: { acquire: () => Promise.resolve(true) },
      observer,
      instanceId,
      now: () => clock.now(),
      settings: SETTINGS,
    });
  const transfers = new Transfers(shards, observer);
  const another = new ShardSet(
    shards.all.map((lanes) => lanes.shard),
    laneEnvironment(clock, observer),
  );
  return {
    transfers,
    recovery: recoveryOf(shards, 'one'),
    others: recoveryOf(another, 'another'),
    spread,
    everywhere,
    pending,
    clock,
    observer,
    shard,
  };
}
