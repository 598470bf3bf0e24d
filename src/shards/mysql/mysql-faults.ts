import { type FaultVerdict, isOwnMistake, ShardFault } from '../faults';
import { WRITER_VERDICTS } from '../writer-fence';
import { VERDICTS_BY_NUMBER } from './mysql-error-numbers';

/** Errors that come from the driver or the network and carry a code instead of a server's number. */
const VERDICTS_BY_CODE: Readonly<Record<string, FaultVerdict>> = {
  PROTOCOL_CONNECTION_LOST: 'outcomeUnknown',
  PROTOCOL_SEQUENCE_TIMEOUT: 'outcomeUnknown',
  PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR: 'outcomeUnknown',
  PROTOCOL_PACKETS_OUT_OF_ORDER: 'outcomeUnknown',
  PROTOCOL_UNEXPECTED_PACKET: 'outcomeUnknown',
  ECONNRESET: 'outcomeUnknown',
  ECONNABORTED: 'outcomeUnknown',
  EPIPE: 'outcomeUnknown',

  TOO_MANY_WAIT: 'overloaded',

  ECONNREFUSED: 'unavailable',
  ETIMEDOUT: 'unavailable',
  EHOSTUNREACH: 'unavailable',
  EHOSTDOWN: 'unavailable',
  ENETUNREACH: 'unavailable',
  ENETDOWN: 'unavailable',
  ENOTFOUND: 'unavailable',
  EAI_AGAIN: 'unavailable',
  EMFILE: 'unavailable',
  ENFILE: 'unavailable',
  ENOBUFS: 'unavailable',
  EADDRNOTAVAIL: 'unavailable',
  HANDSHAKE_NO_SSL_SUPPORT: 'unavailable',
  HANDSHAKE_SSL_ERROR: 'unavailable',
  ACQUIRE_TIMEOUT: 'unavailable',
  NOT_OPEN: 'unavailable',
  ...WRITER_VERDICTS,
};

/**
 * What an error of MySQL, MariaDB, mysql2 or the operating system means for a transaction. A server's number decides
 * where there is one, because mysql2 names MariaDB's numbers after MySQL's.
 */
export function mysqlFault(shard: string, error: unknown): ShardFault {
  if (error instanceof ShardFault) return error;
  const { code, errno, fatal } = error as { code?: string; errno?: number; fatal?: boolean };
  return new ShardFault(shard, verdictOf({ code, errno, fatal }), error);
}

function verdictOf(reported: {
  code: string | undefined;
  errno: number | undefined;
  fatal: boolean | undefined;
}): FaultVerdict {
  const { code, errno = 0, fatal } = reported;
  // The operating system's numbers are negative in Node.
  if (errno > 0) return VERDICTS_BY_NUMBER.get(errno) ?? 'unclassified';
  const known = code === undefined ? undefined : VERDICTS_BY_CODE[code];
  if (known) return known;
  // What the driver calls fatal has ended the connection, also where it gives no code (a statement on a closed session).
  if (fatal) return 'outcomeUnknown';
  return isOwnMistake(code) ? 'defect' : 'unclassified';
}
