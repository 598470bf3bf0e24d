/**
 * The lock, by its name in SQL, that a backup of the current database holds for as long as its snapshot is open. A migration
 * waits for the lock: an ALTER that waited for the snapshot's transaction instead would keep every writer of the table waiting.
 */
export function backupLock(): string {
  return `CONCAT('hotsplit backup ', LEFT(SHA2(DATABASE(), 256), 32))`;
}
