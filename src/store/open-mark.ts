import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unsafeFileSystem } from './file-system.js';
import { DATA_FILE } from './lmdb-environment.js';
import { StoreError } from './ports.js';

/** Is there while a process has the log open, and stays after one that was killed. Says which file that was. */
const MARK_FILE = 'open.mark';

/** File systems whose files may have other numbers after they are mounted again. */
const UNSTABLE_NUMBERS: ReadonlySet<string | undefined> = new Set(['nfs', 'cifs', 'smb2', 'fuse']);

/** What to do with a copy that may be torn: reading it checks every entry, and a new file has no torn pages. */
const COPY_ADVICE =
  'read what is whole of it with `holdfast backup make` (HOLDFAST_DATA_DIR: this folder), and put that into an empty folder with ' +
  '`holdfast backup restore`; next time use `holdfast backup make` on the running service';

/**
 * Refuses a data file that was copied while a process had it open. LMDB uses freed pages again, so a copy that was made
 * page by page beside a writer may hold pages of different moments, in places that no check at a start looks at. A copy has
 * another inode than the mark names; a file system's snapshot has the same one, and is of one moment.
 *
 * @throws StoreError code `COPIED_WHILE_OPEN`
 */
export function requireNotCopiedWhileOpen(folder: string): void {
  if (!isCopiedWhileOpen(folder)) return;
  throw new StoreError('COPIED_WHILE_OPEN', `the log was copied while a process had it open: ${COPY_ADVICE}`);
}

function isCopiedWhileOpen(folder: string): boolean {
  const marked = readMark(folder);
  if (marked === undefined || !existsSync(join(folder, DATA_FILE))) return false;
  return marked !== inodeOf(folder) && !UNSTABLE_NUMBERS.has(unsafeFileSystem(folder));
}

/** Call once the data file is there. One that cannot be written guards nothing, and is no reason to refuse a start. */
export function markOpen(folder: string): void {
  try {
    writeFileSync(join(folder, MARK_FILE), `${inodeOf(folder)}\n`, { mode: 0o600 });
  } catch {
    rmSync(join(folder, MARK_FILE), { force: true });
  }
}

/** Call once nothing writes to the data file any more. */
export function markClosed(folder: string): void {
  rmSync(join(folder, MARK_FILE), { force: true });
}

function readMark(folder: string): string | undefined {
  try {
    const text = readFileSync(join(folder, MARK_FILE), 'utf8').trim();
    return /^\d+$/.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

function inodeOf(folder: string): string {
  return statSync(join(folder, DATA_FILE), { bigint: true }).ino.toString();
}
