import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Key, open } from 'lmdb';
import { DATA_FILE } from './lmdb-environment.js';
import { LOG_TABLE } from './lmdb-log-store.js';
import { type LogPosition, StoreError } from './ports.js';

/** Reads a log beside the process that writes it. Sees what was on disk at each look. */
export interface LogReader {
  get(position: LogPosition): Uint8Array | undefined;
  /** Position of the last entry; 0 when empty. */
  lastPosition(): LogPosition;
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
    const table = root.openDB<Buffer, Key>({
      name: LOG_TABLE,
      encoding: 'binary',
      keyEncoding: 'ordered-binary',
    });
    return {
      get: (position) => table.get(position),
      lastPosition: () => {
        for (const key of table.getKeys({ reverse: true, limit: 1 })) if (typeof key === 'number') return key;
        return 0;
      },
      close: () => root.close(),
    };
  } catch (cause) {
    throw new StoreError('LOG_CORRUPT', 'the log cannot be opened for reading', { cause });
  }
}
