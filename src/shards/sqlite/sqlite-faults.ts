import { faultAtCommit, type FaultVerdict, isOwnMistake, ShardFault } from '../faults';

/**
 * What each SQLite result code means for a batch, extended codes before the primary ones that they belong to. A code that
 * is not listed is `unclassified`: the file's trouble, and no defect of the service.
 */
const VERDICTS: Readonly<Record<string, FaultVerdict>> = {
  SQLITE_CONSTRAINT_UNIQUE: 'lookUpKeys',
  SQLITE_CONSTRAINT_PRIMARYKEY: 'lookUpKeys',
  SQLITE_CONSTRAINT_ROWID: 'lookUpKeys',

  SQLITE_BUSY: 'again',
  SQLITE_LOCKED: 'again',
  SQLITE_PROTOCOL: 'again',
  SQLITE_SCHEMA: 'again',
  QUEUE_TIMEOUT: 'again',

  SQLITE_IOERR: 'outcomeUnknown',
  SQLITE_INTERRUPT: 'outcomeUnknown',
  WRITER_ENDED: 'outcomeUnknown',

  SQLITE_FULL: 'unavailable',
  SQLITE_CANTOPEN: 'unavailable',
  SQLITE_READONLY: 'unavailable',
  SQLITE_PERM: 'unavailable',
  SQLITE_AUTH: 'unavailable',
  SQLITE_NOMEM: 'unavailable',
  SQLITE_CORRUPT: 'unavailable',
  SQLITE_NOTADB: 'unavailable',
  SQLITE_NOLFS: 'unavailable',
  NOT_OPEN: 'unavailable',
  // What was committed last may have gone into a file that no path names any more.
  FILE_REPLACED: 'outcomeUnknown',
  WRITER_NOT_STARTED: 'unavailable',
  WRITER_STUCK: 'unavailable',

  // Somebody's own trigger refuses: RAISE(ABORT).
  SQLITE_CONSTRAINT_TRIGGER: 'unclassified',
  SQLITE_CONSTRAINT: 'defect',
  SQLITE_ERROR: 'defect',
  SQLITE_MISMATCH: 'defect',
  SQLITE_MISUSE: 'defect',
  SQLITE_RANGE: 'defect',
  SQLITE_TOOBIG: 'defect',
};

export function sqliteFault(shard: string, error: unknown): ShardFault {
  if (error instanceof ShardFault) return error;
  return new ShardFault(shard, verdictOf(error as { code?: string; message?: string }), error);
}

/** Of an error that COMMIT itself reported. */
export function sqliteCommitFault(shard: string, error: unknown): ShardFault {
  return faultAtCommit(sqliteFault(shard, error));
}

function verdictOf({ code, message = '' }: { code?: string; message?: string }): FaultVerdict {
  // SQLite has no code of its own for a table that is gone: the file was emptied or replaced.
  if (code === 'SQLITE_ERROR' && message.startsWith('no such table')) return 'unavailable';
  const known = code === undefined ? undefined : (VERDICTS[code] ?? VERDICTS[primaryCode(code)]);
  return known ?? (isOwnMistake(code) ? 'defect' : 'unclassified');
}

/** `SQLITE_IOERR_READ` is a kind of `SQLITE_IOERR`. */
function primaryCode(extended: string): string {
  return extended.split('_', 2).join('_');
}
