import { cluster } from '../../test/models/cluster';
import { credit, row } from '../../test/models/commands';
import { always, ScriptedFaults } from '../../test/models/scripted-faults';
import { promisesSettled } from '../../test/models/turns';
import { deduct } from '../../test/models/commands';
import type { Departure } from '../ledger/transfer';
import { NO_HINT } from '../shards/shard';
import { Recovery, RECOVERY_SETTINGS } from './recovery';

const PAGE = 2;

describe('recovery', () => {
  test('goes on past what cannot be delivered, and says what that is', async () => {
    const { recovery, send, delivered, observer } = setUp({ isStuck: ({ accountId }) => accountId < 'm' });
    await send('west', 'a', 'b', 'c', 'd', 'e', 'x', 'y');
    await recovery.recover();
    expect(delivered()).toEqual(['x', 'y']);
    expect(observer.undeliveries).toMatchObject([
      {
        of: 'within',
        fromShard: 'east',
        toShard: 'west',
        count: 5,
        isCutOff: false,
        examples: [{ accountId: 'a' }, {}, {}, {}, {}],
      },
    ]);
  });

  test('says once when nothing is stuck any more', async () => {
    const stuck = new Set(['a']);
    const { recovery, send, observer } = setUp({ isStuck: ({ accountId }) => stuck.has(accountId) });
    await send('west', 'a');
    await recovery.recover();
    stuck.clear();
    await recovery.recover();
    await recovery.recover();
    expect(observer.undeliveries.map(({ count }) => count)).toEqual([1, 0]);
  });

  test('sends nothing to a shard that is down, and counts what waits for it up to a bound', async () => {
    const west = new ScriptedFaults({ begin: always('unavailable') });
    const { recovery, send, offered, shards, observer } = setUp({ west, countMax: 3 });
    await send('west', 'a', 'b', 'c', 'd');
    await send('north', 'x');
    await shards.lanes('west').submit(deduct({ accountId: 'a', requestId: 'finds it down', subAccount: 1 }));
    expect(shards.lanes('west').isDown).toBe(true);
    await recovery.recover();
    expect(offered().map(({ toShard }) => toShard)).toEqual(['north']);
    expect(observer.undeliveries).toEqual([
      { of: 'within', fromShard: 'east', toShard: 'west', count: 3, isCutOff: true, examples: [] },
    ]);
  });

  test('looks at a pair once at a time, and meanwhile at the others', async () => {
    const held = Promise.withResolvers<undefined>();
    const { recovery, send, offered } = setUp({
      whenOffered: ({ toShard }) => (toShard === 'west' ? held.promise : Promise.resolve()),
    });
    await send('west', 'a');
    const first = recovery.recover();
    await promisesSettled();
    await send('north', 'x');
    const second = recovery.recover();
    await promisesSettled();
    expect(offered().map(({ toShard }) => toShard)).toEqual(['west', 'north']);
    held.resolve(undefined);
    await Promise.all([first, second]);
    expect(offered()).toHaveLength(2);
  });

  test('leaves a backlog to the instance that has it, and does what little there is in any case', async () => {
    const { recovery, send, offered, owners } = setUp();
    owners.set('delivery east west', 'another');
    await send('west', 'a', 'b', 'c');
    await send('north', 'x');
    await recovery.recover();
    expect(offered().map(({ accountId }) => accountId)).toEqual(['x']);
    owners.clear();
    await recovery.recover();
    expect(offered().map(({ accountId }) => accountId)).toEqual(['x', 'a', 'b', 'c']);
  });

  test('keeps a backlog for as long as a page of it takes, so that another instance does not begin it anew', async () => {
    const held = Promise.withResolvers<undefined>();
    const { recovery, send, clock, acquired } = setUp({ whenOffered: () => held.promise });
    await send('west', 'a', 'b', 'c');
    const recovered = recovery.recover();
    await promisesSettled();
    expect(acquired()).toBe(1);
    for (const expected of [2, 3, 4]) {
      clock.pass(RECOVERY_SETTINGS.leaseMs / 2);
      await promisesSettled();
      expect(acquired()).toBe(expected);
    }
    held.resolve(undefined);
    await recovered;
    clock.pass(10 * RECOVERY_SETTINGS.leaseMs);
    await promisesSettled();
    expect(acquired()).toBe(4);
  });
});

/** Shards of which "east" sends, and a stand-in for what delivers. */
function setUp({
  west,
  countMax = RECOVERY_SETTINGS.countMax,
  isStuck = () => false,
  whenOffered = () => Promise.resolve(),
}: {
  readonly west?: ScriptedFaults;
  readonly countMax?: number;
  readonly isStuck?: (departure: Departure) => boolean;
  readonly whenOffered?: (departure: Departure) => Promise<unknown>;
} = {}) {
  const made = cluster(['east', 'north', 'west'], { interfere: west ? { west: west.interfere } : {} });
  const { shards, shard, database, clock, observer } = made;
  const owners = new Map<string, string>();
  let acquired = 0;
  const offered: Departure[] = [];
  const delivered: string[] = [];

  const deliver = async <Sent extends Departure>(
    from: string,
    departures: readonly Sent[],
  ): Promise<Sent[]> => {
    offered.push(...departures);
    await Promise.all(departures.map(whenOffered));
    const done = departures.filter((departure) => !isStuck(departure));
    await shard(from).completeTransfers(done);
    delivered.push(...done.map(({ accountId }) => accountId));
    return departures.filter(isStuck);
  };
  const recovery = new Recovery({
    shards,
    transfers: { deliver, whenMarked: () => Promise.resolve() },
    leases: {
      acquire: (name, owner) => {
        acquired += 1;
        owners.set(name, owners.get(name) ?? owner);
        return Promise.resolve(owners.get(name) === owner);
      },
    },
    observer,
    instanceId: 'this',
    now: () => clock.now(),
    later: (ms, run) => clock.later(ms, run),
    settings: { ...RECOVERY_SETTINGS, pageMax: PAGE, countMax },
  });

  /** Lets money of some accounts leave "east", long enough ago. */
  const send = async (to: string, ...accountIds: string[]): Promise<void> => {
    for (const accountId of accountIds) {
      database('east')
        .account(accountId)
        .rows.set(0, row({ accountId, index: 0 }));
      const spreadOver = [{ shard: to, subAccount: 1, rows: 1 }];
      await shard('east').applyBatch([credit({ accountId, amountMinor: 100n, spreadOver })], NO_HINT);
    }
    clock.pass(RECOVERY_SETTINGS.olderThanMs + 1);
  };
  return {
    recovery,
    send,
    offered: () => offered,
    delivered: () => delivered,
    shards,
    observer,
    clock,
    owners,
    acquired: () => acquired,
  };
}
