import { deduct } from '../../test/models/commands';
import { laneOn } from '../../test/models/lane-on';
import { always, ScriptedFaults } from '../../test/models/scripted-faults';
import { promisesSettled } from '../../test/models/turns';
import { ShardFault, ShardUnavailableError } from '../shards/faults';
import type { Span } from '../shards/span';
import type { LaneOutcome } from './engine-outcome';

describe('a lane', () => {
  test('merges what is submitted in one turn of the event loop, and waits for nobody', async () => {
    const { shard, submit } = laneOn();
    const outcomes = await Promise.all(['a', 'b', 'c'].map(submit));
    expect(shard.batches).toEqual([['a', 'b', 'c']]);
    expect(outcomes).toMatchObject(
      ['a', 'b', 'c'].map((requestId) => ({ kind: 'applied', entry: { requestId } })),
    );
  });

  test('merges what waits while a batch is under way into the next', async () => {
    const { shard, submit, lane } = laneOn();
    shard.holdUp();
    const first = submit('a');
    await promisesSettled();
    const rest = ['b', 'c', 'd'].map(submit);
    await promisesSettled();
    expect(shard.batches).toEqual([['a']]);
    expect(lane.depth).toBe(3);

    shard.letThrough();
    await Promise.all([first, ...rest]);
    expect(shard.batches).toEqual([['a'], ['b', 'c', 'd']]);
    expect(lane.depth).toBe(0);
  });

  test('lets the event loop take in what has arrived before it takes a batch', async () => {
    const turns: (() => void)[] = [];
    const turn = (): Promise<void> => new Promise((resolve) => turns.push(resolve));
    const { shard, submit } = laneOn({}, new ScriptedFaults(), turn);
    const early = submit('a');
    await promisesSettled();
    expect(shard.batches).toEqual([]);

    const late = submit('b');
    turns.shift()?.();
    await Promise.all([early, late]);
    expect(shard.batches).toEqual([['a', 'b']]);
  });

  test('puts no more than its bound into a batch, first come first served', async () => {
    const { shard, submit } = laneOn({ batchCommandsMax: 3 });
    await Promise.all(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(submit));
    expect(shard.batches).toEqual([['a', 'b', 'c'], ['d', 'e', 'f'], ['g']]);
  });

  test('runs one batch at a time', async () => {
    const { shard, submit } = laneOn({ batchCommandsMax: 1 });
    shard.holdUp();
    const all = ['a', 'b'].map(submit);
    await promisesSettled();
    expect(shard.batches).toEqual([['a']]);
    shard.letThrough();
    await Promise.all(all);
    expect(shard.batches).toEqual([['a'], ['b']]);
  });

  test('answers "overloaded" at once when as many wait as may, and takes more when they are gone', async () => {
    const { shard, submit } = laneOn({ batchCommandsMax: 2, depthMax: 3 });
    shard.holdUp();
    const taken = submit('a');
    await promisesSettled();
    const waiting = ['b', 'c', 'd'].map(submit);

    expect(await submit('e')).toEqual({ kind: 'overloaded', shard: 's0' });
    shard.letThrough();
    expect(await Promise.all([taken, ...waiting])).toMatchObject(Array(4).fill({ kind: 'applied' }));
    expect(await submit('e')).toMatchObject({ kind: 'applied' });
    expect(shard.batches.flat()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('takes a single request into the next batch, however many items of another key wait before it', async () => {
    const { shard, lane } = laneOn({ batchCommandsMax: 4, depthMax: 1_000 });
    const submit = (requestId: string, flow: string): Promise<LaneOutcome> =>
      lane.submit(deduct({ requestId, amountMinor: 1n, flow }));
    shard.holdUp();
    const first = submit('first', 'a bulk');
    await promisesSettled();
    const rest = Array.from({ length: 100 }, (_, n) => submit(`item ${n}`, 'a bulk'));
    const single = submit('single', 'b');
    shard.letThrough();
    await Promise.all([first, ...rest, single]);
    expect(shard.batches[1]).toContain('single');
  });

  test('takes fewer items of large batches at once while single requests come', async () => {
    const { shard, lane, clock } = laneOn({ batchCommandsMax: 8, depthMax: 1_000 });
    const submit = (requestId: string, flow: string): Promise<LaneOutcome> =>
      lane.submit(deduct({ requestId, amountMinor: 1n, flow }));
    await submit('single', 'b');
    await Promise.all(Array.from({ length: 6 }, (_, n) => submit(`beside ${n}`, 'a bulk')));
    clock.pass(1_001);
    await Promise.all(Array.from({ length: 16 }, (_, n) => submit(`alone ${n}`, 'a bulk')));
    expect(shard.batches.map(({ length }) => length)).toEqual([1, 2, 2, 2, 8, 8]);
  });

  test('has the time of a traced command and its batch in its trace, and links to the others in the batch', async () => {
    const { lane, submit } = laneOn();
    const told: string[] = [];
    const spanNamed = (name: string): Span => ({
      child: (child, _attributes, links = []) => {
        told.push(`${name} > ${child}${links.length > 0 ? ` with ${links.length} links` : ''}`);
        return spanNamed(`${name} > ${child}`);
      },
      link: () => told.push(`${name} is linked`),
      end: (outcome) => told.push(`${name} ends${outcome === undefined ? '' : `: ${outcome}`}`),
      fail: () => told.push(`${name} fails`),
    });
    const traced = (requestId: string): Promise<LaneOutcome> =>
      lane.submit(deduct({ requestId, amountMinor: 1n, span: spanNamed(requestId) }));
    await Promise.all([submit('untraced'), traced('one'), traced('two')]);
    expect(told.slice(0, 4)).toEqual([
      'one > lane',
      'two > lane',
      'one > lane > batch with 2 links',
      'two > lane is linked',
    ]);
    expect(told).toEqual(
      expect.arrayContaining([
        'one > lane > batch > lock rows',
        'one > lane > batch > write and commit ends',
        'one > lane > batch ends',
        'one > lane ends: applied',
        'two > lane ends: applied',
      ]),
    );
    const before = told.length;
    await submit('later');
    expect(told).toHaveLength(before);
  });

  test('turns away the last of the flow that fills it, and not whoever has little waiting', async () => {
    const { shard, lane } = laneOn({ batchCommandsMax: 2, depthMax: 3 });
    const submit = (requestId: string, flow: string): Promise<LaneOutcome> =>
      lane.submit(deduct({ requestId, amountMinor: 1n, flow }));
    shard.holdUp();
    const all = [submit('first', 'a')];
    await promisesSettled();
    for (const requestId of ['1', '2', '3']) all.push(submit(requestId, 'a'));
    all.push(submit('other', 'b'));
    shard.letThrough();
    const kinds = (await Promise.all(all)).map(({ kind }) => kind);
    expect(kinds).toEqual(['applied', 'applied', 'applied', 'overloaded', 'applied']);
  });

  test('answers "overloaded" to who has waited too long, and does not run it', async () => {
    const { shard, submit, clock } = laneOn({ waitMsMax: 100 });
    shard.holdUp();
    const taken = submit('a');
    await promisesSettled();
    const old = ['b', 'c'].map(submit);
    clock.pass(60);
    const young = submit('d');
    clock.pass(41);
    shard.letThrough();

    expect(await Promise.all(old)).toEqual(Array(2).fill({ kind: 'overloaded', shard: 's0' }));
    expect(await Promise.all([taken, young])).toMatchObject(Array(2).fill({ kind: 'applied' }));
    expect(shard.batches).toEqual([['a'], ['d']]);
  });

  test('runs on when everybody has waited too long', async () => {
    const { shard, submit, clock } = laneOn({ waitMsMax: 100 });
    shard.holdUp();
    const taken = submit('a');
    await promisesSettled();
    const old = submit('b');
    clock.pass(101);
    shard.letThrough();

    expect(await old).toMatchObject({ kind: 'overloaded' });
    await taken;
    expect(await submit('c')).toMatchObject({ kind: 'applied' });
  });

  test('splits a batch that nobody can mend until the culprit stands alone; the others do not suffer', async () => {
    const { shard, submit, observer, breaker } = laneOn();
    shard.culprit = 'f';
    const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const outcomes = await Promise.all(ids.map(submit));

    expect(outcomes.map((outcome) => outcome.kind)).toEqual(
      ids.map((id) => (id === 'f' ? 'failed' : 'applied')),
    );
    expect(observer.defects).toEqual([
      { incident: incidentOf(outcomes[5]), error: expect.any(Error) as Error },
    ]);
    expect(shard.batches).toContainEqual(['f']);
    expect(breaker.isOpen).toBe(false);
  });

  test('finds the one command that an error which nobody knows is about, and tells it alone to come again', async () => {
    const { shard, submit, observer, breaker } = laneOn();
    shard.culprit = 'f';
    shard.culpritError = unclassified;
    const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const outcomes = await Promise.all(ids.map(submit));

    expect(outcomes.map((outcome) => outcome.kind)).toEqual(
      ids.map((id) => (id === 'f' ? 'shardUnavailable' : 'applied')),
    );
    expect(observer.defects).toEqual([]);
    expect(breaker.isOpen).toBe(false);
  });

  test('does not halve a batch on and on while the whole shard answers with an error that nobody knows', async () => {
    const faults = new ScriptedFaults({ lock: always('unclassified') });
    const { shard, submit, observer, breaker } = laneOn({}, faults);
    const outcomes = await Promise.all(Array.from({ length: 64 }, (_, number) => submit(`r${number}`)));

    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['shardUnavailable']));
    expect(shard.batches.map(({ length }) => length)).toEqual([64, 32, 32]);
    expect(observer.defects).toEqual([]);
    expect(breaker.isOpen).toBe(true);
  });

  test.each(['again', 'unavailable', 'outcomeUnknown'] as const)(
    'does not split a batch that fails by what passes: %s',
    async (verdict) => {
      const { shard, submit } = laneOn({}, new ScriptedFaults({ lock: always(verdict) }));
      await Promise.all(['a', 'b', 'c', 'd'].map(submit));
      expect(shard.batches.map(({ length }) => length)).toEqual([4]);
    },
  );

  test('answers everybody who waits for a shard that is gone, and leaves it alone for a while', async () => {
    const faults = new ScriptedFaults({ begin: always('unavailable').slice(0, 3) });
    const { shard, submit, clock, observer } = laneOn({ breakMs: 500, batchCommandsMax: 2 }, faults);
    const gone = { kind: 'shardUnavailable', shard: 's0' };

    expect(await Promise.all(['a', 'b', 'c', 'd', 'e'].map(submit))).toEqual(Array(5).fill(gone));
    expect(shard.batches).toEqual([['a', 'b']]);
    clock.pass(499);
    expect(await submit('f')).toEqual(gone);
    expect(shard.batches).toHaveLength(1);

    clock.pass(1);
    await promisesSettled();
    expect(await submit('g')).toMatchObject({ kind: 'applied' });
    expect(observer.shardStates).toEqual([
      ['s0', 'down'],
      ['s0', 'up'],
    ]);
  });

  test('says of what is turned away that the shard has no room left, until it is written again', async () => {
    const { shard, submit, clock } = laneOn({ breakMs: 500 });
    const full = new ShardFault('s0', 'unavailable', { code: 'SQLITE_FULL' });
    shard.culprit = 'a';
    shard.culpritError = () => new ShardUnavailableError('s0', 'full', { cause: full });
    const turnedAway = { kind: 'shardUnavailable', shard: 's0', isForWantOfRoom: true };
    expect(await submit('a')).toEqual(turnedAway);
    expect(await submit('b')).toEqual(turnedAway);
    clock.pass(500);
    await promisesSettled();
    expect(await submit('b')).toMatchObject({ kind: 'applied' });
  });

  test('turns spent tries on conflicts into "overloaded", which says nothing about the shard', async () => {
    const { submit, breaker, shard } = laneOn({}, new ScriptedFaults({ lock: always('again').slice(0, 10) }));
    expect(await Promise.all(['a', 'b'].map(submit))).toEqual(
      Array(2).fill({ kind: 'overloaded', shard: 's0' }),
    );
    expect(breaker.isOpen).toBe(false);
    expect(shard.batches).toHaveLength(1);
  });

  test('tries what has waited for long for so much less, and nothing for less than a second', async () => {
    const { shard, submit, clock } = laneOn({ waitMsMax: 10_000 });
    for (const waitedMs of [0, 4_000, 9_500]) {
      shard.holdUp();
      const first = submit(`before ${waitedMs}`);
      await promisesSettled();
      const behind = submit(`waits ${waitedMs}`);
      clock.pass(waitedMs);
      shard.letThrough();
      await Promise.all([first, behind]);
    }
    const ofThoseBehind = shard.hints.filter((_, n) => n % 2 === 1).map(({ tryMsMax }) => tryMsMax);
    expect(ofThoseBehind).toEqual([undefined, 5_000, 1_000]);
  });

  test('hands the hint of a batch to the next, and none after a failure', async () => {
    const { shard, submit } = laneOn();
    await submit('a');
    await submit('a');
    await submit('b');
    expect(shard.hints.map((hint) => hint.lookUpKeys)).toEqual([false, false, true]);

    await submit('a');
    shard.culprit = 'c';
    await submit('c');
    await submit('d');
    expect(shard.hints.map((hint) => hint.lookUpKeys).slice(3)).toEqual([false, true, false]);
  });

  test('is idle when nothing waits and nothing is under way', async () => {
    const { lane, shard, submit } = laneOn({ batchCommandsMax: 1 });
    await lane.whenIdle();

    shard.holdUp();
    let idle = false;
    const all = ['a', 'b'].map(submit);
    const whenIdle = lane.whenIdle().then(() => (idle = true));
    await promisesSettled();
    expect(idle).toBe(false);

    shard.letThrough();
    await whenIdle;
    expect(await Promise.all(all)).toMatchObject([{ kind: 'applied' }, { kind: 'applied' }]);
  });

  test('reports each batch with its size and how long it took', async () => {
    const { observer, submit, clock, shard } = laneOn();
    shard.holdUp();
    const outcomes = ['a', 'b'].map(submit);
    await promisesSettled();
    clock.pass(250);
    shard.letThrough();
    await Promise.all(outcomes);
    expect(observer.batches).toEqual([{ shard: 's0', lane: 3, commands: 2, seconds: 0.25 }]);
  });

  test('reports each command once, also of a batch that was split', async () => {
    const { observer, submit, shard } = laneOn();
    shard.culprit = 'b';
    await Promise.all(['a', 'b', 'c', 'd'].map(submit));
    await promisesSettled();
    expect(observer.batches.reduce((sum, batch) => sum + batch.commands, 0)).toBe(4);
  });
});

function incidentOf(outcome: LaneOutcome | undefined): string {
  return outcome?.kind === 'failed' ? outcome.incident : 'none';
}

function unclassified(): Error {
  const fault = new ShardFault('s0', 'unclassified', Object.assign(new Error('signaled'), { errno: 9_001 }));
  return new ShardUnavailableError('s0', fault.message, { cause: fault });
}
