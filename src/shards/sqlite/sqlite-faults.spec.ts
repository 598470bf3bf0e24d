import { type FaultVerdict, ShardFault } from '../faults';
import { sqliteCommitFault, sqliteFault } from './sqlite-faults';

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
    ['SQLITE_CORRUPT', 'unavailable'],
    ['SQLITE_CORRUPT_INDEX', 'unavailable'],
    ['SQLITE_NOTADB', 'unavailable'],
    ['SQLITE_NOMEM', 'unavailable'],
    ['SQLITE_READONLY_DBMOVED', 'unavailable'],
    ['SQLITE_PROTOCOL', 'again'],
    ['SQLITE_CONSTRAINT_TRIGGER', 'unclassified'],
    ['SQLITE_INTERNAL', 'unclassified'],
    ['SQLITE_SOMETHING_NEW', 'unclassified'],
    ['SQLITE_TOOBIG', 'defect'],
    ['SQLITE_RANGE', 'defect'],
    ['ERR_INVALID_ARG_TYPE', 'defect'],
    ['SQLITE_ERROR', 'defect'],
    [undefined, 'defect'],
  ])('%s is %s', (code, verdict) => {
    const error = Object.assign(new Error('as reported'), code === undefined ? {} : { code });
    expect(sqliteFault('s3', error)).toMatchObject({ shard: 's3', verdict, cause: error });
  });

  test('takes a table that is gone for the shard’s trouble, though SQLite has no code for that', () => {
    const gone = Object.assign(new Error('no such table: entry'), { code: 'SQLITE_ERROR' });
    expect(sqliteFault('s3', gone).verdict).toBe('unavailable');
  });

  test.each<[string, FaultVerdict]>([
    ['SQLITE_BUSY', 'again'],
    ['SQLITE_FULL', 'outcomeUnknown'],
    ['SQLITE_SOMETHING_NEW', 'outcomeUnknown'],
  ])('%s at COMMIT is %s', (code, verdict) => {
    expect(sqliteCommitFault('s3', Object.assign(new Error('as reported'), { code })).verdict).toBe(verdict);
  });

  test('leaves a fault that was classified before as it is', () => {
    const fault = new ShardFault('s3', 'again', new Error('busy'));
    expect(sqliteFault('s3', fault)).toBe(fault);
  });
});
