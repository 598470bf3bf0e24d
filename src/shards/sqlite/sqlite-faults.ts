import { type FaultVerdict, ShardFault } from '../faults';

/** What each SQLite error code means for a batch. Anything not listed is a defect: it is not tried again. */
const VERDICTS: Readonly<Record<string, FaultVerdict>> = {
  SQLITE_CONSTRAINT_UNIQUE: 'lookUpKeys',
  SQLITE_CONSTRAINT_PRIMARYKEY: 'lookUpKeys',
  SQLITE_BUSY: 'again',
  SQLITE_BUSY_SNAPSHOT: 'again',
  SQLITE_LOCKED: 'again',
  SQLITE_FULL: 'unavailable',
  SQLITE_CANTOPEN: 'unavailable',
  SQLITE_READONLY: 'unavailable',
  SQLITE_IOERR: 'outcomeUnknown',
  SQLITE_IOERR_WRITE: 'outcomeUnknown',
  SQLITE_IOERR_FSYNC: 'outcomeUnknown',
  NOT_OPEN: 'unavailable',
  WRITER_NOT_STARTED: 'unavailable',
  WRITER_STUCK: 'unavailable',
  WRITER_ENDED: 'outcomeUnknown',
  QUEUE_TIMEOUT: 'again',
};

export function sqliteFault(shard: string, error: unknown): ShardFault {
  if (error instanceof ShardFault) return error;
  const { code = '' } = error as { code?: string };
  return new ShardFault(shard, VERDICTS[code] ?? VERDICTS[primaryCode(code)] ?? 'defect', error);
}

/** `SQLITE_IOERR_READ` is a kind of `SQLITE_IOERR`. */
function primaryCode(extended: string): string {
  return extended.split('_', 2).join('_');
}
