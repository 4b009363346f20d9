export type BackupErrorCode =
  /** The file is no backup of Holdfast. */
  | 'BACKUP_UNKNOWN'
  /** It ends before its end. */
  | 'BACKUP_TRUNCATED'
  /** Something in it is not what was written. */
  | 'BACKUP_DAMAGED'
  /** This version cannot read it, or cannot use the state in it. */
  | 'BACKUP_OTHER_VERSION'
  /** There is a file of this name already. */
  | 'BACKUP_EXISTS'
  /** Another process writes a backup of this name, or one was killed. */
  | 'BACKUP_UNFINISHED'
  /** The log has no entries. */
  | 'BACKUP_EMPTY'
  /** The log was trimmed, and the state that then takes the place of its entries is not there, or of another version. */
  | 'BACKUP_INCOMPLETE'
  /** Entries were trimmed from the log faster than they were read. */
  | 'BACKUP_OVERTAKEN'
  /** The folder to restore into has been in use. */
  | 'TARGET_NOT_EMPTY'
  /** No room for it. */
  | 'DISK_FULL'
  /** The archive, or its folder, cannot be read or written. */
  | 'BACKUP_UNUSABLE';

/** Why there is no backup, or why one cannot be used. Nothing half done is left behind. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
  constructor(
    readonly code: BackupErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
