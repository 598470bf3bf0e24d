import { row } from '../../test/models/commands';
import { planRepair, type RecordedFrame } from './plan-repair';

const RECORD: RecordedFrame = {
  epochMax: 3,
  reach: ['a', 'b'],
  operation: 5,
  status: 'active',
  statusVersion: 2,
};

const asRecorded = row({ epoch: 3, operation: 11, accountStatusVersion: 2 });

describe('planRepair', () => {
  test('leaves a record alone that no row is ahead of', () => {
    expect(planRepair(RECORD, [{ shard: 'a', rows: [asRecorded] }])).toBeUndefined();
    expect(planRepair(RECORD, [{ shard: 'elsewhere', rows: [] }])).toBeUndefined();
  });

  test.each([
    ['a newer epoch', { epoch: 4 }],
    ['a newer layout', { operation: 12 }],
    ['a newer status', { accountStatusVersion: 3 }],
  ])('lifts the record above rows of %s', (_what, newer) => {
    const rows = [asRecorded, { ...asRecorded, index: 1, ...newer }];
    const repair = planRepair(RECORD, [{ shard: 'a', rows }]);
    if (!repair) throw new Error('the record is behind');
    for (const each of rows) {
      expect(repair.epoch).toBeGreaterThan(each.epoch);
      expect(2 * repair.operation).toBeGreaterThan(each.operation);
    }
    expect(repair.epoch).toBeGreaterThan(RECORD.epochMax);
    expect(repair.statusVersion).toBeGreaterThanOrEqual(RECORD.statusVersion);
  });

  test('widens the reach to every shard with rows, however old these are', () => {
    const repair = planRepair(RECORD, [
      { shard: 'b', rows: [asRecorded] },
      { shard: 'c', rows: [row({ epoch: 1 })] },
    ]);
    expect(repair).toMatchObject({ epoch: 4, reach: ['a', 'b', 'c'] });
  });

  test('takes the status that the rows were told last, under a version that all of them take', () => {
    const rows = [
      row({ accountStatus: 'frozen', accountStatusVersion: 4 }),
      row({ index: 1, accountStatus: 'active', accountStatusVersion: 3 }),
    ];
    expect(planRepair(RECORD, [{ shard: 'a', rows }])).toMatchObject({ status: 'frozen', statusVersion: 5 });
  });

  test('keeps the status of a record whose rows know no newer one', () => {
    const rows = [row({ epoch: 9, accountStatus: 'frozen', accountStatusVersion: 2 })];
    expect(planRepair(RECORD, [{ shard: 'a', rows }])).toMatchObject({ status: 'active', statusVersion: 2 });
  });

  test('takes no account for closed that has money: it was being closed, and may go back', () => {
    const closed = { accountStatus: 'closed', accountStatusVersion: 7 } as const;
    expect(planRepair(RECORD, [{ shard: 'a', rows: [row(closed)] }])).toMatchObject({ status: 'closed' });
    const rows = [row({ ...closed, availableMinor: 1n })];
    expect(planRepair(RECORD, [{ shard: 'a', rows }])).toMatchObject({ status: 'frozen' });
  });
});
