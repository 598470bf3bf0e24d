/** Why a backup was not made, or is not restored. Nothing that was there before has been changed. */
export class BackupFault extends Error {
  override readonly name = 'BackupFault';

  constructor(
    readonly code:
      | 'BACKUP_FOLDER_NOT_EMPTY'
      | 'BACKUP_RUNNING'
      | 'BACKUP_NOT_WHOLE'
      | 'BACKUP_DAMAGED'
      | 'BACKUP_TOO_NEW'
      | 'FENCE_NOT_REACHED'
      | 'DATABASE_MISSING'
      | 'DATABASE_ACCESS_DENIED'
      | 'SHARD_IDENTITY_MISMATCH'
      | 'SHARD_NOT_CONFIGURED'
      | 'RESTORE_MISMATCH'
      | 'RESTORE_TARGET_NOT_EMPTY'
      | 'RESTORE_LOSES_MONEY',
    detail: string,
    options?: ErrorOptions,
  ) {
    super(detail, options);
  }
}
