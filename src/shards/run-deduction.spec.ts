import { deduct } from '../../test/models/commands';
import { TestClock } from '../../test/models/test-clock';
import type { Entry } from '../ledger/entry';
import type { Carried, DeductionResult, DeductionWay } from './deduction-way';
import { type FaultVerdict, ShardFault } from './faults';
import { Places } from './places';
import { DEDUCTION_SETTINGS, type DeductionSettings, runDeduction } from './run-deduction';

const ENTRY = { requestId: 'click-1' } as Entry;
const COMMITTED: Carried = { kind: 'committed', entry: ENTRY };
const CONFLICT: Carried = { kind: 'conflict' };

type Try = Carried | FaultVerdict | ShardFault;

const LOCK_WAIT = new ShardFault('s0', 'again', Object.assign(new Error('lock wait'), { errno: 1205 }));

describe('a deduction that a strategy carries out', () => {
  test('is tried once where nobody comes between', async () => {
    const { run, clock, log } = setUp([COMMITTED]);
    expect(await run()).toEqual({ kind: 'committed', entry: ENTRY, tries: 1 });
    expect(clock.sleptMs).toEqual([]);
    expect(log).toEqual(['open', 'end']);
  });

  test('is tried again after a conflict, each time behind a pause whose bound doubles up to the longest', async () => {
    const { run, clock } = setUp([CONFLICT, CONFLICT, CONFLICT, CONFLICT, COMMITTED], {
      backoffMsBase: 2,
      backoffMsMax: 15,
    });
    expect(await run()).toMatchObject({ kind: 'committed', tries: 5 });
    // Chance always falls half way.
    expect(clock.sleptMs).toEqual([2, 4, 7.5, 7.5]);
  });

  test('holds neither session nor place while it pauses', async () => {
    const { run, log, clock, places } = setUp([CONFLICT, COMMITTED], { sessionsPerShard: 1 });
    const sleep = clock.sleep.bind(clock);
    clock.sleep = async (ms: number): Promise<void> => {
      log.push('pause');
      const leave = await places.enter();
      leave?.();
      return sleep(ms);
    };
    expect(await run()).toMatchObject({ kind: 'committed' });
    expect(log).toEqual(['open', 'end', 'pause', 'open', 'end']);
  });

  test('is told that it is contended when its tries are spent', async () => {
    const { run } = setUp([CONFLICT, CONFLICT, CONFLICT, COMMITTED], { triesMax: 3 });
    expect(await run()).toEqual({ kind: 'contended', tries: 3 });
  });

  test('is told that it is contended when its time is spent', async () => {
    const { run } = setUp([CONFLICT, CONFLICT, COMMITTED], { waitMsMax: 10, backoffMsBase: 8 });
    expect(await run()).toEqual({ kind: 'contended', tries: 2 });
  });

  test('is handed over when its way does not decide it, and nothing was done', async () => {
    const { run } = setUp([{ kind: 'handOver' }]);
    expect(await run()).toEqual({ kind: 'handOver', mayHaveCommitted: false, tries: 1 });
  });

  test('whose key exists is found under it, without a pause', async () => {
    const { run, clock } = setUp(['lookUpKeys'], {}, ENTRY);
    expect(await run()).toEqual({ kind: 'found', entry: ENTRY, tries: 1 });
    expect(clock.sleptMs).toEqual([]);
  });

  test('whose key was taken and let go of again is handed over', async () => {
    const { run } = setUp(['lookUpKeys']);
    expect(await run()).toEqual({ kind: 'handOver', mayHaveCommitted: false, tries: 1 });
  });

  test('looks its key up after a deadlock, before it tries again', async () => {
    expect(await setUp(['again'], {}, ENTRY).run()).toMatchObject({ kind: 'found', tries: 1 });
    expect(await setUp(['again', COMMITTED]).run()).toMatchObject({ kind: 'committed', tries: 2 });
  });

  test('is handed over as locked when it has waited for a lock as long as a session does, unless its key is found', async () => {
    expect(await setUp([LOCK_WAIT, COMMITTED]).run()).toEqual({
      kind: 'handOver',
      mayHaveCommitted: false,
      isLocked: true,
      tries: 1,
    });
    expect(await setUp([LOCK_WAIT], {}, ENTRY).run()).toMatchObject({ kind: 'found', tries: 1 });
  });

  test.each<[FaultVerdict, boolean]>([
    ['outcomeUnknown', true],
    ['unavailable', false],
  ])(
    'is handed over after the fault %s, which may have committed it: %s',
    async (verdict, mayHaveCommitted) => {
      expect(await setUp([verdict]).run()).toEqual({ kind: 'handOver', mayHaveCommitted, tries: 1 });
    },
  );

  test('fails by a defect as it is, with its session ended', async () => {
    const { run, log } = setUp(['defect']);
    await expect(run()).rejects.toMatchObject({ verdict: 'defect' });
    expect(log).toEqual(['open', 'end']);
  });

  test('is turned away at once when too many wait', async () => {
    const { run, places } = setUp([COMMITTED], { sessionsPerShard: 1, waitingMax: 0 });
    const leave = await places.enter();
    expect(await run()).toEqual({ kind: 'contended', tries: 1 });
    leave?.();
    expect(await run()).toMatchObject({ kind: 'committed' });
  });

  test('takes what is held around it before its session', async () => {
    const { run, log, way } = setUp([COMMITTED]);
    const around: DeductionWay['around'] = async (shard, { subAccount }, deduct) => {
      log.push(`lock ${shard} ${subAccount}`);
      const carried = await deduct();
      log.push('unlock');
      return carried;
    };
    Object.assign(way, { around });
    await run();
    expect(log).toEqual(['lock s0 0', 'open', 'end', 'unlock']);
  });
});

function setUp(tries: readonly Try[], settings: Partial<DeductionSettings> = {}, found?: Entry) {
  const bounds = { ...DEDUCTION_SETTINGS, ...settings };
  const { sessionsPerShard: places, waitingMax, waitMsMax } = bounds;
  const clock = new TestClock();
  const left = [...tries];
  const log: string[] = [];
  const nothing = () => Promise.reject(new Error('no statement is run here'));
  const way: DeductionWay = {
    name: 'scripted',
    deduct: () => {
      const next = left.shift();
      if (next === undefined) throw new Error('one try too many');
      if (next instanceof ShardFault) return Promise.reject(next);
      return typeof next === 'string'
        ? Promise.reject(new ShardFault('s0', next, new Error('scripted')))
        : Promise.resolve(next);
    },
  };
  const run = {
    shard: 's0',
    places: new Places({ places, waitingMax, waitMsMax }, (ms, run) => clock.later(ms, run)),
    settings: bounds,
    surroundings: clock,
    findEntry: () => Promise.resolve(found),
    sessions: {
      open: () => {
        log.push('open');
        return {
          shard: 's0',
          dialect: 'mysql' as const,
          keepsFeed: false,
          read: nothing,
          begin: nothing,
          commit: nothing,
          end: () => {
            log.push('end');
            return Promise.resolve();
          },
        };
      },
      close: () => Promise.resolve(),
    },
  };
  return {
    run: (): Promise<DeductionResult> => runDeduction(run, way, deduct()),
    clock,
    log,
    way,
    places: run.places,
  };
}
