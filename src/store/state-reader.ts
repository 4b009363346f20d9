import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { type Database, type Key, open } from 'lmdb';
import { DATA_FILE } from './lmdb-environment.js';
import {
  CHECKSUM_BYTES,
  CURSOR_KEY,
  decodeNumber,
  SCHEMA_VERSION_KEY,
  SYSTEM_TABLE,
} from './lmdb-state-store.js';
import { type LogPosition, STATE_TABLES, type StateChange, StoreError } from './ports.js';

/** Rows read at a time. */
const PAGE = 256;

/** Reads a checkpoint of the state: nobody writes to one, a newer one takes its place. */
export interface StateReader {
  readonly cursor: LogPosition;
  readonly schemaVersion: number | undefined;
  /**
   * All rows of all tables, a page at a time.
   *
   * @throws StoreError code `STATE_CORRUPT`
   */
  pages(): Iterable<readonly StateChange[]>;
  close(): Promise<void>;
}

/**
 * Opens the checkpoint beside a state's folder, for reading only.
 *
 * @param folder of the state; the checkpoint is found from it
 * @returns undefined if there is none
 * @throws StoreError code `STATE_CORRUPT`
 */
export function openCheckpointReader(folder: string): StateReader | undefined {
  const path = `${folder}.checkpoint`;
  if (!existsSync(join(path, DATA_FILE))) return undefined;
  try {
    const root = open<Buffer, Key>({ path, encoding: 'binary', readOnly: true, noSubdir: false, maxDbs: 32 });
    const tableOf = (name: string): Database<Buffer, Key> | undefined =>
      root.openDB<Buffer, Key>({ name, encoding: 'binary', keyEncoding: 'binary' });
    const system = tableOf(SYSTEM_TABLE);
    const numberOf = (key: string): number | undefined => {
      const stored = system?.get(Buffer.from(key));
      return stored === undefined ? undefined : decodeNumber(checked(stored));
    };
    return {
      cursor: numberOf(CURSOR_KEY) ?? 0,
      schemaVersion: numberOf(SCHEMA_VERSION_KEY),
      *pages() {
        for (const table of STATE_TABLES) {
          const rows = tableOf(table);
          // One that a newer version knows, and the one that wrote this did not.
          if (rows === undefined) continue;
          for (const page of pagesOf(rows)) yield page.map(({ key, value }) => ({ table, key, value }));
        }
      },
      close: () => root.close(),
    };
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    throw new StoreError('STATE_CORRUPT', 'the checkpoint of the state cannot be read', { cause });
  }
}

function* pagesOf(
  table: Database<Buffer, Key>,
): Iterable<readonly { readonly key: string; readonly value: Uint8Array }[]> {
  let after: Buffer | undefined;
  for (;;) {
    const page: { key: string; value: Uint8Array }[] = [];
    const options = after === undefined ? {} : { start: after, exclusiveStart: true };
    for (const { key, value } of table.getRange({ ...options, limit: PAGE })) {
      if (!Buffer.isBuffer(key)) continue;
      after = Buffer.from(key);
      page.push({ key: after.toString(), value: checked(value) });
    }
    if (page.length === 0) return;
    yield page;
  }
}

function checked(stored: Buffer): Buffer {
  const value = stored.subarray(CHECKSUM_BYTES);
  if (stored.length < CHECKSUM_BYTES || stored.readUInt32LE(0) !== crc32(value)) {
    throw new StoreError('STATE_CORRUPT', 'a record of the checkpoint does not match its checksum');
  }
  return value;
}
