import { deduct } from '../../test/models/commands';
import { gatedShard } from '../../test/models/gated-shard';
import { laneEnvironment } from '../../test/models/lane-environment';
import { NotingObserver } from '../../test/models/noting-observer';
import { always, ScriptedFaults } from '../../test/models/scripted-faults';
import { promisesSettled } from '../../test/models/turns';
import { ShardLanes } from './shard-lanes';

describe('the lanes of a shard', () => {
  test('each own their sub-accounts, so that the commands of one never meet in two batches at once', async () => {
    const { lanes, observer } = lanesOf(4);
    for (let turn = 0; turn < 3; turn += 1)
      await lanes.submit(deduct({ requestId: `r${turn}`, amountMinor: 1n }));
    expect(new Set(observer.batches.map((batch) => batch.lane)).size).toBe(1);
  });

  test('run side by side, and all get their share of the sub-accounts', async () => {
    const { lanes, shard } = lanesOf(4);
    shard.holdUp();
    const accounts = Array.from({ length: 200 }, (_, number) => `account-${number}`);
    const submitted = accounts.map((accountId) => lanes.submit(deduct({ accountId })));
    await promisesSettled();
    expect(shard.batches).toHaveLength(4);
    for (const batch of shard.batches) expect(batch.length).toBeGreaterThan(25);

    shard.letThrough();
    await Promise.all(submitted);
  });

  test('spread the sub-accounts of one account, whose numbers may all be a multiple of something', async () => {
    const { lanes, shard } = lanesOf(4);
    shard.holdUp();
    const submitted = Array.from({ length: 64 }, (_, turn) => lanes.submit(deduct({ subAccount: turn * 4 })));
    await promisesSettled();
    expect(shard.batches).toHaveLength(4);
    shard.letThrough();
    await Promise.all(submitted);
  });

  test('give up a shard together', async () => {
    const faults = new ScriptedFaults({ begin: always('unavailable') });
    const { lanes, observer } = lanesOf(4, faults);
    await lanes.submit(deduct({ accountId: 'account-0' }));
    const tries = faults.steps.length;
    const outcomes = await Promise.all(
      ['1', '2', '3', '4', '5', '6'].map((number) =>
        lanes.submit(deduct({ accountId: `account-${number}` })),
      ),
    );
    expect(outcomes).toEqual(Array(6).fill({ kind: 'shardUnavailable', shard: 's0' }));
    expect(faults.steps).toHaveLength(tries);
    expect(observer.shardStates).toEqual([['s0', 'down']]);
  });

  test('are idle when all of them are', async () => {
    const { lanes, shard } = lanesOf(4);
    shard.holdUp();
    const submitted = ['a', 'b', 'c', 'd', 'e'].map((accountId) => lanes.submit(deduct({ accountId })));
    let idle = false;
    const whenIdle = lanes.whenIdle().then(() => (idle = true));
    await promisesSettled();
    expect(idle).toBe(false);
    shard.letThrough();
    await whenIdle;
    await Promise.all(submitted);
    expect(lanes.depths).toEqual([0, 0, 0, 0, 0]);
  });
});

function lanesOf(parallelism: number, faults = new ScriptedFaults()) {
  const { shard, clock } = gatedShard({ parallelism, interfere: faults.interfere });
  const observer = new NotingObserver();
  return {
    shard,
    observer,
    lanes: new ShardLanes(shard, laneEnvironment(clock, observer)),
  };
}
