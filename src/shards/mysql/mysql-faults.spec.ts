import { faultAtCommit, type FaultVerdict, ShardFault } from '../faults';
import { ERROR_NUMBERS } from './mysql-error-numbers';
import { mysqlFault } from './mysql-faults';

/** By class: a server's number, or the code of the driver or the operating system. */
const VERDICTS: Readonly<Record<FaultVerdict, readonly (number | string)[]>> = {
  lookUpKeys: [1022, 1062, 1586],
  again: [1020, 1205, 1213, 1412, 1615, 3101, 3572],
  outcomeUnknown: [
    ...[1053, 1152, 1158, 1159, 1160, 1161, 1180, 1317, 1927, 1969, 3024, 3169, 4031],
    ...['PROTOCOL_CONNECTION_LOST', 'PROTOCOL_SEQUENCE_TIMEOUT', 'ECONNRESET', 'EPIPE'],
  ],
  overloaded: ['TOO_MANY_WAIT'],
  unavailable: [
    // Lets nobody in.
    ...[1040, 1044, 1045, 1129, 1130, 1142, 1203, 1226, 3032, 3118],
    // Takes no writes.
    ...[1036, 1047, 1207, 1223, 1290, 1792, 1836, 1874, 3098, 3100],
    // Has run out of something, or its disk failed.
    ...[3, 20, 1021, 1026, 1030, 1037, 1038, 1041, 1114, 1135, 1197, 1206, 1637, 1705, 1877, 3015, 3170],
    // Is gone, or its tables are.
    ...[1046, 1049, 1146, 1932],
    ...['ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'EMFILE'],
    ...['HANDSHAKE_NO_SSL_SUPPORT', 'ACQUIRE_TIMEOUT', 'NOT_OPEN'],
  ],
  // Nobody knows them: what a trigger signals, what a later version or a plugin adds.
  unclassified: [9001, 1105, 1644, 3999, 60_000, 'SOMETHING_NEW', 'ERR_SSL_WRONG_VERSION_NUMBER'],
  defect: [
    ...[1054, 1064, 1136, 1176, 1193, 1305],
    ...[1048, 1264, 1265, 1292, 1364, 1366, 1406, 1690],
    ...[3819, 4025, 1153],
    'ERR_INVALID_ARG_TYPE',
  ],
};

const TABLE = Object.entries(VERDICTS).flatMap(([verdict, all]) =>
  all.map((reported) => [reported, verdict as FaultVerdict] as const),
);

describe('mysqlFault', () => {
  test.each(TABLE)('%p is %s', (reported, verdict) => {
    // mysql2 names MariaDB's numbers after MySQL's, so a name beside a number says nothing.
    const given =
      typeof reported === 'number' ? { errno: reported, code: 'ER_NAMED_AFTER_ANOTHER' } : { code: reported };
    const error = Object.assign(new Error('as reported'), given);
    const fault = mysqlFault('s3', error);
    expect(fault).toMatchObject({ shard: 's3', verdict, code: 'SHARD_FAULT', cause: error });
    expect(fault.message).toContain('as reported');
    expect(fault.reported).toBe(String(reported));
  });

  test('has no number in two classes', () => {
    const numbers = Object.values(ERROR_NUMBERS).flat();
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  test('takes an error of its own code for a defect, and one of the network for the shard’s trouble', () => {
    expect(mysqlFault('s3', new TypeError('x is not a function')).verdict).toBe('defect');
    const denied = Object.assign(new Error('denied'), { errno: -13, code: 'EACCES', syscall: 'connect' });
    expect(mysqlFault('s3', denied).verdict).toBe('unclassified');
  });

  test.each(TABLE)('%p at COMMIT leaves the outcome unknown unless it is a conflict', (reported, verdict) => {
    const error = Object.assign(
      new Error('as reported'),
      typeof reported === 'number' ? { errno: reported } : { code: reported },
    );
    expect(faultAtCommit(mysqlFault('s3', error))).toMatchObject({
      verdict: verdict === 'again' ? 'again' : 'outcomeUnknown',
      cause: error,
    });
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
