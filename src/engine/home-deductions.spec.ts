import { changesOf } from '../../test/models/changes';
import { cluster } from '../../test/models/cluster';
import { deduct, row } from '../../test/models/commands';
import type { Entry } from '../ledger/entry';
import type { DeductionResult, DeductionWay } from '../shards/deduction-way';
import { ShardFault, ShardUnavailableError } from '../shards/faults';
import { HomeDeductions } from './home-deductions';

const ATOMIC = { name: 'atomic' } as DeductionWay;
const ENTRY = { requestId: 'click-1', fingerprint: deduct().fingerprint } as Entry;

describe('a deduction at its home', () => {
  test('goes to a lane when the account’s strategy is carried out by no way of its own', async () => {
    const { home, asked, observer } = setUp(() => Promise.reject(new Error('not asked')));
    for (const strategy of ['merged', 'one of a later version'])
      expect(await home.deduct('s0', deduct({ requestId: strategy }), strategy)).toMatchObject({
        kind: 'applied',
      });
    expect(asked).toEqual([]);
    expect(observer.deductions).toEqual([]);
  });

  test('is applied when its way has committed it, and no lane hears of it', async () => {
    const { home, shard, observer } = setUp(() =>
      Promise.resolve({ kind: 'committed', entry: ENTRY, tries: 3 }),
    );
    const outcome = await home.deduct('s0', deduct(), 'atomic');
    expect(outcome).toEqual({ kind: 'applied', entry: ENTRY, departures: [] });
    expect(shard.batches).toEqual([]);
    expect(observer.deductions).toEqual([{ strategy: 'atomic', result: 'committed', tries: 3 }]);
  });

  test('is a replay, or a key used again, when its key is found', async () => {
    const { home } = setUp(() => Promise.resolve({ kind: 'found', entry: ENTRY, tries: 1 }));
    expect(await home.deduct('s0', deduct(), 'atomic')).toEqual({ kind: 'replayed', entry: ENTRY });
    const other = deduct({ fingerprint: 'f'.repeat(32) });
    expect(await home.deduct('s0', other, 'atomic')).toEqual({ kind: 'keyReused' });
  });

  test('is decided by a lane when its way hands it over', async () => {
    const { home, shard } = setUp(() => Promise.resolve(handedOver(false)));
    expect(await home.deduct('s0', deduct(), 'atomic')).toMatchObject({ kind: 'applied' });
    expect(await home.deduct('s0', deduct({ requestId: 'b', amountMinor: 999n }), 'atomic')).toMatchObject({
      kind: 'insufficientFunds',
    });
    expect(shard.batches.length).toBeGreaterThan(0);
  });

  test('is overloaded when its tries are spent: nothing was done', async () => {
    const { home } = setUp(() => Promise.resolve({ kind: 'contended', tries: 100 }));
    expect(await home.deduct('s0', deduct(), 'atomic')).toEqual({ kind: 'overloaded', shard: 's0' });
  });

  test.each([
    { mayHaveCommitted: false, kind: 'overloaded' },
    { mayHaveCommitted: true, kind: 'shardUnavailable' },
  ])(
    'whose commit may have taken effect ($mayHaveCommitted) is $kind where the lane is full',
    async ({ mayHaveCommitted, kind }) => {
      const { home, shard, shards } = setUp(() => Promise.resolve(handedOver(mayHaveCommitted)), {
        depthMax: 1,
      });
      shard.holdUp();
      const lanes = shards.lanes('s0');
      const before = lanes.submit(deduct({ requestId: 'under way' }));
      await Promise.resolve();
      await new Promise(setImmediate);
      const waiting = lanes.submit(deduct({ requestId: 'waits' }));
      expect(await home.deduct('s0', deduct(), 'atomic')).toEqual({ kind, shard: 's0' });
      shard.letThrough();
      await Promise.all([before, waiting]);
    },
  );

  test('is turned away when its shard cannot be asked, and failed by name when it meets a defect', async () => {
    const away = setUp(() => Promise.reject(new ShardUnavailableError('s0', 'gone')));
    expect(await away.home.deduct('s0', deduct(), 'atomic')).toEqual({
      kind: 'shardUnavailable',
      shard: 's0',
    });
    const fault = new ShardFault('s0', 'defect', new Error('no such column'));
    const broken = setUp(() => Promise.reject(fault));
    expect(await broken.home.deduct('s0', deduct(), 'atomic')).toEqual({
      kind: 'failed',
      incident: 'incident',
    });
    expect(broken.observer.defects).toEqual([{ incident: 'incident', error: fault }]);
  });

  test('keeps its home from being idle until it has ended', async () => {
    let end: (result: DeductionResult) => void = () => undefined;
    const { home } = setUp(() => new Promise((resolve) => (end = resolve)));
    const outcome = home.deduct('s0', deduct(), 'atomic');
    let idle = false;
    const idling = home.whenIdle().then(() => (idle = true));
    await new Promise(setImmediate);
    expect(idle).toBe(false);
    end({ kind: 'committed', entry: ENTRY, tries: 1 });
    await Promise.all([outcome, idling]);
    await home.whenIdle();
  });
});

function handedOver(mayHaveCommitted: boolean): DeductionResult {
  return { kind: 'handOver', mayHaveCommitted, tries: 1 };
}

function setUp(deductOn: () => Promise<DeductionResult>, lanes: { depthMax?: number } = {}) {
  const bounds = lanes.depthMax === undefined ? {} : { depthMax: lanes.depthMax, batchCommandsMax: 1 };
  const { shards, shard, database, observer } = cluster(['s0'], { lanes: bounds });
  const { index, accountId, epoch, accountStatus, accountStatusVersion } = row();
  database('s0').createRows([{ index, accountId, epoch, accountStatus, accountStatusVersion }]);
  database('s0').write(changesOf({ subAccounts: [row({ availableMinor: 100n })] }));
  const asked: string[] = [];
  shard('s0').deduct = () => {
    asked.push('s0');
    return deductOn();
  };
  const home = new HomeDeductions({
    shards,
    ways: new Map([['atomic', ATOMIC]]),
    observer,
    now: () => 0,
    newId: () => 'incident',
  });
  return { home, shards, shard: shard('s0'), observer, asked };
}
