import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { FolderLock } from './folder-lock.js';
import { DATA_FILE } from './lmdb-environment.js';
import { openLogStore } from './lmdb-log-store.js';
import { openLogReader } from './log-reader.js';
import { makeFolder } from './make-folder.js';
import { requireNotCopiedWhileOpen } from './open-mark.js';
import { type LogPosition, StoreError } from './ports.js';

/** What a restore did. */
export interface Restored {
  /** Position of the last entry of the log now. */
  readonly lastPosition: LogPosition;
  /** Names of what was moved aside in the data folder, kept for a look. */
  readonly movedAside: readonly string[];
}

/**
 * Puts a backup in the place of a log that cannot be used. What stood there is moved aside, never deleted; the state
 * goes aside too, since it may know entries that the backup lacks, and is made anew at the next start.
 *
 * @param backup a copy of a data folder, or of its `log` folder
 * @param suffix marks what is moved aside, e.g. a time
 * @throws StoreError codes `LOG_CORRUPT` if the backup is no sound log, `COPIED_WHILE_OPEN` (nothing is changed then), `STORE_IN_USE`
 */
export async function restoreLog(dataDir: string, backup: string, suffix: string): Promise<Restored> {
  const source = existsSync(join(backup, DATA_FILE)) ? backup : join(backup, 'log');
  requireNotCopiedWhileOpen(source);
  if (FolderLock.isHeld(source)) {
    throw new StoreError(
      'STORE_IN_USE',
      'a process has the backup open: it is no copy; see `holdfast backup make`',
    );
  }
  const reader = openLogReader(source);
  const expected = reader.lastPosition();
  await reader.close();
  if (expected === 0) throw new StoreError('LOG_CORRUPT', 'the backup has no entries');
  makeFolder(dataDir);
  const target = join(dataDir, 'log');
  const lock = FolderLock.acquire(target, () => undefined);
  const movedAside: string[] = [];
  try {
    const fresh = `${target}.restoring`;
    // Of a restore that was cut off.
    rmSync(fresh, { recursive: true, force: true });
    mkdirSync(fresh, { mode: 0o700 });
    cpSync(join(source, DATA_FILE), join(fresh, DATA_FILE));
    for (const name of ['log', 'state']) {
      const folder = join(dataDir, name);
      if (!existsSync(folder)) continue;
      renameSync(folder, `${folder}.${suffix}`);
      movedAside.push(`${name}.${suffix}`);
    }
    renameSync(fresh, target);
  } finally {
    lock.release();
  }
  const restored = await openLogStore(target);
  const { lastPosition } = restored;
  await restored.close();
  return { lastPosition, movedAside };
}
