import { existsSync } from 'node:fs';
import { DatabaseRefusedError } from '../faults';

/** The name under which a restore fills a file, before the file has its own. */
export function restoringFile(path: string): string {
  return `${path}.restoring`;
}

/**
 * A restore that was cut off has left a file under the name that it is filled under. Beginning an empty database in its place
 * would be a new installation, and keep the restore from being begun again.
 *
 * @throws DatabaseRefusedError `RESTORE_UNFINISHED`
 */
export function refuseUnfinishedRestore(path: string): void {
  const restoring = restoringFile(path);
  if (existsSync(path) || !existsSync(restoring)) return;
  throw new DatabaseRefusedError(
    'RESTORE_UNFINISHED',
    `a restore of ${path} did not end, and left ${restoring}: run hotsplit restore again`,
  );
}
