import { type FaultVerdict, ShardFault } from '../faults';
import { mysqlFault } from './mysql-faults';

/** As MySQL, MariaDB, mysql2 and the operating system report them. */
const VERDICTS: [FaultVerdict, { code?: string; errno?: number }[]][] = [
  [
    'lookUpKeys',
    [
      { code: 'ER_DUP_ENTRY', errno: 1062 },
      { code: 'ER_DUP_ENTRY_WITH_KEY_NAME', errno: 1586 },
      { errno: 1062 },
    ],
  ],
  [
    'again',
    [
      { code: 'ER_LOCK_DEADLOCK', errno: 1213 },
      { code: 'ER_LOCK_WAIT_TIMEOUT', errno: 1205 },
      { code: 'ER_CHECKREAD', errno: 1020 },
      { errno: 1213 },
      { errno: 1205 },
      { errno: 1020 },
      { code: 'UNKNOWN_CODE_PLEASE_REPORT', errno: 1213 },
    ],
  ],
  [
    'outcomeUnknown',
    [
      { code: 'PROTOCOL_CONNECTION_LOST' },
      { code: 'PROTOCOL_SEQUENCE_TIMEOUT' },
      { code: 'ECONNRESET' },
      { code: 'EPIPE' },
      { code: 'ER_SERVER_SHUTDOWN', errno: 1053 },
      { code: 'ER_QUERY_INTERRUPTED', errno: 1317 },
      { code: 'ER_QUERY_TIMEOUT', errno: 3024 },
      { code: 'ER_STATEMENT_TIMEOUT', errno: 1969 },
      { code: 'ER_CLIENT_INTERACTION_TIMEOUT', errno: 4031 },
      { code: 'ER_ERROR_DURING_COMMIT', errno: 1180 },
      { errno: 1927 },
      { errno: 4031 },
    ],
  ],
  [
    'unavailable',
    [
      { code: 'ECONNREFUSED' },
      { code: 'ETIMEDOUT' },
      { code: 'EHOSTUNREACH' },
      { code: 'ENOTFOUND' },
      { code: 'EAI_AGAIN' },
      { code: 'ACQUIRE_TIMEOUT' },
      { code: 'NOT_OPEN' },
      { code: 'ER_CON_COUNT_ERROR', errno: 1040 },
      { code: 'ER_OPTION_PREVENTS_STATEMENT', errno: 1290 },
      { code: 'ER_DISK_FULL', errno: 1021 },
      { code: 'ER_RECORD_FILE_FULL', errno: 1114 },
    ],
  ],
  [
    'defect',
    [
      { code: 'ER_PARSE_ERROR', errno: 1064 },
      { code: 'ER_CHECK_CONSTRAINT_VIOLATED', errno: 3819 },
      { code: 'ER_CONSTRAINT_FAILED', errno: 4025 },
      { code: 'ER_WARN_DATA_OUT_OF_RANGE', errno: 1264 },
      { code: 'ER_DATA_TOO_LONG', errno: 1406 },
      { code: 'ER_NO_SUCH_TABLE', errno: 1146 },
      { code: 'ER_BAD_NULL_ERROR', errno: 1048 },
      {},
    ],
  ],
];

describe('mysqlFault', () => {
  const table = VERDICTS.flatMap(([verdict, errors]) => errors.map((error) => [error, verdict] as const));

  test.each(table)('%p is %s', (reported, verdict) => {
    const error = Object.assign(new Error('as reported'), reported);
    const fault = mysqlFault('s3', error);
    expect(fault).toMatchObject({ shard: 's3', verdict, code: 'SHARD_FAULT', cause: error });
    expect(fault.message).toContain('as reported');
  });

  test('leaves a fault that was classified before as it is', () => {
    const fault = new ShardFault('s3', 'again', new Error('deadlock'));
    expect(mysqlFault('s3', fault)).toBe(fault);
  });

  test('takes what the driver calls fatal, and gives no code, for a lost connection', () => {
    const message = "Can't add new command when connection is in closed state";
    expect(mysqlFault('s3', Object.assign(new Error(message), { fatal: true })).verdict).toBe(
      'outcomeUnknown',
    );
    const refused = { code: 'ECONNREFUSED', fatal: true };
    expect(mysqlFault('s3', Object.assign(new Error('refused'), refused)).verdict).toBe('unavailable');
  });
});
