import { type FaultVerdict, ShardFault } from '../faults';
import { sqliteFault } from './sqlite-faults';

describe('sqliteFault', () => {
  test.each<[string | undefined, FaultVerdict]>([
    ['SQLITE_CONSTRAINT_UNIQUE', 'lookUpKeys'],
    ['SQLITE_CONSTRAINT_PRIMARYKEY', 'lookUpKeys'],
    ['SQLITE_BUSY', 'again'],
    ['SQLITE_BUSY_SNAPSHOT', 'again'],
    ['SQLITE_LOCKED', 'again'],
    ['QUEUE_TIMEOUT', 'again'],
    ['SQLITE_FULL', 'unavailable'],
    ['SQLITE_CANTOPEN', 'unavailable'],
    ['NOT_OPEN', 'unavailable'],
    ['SQLITE_IOERR', 'outcomeUnknown'],
    ['SQLITE_IOERR_FSYNC', 'outcomeUnknown'],
    ['SQLITE_CONSTRAINT_CHECK', 'defect'],
    ['SQLITE_CONSTRAINT_NOTNULL', 'defect'],
    ['SQLITE_MISMATCH', 'defect'],
    ['SQLITE_CORRUPT', 'defect'],
    ['SQLITE_ERROR', 'defect'],
    [undefined, 'defect'],
  ])('%s is %s', (code, verdict) => {
    const error = Object.assign(new Error('as reported'), code === undefined ? {} : { code });
    expect(sqliteFault('s3', error)).toMatchObject({ shard: 's3', verdict, cause: error });
  });

  test('leaves a fault that was classified before as it is', () => {
    const fault = new ShardFault('s3', 'again', new Error('busy'));
    expect(sqliteFault('s3', fault)).toBe(fault);
  });
});
