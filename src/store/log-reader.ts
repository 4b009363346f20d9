import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, type Key, open, type RootDatabase } from 'lmdb';
import { DATA_FILE } from './lmdb-environment.js';
import { KEY_CHECK, LOG_TABLE, MIRROR_MARK, MIRROR_TABLE, NOTES_TABLE } from './lmdb-log-store.js';
import { type LogPosition, type MirroredRow, type StoredEntry, StoreError } from './ports.js';

/** Reads a log beside the process that writes it. Sees what was on disk at each look. */
export interface LogReader {
  get(position: LogPosition): Uint8Array | undefined;
  /** Entries from `from` on that were on disk at this moment, at most `limit`. */
  page(from: LogPosition, limit: number): readonly StoredEntry[];
  /** Position of the oldest entry still there; 0 when empty. */
  firstPosition(): LogPosition;
  /** Position of the last entry; 0 when empty. */
  lastPosition(): LogPosition;
  /** All rows that are kept beside the entries, of one moment. */
  mirrored(): readonly MirroredRow[];
  /** As in `LogStore`. */
  keyCheck(): Uint8Array | undefined;
  close(): Promise<void>;
}

/**
 * Opens a log for reading only: takes no lock and changes nothing, so that tools can look while the service runs.
 *
 * @throws StoreError code `LOG_CORRUPT` when there is no log in the folder or it cannot be opened
 */
export function openLogReader(folder: string): LogReader {
  if (!existsSync(join(folder, DATA_FILE))) {
    throw new StoreError('LOG_CORRUPT', 'there is no log in the data folder');
  }
  try {
    const root = open<Buffer, Key>({ path: folder, encoding: 'binary', readOnly: true, noSubdir: false });
    const table = tableOf(root, LOG_TABLE);
    if (table === undefined) throw new Error('it has no entries');
    // Of a log that an older version wrote, not all are there.
    const notes = tableOf(root, NOTES_TABLE);
    const mirror = tableOf(root, MIRROR_TABLE);
    return {
      get: (position) => table.get(position),
      page: (start, limit) => entriesOf(table, start, limit),
      firstPosition: () => edge(table, false),
      lastPosition: () => edge(table, true),
      mirrored: () => (mirror === undefined ? [] : rowsOf(mirror)),
      keyCheck: () => notes?.get(KEY_CHECK),
      close: () => root.close(),
    };
  } catch (cause) {
    throw new StoreError('LOG_CORRUPT', 'the log cannot be opened for reading', { cause });
  }
}

/** The binding gives nothing for a table that is not there, though its types say otherwise. */
function tableOf(root: RootDatabase<Buffer, Key>, name: string): Database<Buffer, Key> | undefined {
  return root.openDB<Buffer, Key>({ name, encoding: 'binary', keyEncoding: 'ordered-binary' });
}

function edge(table: Database<Buffer, Key>, reverse: boolean): LogPosition {
  for (const key of table.getKeys({ reverse, limit: 1 })) if (typeof key === 'number') return key;
  return 0;
}

function entriesOf(table: Database<Buffer, Key>, start: LogPosition, limit: number): readonly StoredEntry[] {
  const entries: StoredEntry[] = [];
  for (const { key, value } of table.getRange({ start, limit })) {
    if (typeof key === 'number') entries.push({ position: key, bytes: value });
  }
  return entries;
}

function rowsOf(mirror: Database<Buffer, Key>): readonly MirroredRow[] {
  const rows: MirroredRow[] = [];
  for (const { key, value } of mirror.getRange({})) {
    if (typeof key === 'string') rows.push({ key: key.slice(MIRROR_MARK.length), value: Buffer.from(value) });
  }
  return rows;
}
