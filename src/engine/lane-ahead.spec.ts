import { deduct } from '../../test/models/commands';
import type { GatedShard } from '../../test/models/gated-shard';
import { laneOn } from '../../test/models/lane-on';
import { ScriptedFaults } from '../../test/models/scripted-faults';
import { promisesSettled } from '../../test/models/turns';
import type { LaneOutcome } from './engine-outcome';

const FOUR = ['a', 'b', 'c', 'd'];

describe('a lane whose next batch is begun ahead', () => {
  test('needs no trip to begin it, and takes into it what has come in until then', async () => {
    const faults = new ScriptedFaults();
    const { shard, submit } = laneOn({}, faults);
    const outcomes = await underWay(shard, submit);
    faults.once('lockAhead', () => outcomes.push(submit('late')));
    shard.letThrough();
    expect(await kindsOf(outcomes)).toEqual(Array(6).fill('applied'));
    expect(shard.batches).toEqual([FOUR, ['next', 'late']]);
    expect(faults.steps.filter((step) => step === 'begin' || step === 'lock')).toEqual(['begin', 'lock']);
  });

  test('leaves what is for other rows to the batch behind it, and cuts no group for that', async () => {
    const faults = new ScriptedFaults();
    const { lane, shard, submit } = laneOn({}, faults);
    const outcomes = await underWay(shard, submit);
    const group = [deduct({ requestId: 'g1' }), deduct({ requestId: 'g2', subAccount: 1 })];
    let together: Promise<LaneOutcome[]> | undefined;
    faults.once('lockAhead', () => (together = lane.submitTogether(group)));
    shard.letThrough();
    await Promise.all(outcomes);
    expect(await together).toHaveLength(2);
    expect(shard.batches).toEqual([FOUR, ['next'], ['g1', 'g2']]);
  });

  test('gives it up when all who waited for it have waited too long', async () => {
    const faults = new ScriptedFaults();
    const { shard, submit, clock, lane } = laneOn({ waitMsMax: 100 }, faults);
    const outcomes = await underWay(shard, submit);
    faults.once('lockAhead', () => {
      clock.pass(101);
    });
    shard.letThrough();
    expect(await kindsOf(outcomes)).toEqual([...Array<string>(4).fill('applied'), 'overloaded']);
    await lane.whenIdle();
    expect(await submit('after')).toMatchObject({ kind: 'applied' });
  });

  test('gives it up when the shard is found to be gone, by another lane', async () => {
    const { shard, submit, breaker, lane, clock, observer } = laneOn({ breakMs: 500 });
    const outcomes = await underWay(shard, submit);
    jest.spyOn(observer, 'batchDone').mockImplementationOnce(() => {
      breaker.open();
    });
    shard.letThrough();
    expect(await kindsOf(outcomes)).toEqual([...Array<string>(4).fill('applied'), 'shardUnavailable']);
    await lane.whenIdle();
    clock.pass(500);
    await promisesSettled();
    expect(await submit('after')).toMatchObject({ kind: 'applied' });
  });

  test('begins it before it answers the one before, and is idle only when both are answered', async () => {
    const turns: (() => void)[] = [];
    const turn = (): Promise<void> => new Promise((resolve) => turns.push(resolve));
    const { shard, submit, lane } = laneOn({}, new ScriptedFaults(), turn);
    shard.holdUp();
    const first = FOUR.map(submit);
    await promisesSettled();
    turns.shift()?.();
    await promisesSettled();
    const next = submit('next');
    shard.letThrough();
    shard.holdUp();
    const seen: string[] = [];
    void Promise.all(first).then(() => seen.push('first'));
    void lane.whenIdle().then(() => seen.push('idle'));
    await promisesSettled();
    expect(shard.batches).toEqual([FOUR, ['next']]);
    expect(seen).toEqual([]);

    shard.letThrough();
    await promisesSettled();
    expect(seen).toEqual([]);
    for (const one of turns.splice(0)) one();
    await next;
    await lane.whenIdle();
    expect(seen).toEqual(['first', 'idle']);
  });
});

/** A batch of four on one row, held up, and one more command that waits behind it. */
async function underWay(
  shard: GatedShard,
  submit: (requestId: string) => Promise<LaneOutcome>,
): Promise<Promise<LaneOutcome>[]> {
  shard.holdUp();
  const outcomes = FOUR.map(submit);
  await promisesSettled();
  outcomes.push(submit('next'));
  return outcomes;
}

/** Of all, those included that are asked for meanwhile. */
async function kindsOf(outcomes: readonly Promise<LaneOutcome>[]): Promise<string[]> {
  const kinds: string[] = [];
  for (const outcome of outcomes) kinds.push((await outcome).kind);
  return kinds;
}
