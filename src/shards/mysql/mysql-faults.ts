import { type FaultVerdict, ShardFault } from '../faults';

/**
 * What each error of MySQL, MariaDB and mysql2 means for a batch. Anything not listed is a defect: it is not tried
 * again.
 */
const VERDICTS: Readonly<Record<string, FaultVerdict>> = {
  ER_DUP_ENTRY: 'lookUpKeys',
  ER_DUP_ENTRY_WITH_KEY_NAME: 'lookUpKeys',

  ER_LOCK_DEADLOCK: 'again',
  ER_LOCK_WAIT_TIMEOUT: 'again',
  ER_CHECKREAD: 'again',

  PROTOCOL_CONNECTION_LOST: 'outcomeUnknown',
  PROTOCOL_SEQUENCE_TIMEOUT: 'outcomeUnknown',
  PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR: 'outcomeUnknown',
  PROTOCOL_PACKETS_OUT_OF_ORDER: 'outcomeUnknown',
  ECONNRESET: 'outcomeUnknown',
  EPIPE: 'outcomeUnknown',
  ER_QUERY_INTERRUPTED: 'outcomeUnknown',
  ER_QUERY_TIMEOUT: 'outcomeUnknown',
  ER_STATEMENT_TIMEOUT: 'outcomeUnknown',
  ER_CONNECTION_KILLED: 'outcomeUnknown',
  ER_SERVER_SHUTDOWN: 'outcomeUnknown',
  ER_NORMAL_SHUTDOWN: 'outcomeUnknown',
  ER_CLIENT_INTERACTION_TIMEOUT: 'outcomeUnknown',
  ER_ERROR_DURING_COMMIT: 'outcomeUnknown',

  TOO_MANY_WAIT: 'overloaded',

  ECONNREFUSED: 'unavailable',
  ETIMEDOUT: 'unavailable',
  EHOSTUNREACH: 'unavailable',
  ENETUNREACH: 'unavailable',
  ENOTFOUND: 'unavailable',
  EAI_AGAIN: 'unavailable',
  ACQUIRE_TIMEOUT: 'unavailable',
  NOT_OPEN: 'unavailable',
  ER_CON_COUNT_ERROR: 'unavailable',
  ER_TOO_MANY_USER_CONNECTIONS: 'unavailable',
  ER_ACCESS_DENIED_ERROR: 'unavailable',
  ER_OPTION_PREVENTS_STATEMENT: 'unavailable',
  ER_DISK_FULL: 'unavailable',
  ER_RECORD_FILE_FULL: 'unavailable',
  ER_OUT_OF_RESOURCES: 'unavailable',
};

/** Errors that the server reports by number only, or whose name differs between MySQL and MariaDB. */
const VERDICTS_BY_NUMBER: Readonly<Record<number, FaultVerdict>> = {
  1020: 'again', // record has changed since last read (MariaDB snapshot isolation)
  1062: 'lookUpKeys',
  1205: 'again',
  1213: 'again',
  1927: 'outcomeUnknown', // MariaDB: connection was killed
  4031: 'outcomeUnknown', // MySQL: the session was closed for inactivity
};

export function mysqlFault(shard: string, error: unknown): ShardFault {
  if (error instanceof ShardFault) return error;
  const { code, errno, fatal } = error as { code?: string; errno?: number; fatal?: boolean };
  const verdict = (code && VERDICTS[code]) ?? (errno && VERDICTS_BY_NUMBER[errno]);
  // What the driver calls fatal has ended the connection, also where it gives no code (a statement on a closed session).
  return new ShardFault(shard, verdict || (fatal ? 'outcomeUnknown' : 'defect'), error);
}
