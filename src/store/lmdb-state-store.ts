import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { type ByteSource, ReusedBytes } from './codec/reused-bytes.js';
import { flushFile, flushFolder } from './file-system.js';
import { DATA_FILE, type LmdbEnvironment, type LmdbLayout, type LmdbTable } from './lmdb-environment.js';
import {
  type KeyRange,
  type LogPosition,
  STATE_TABLES,
  type StateChange,
  type StateStore,
  type StateTable,
  StoreError,
} from './ports.js';
import { isDamage } from './write-failure.js';

/** Holds what the store itself must remember. */
export const SYSTEM_TABLE = 'system';
export const CURSOR_KEY = 'cursor';
export const SCHEMA_VERSION_KEY = 'schema-version';

export const STATE_LAYOUT: LmdbLayout = { tables: [SYSTEM_TABLE, ...STATE_TABLES], keys: 'bytes' };

/** Every value begins with the CRC-32 of the rest: LMDB itself does not notice a flipped bit. */
export const CHECKSUM_BYTES = 4;

/** LMDB's limit for pages of 4 KiB. */
const MAX_KEY_BYTES = 1_978;

/** Rows read at a time, so that no read transaction stays open while the reader works. */
const READ_PAGE = 256;

/** From here on rows are written in the order of their keys: bulk loads in random order are many times slower. */
const BULK_ROWS = 1_000;

/** What a row writes beside its bytes: about its part of the copied pages. */
const ROW_OVERHEAD_BYTES = 1_024;

/** The state in LMDB: one named database a table. */
export class LmdbStateStore implements StateStore {
  readonly #environment: LmdbEnvironment;
  readonly #hooks: StateStoreHooks;
  /** For the rows of a commit; not there while one is under way. */
  #spareMemory: ReusedBytes | undefined = new ReusedBytes();
  #cursor: LogPosition;

  constructor(environment: LmdbEnvironment, hooks: StateStoreHooks) {
    this.#environment = environment;
    this.#hooks = hooks;
    this.#cursor = this.#systemNumber(CURSOR_KEY) ?? 0;
  }

  get cursor(): LogPosition {
    return this.#cursor;
  }

  /** Version of what is stored; undefined in a new store. */
  get schemaVersion(): number | undefined {
    return this.#systemNumber(SCHEMA_VERSION_KEY);
  }

  get(table: StateTable, key: string): Uint8Array | undefined {
    return this.#read(this.#environment.table(table), Buffer.from(key));
  }

  *range(table: StateTable, range: KeyRange): Iterable<{ readonly key: string; readonly value: Uint8Array }> {
    let left = range.limit ?? Number.POSITIVE_INFINITY;
    let after: Buffer | undefined;
    while (left > 0) {
      const page = Math.min(READ_PAGE, left);
      const rows = this.#reading(() => readPage(this.#environment.table(table), range, after, page));
      for (const row of rows) yield { key: row.key.toString(), value: this.#checked(row.value) };
      if (rows.length < page) return;
      after = rows.at(-1)?.key;
      left -= page;
    }
  }

  async commit(changes: readonly StateChange[], cursor: LogPosition): Promise<void> {
    await this.#commitRows(changes, CURSOR_KEY, cursor);
    this.#cursor = cursor;
  }

  /** Marks an empty store with the version of what it will hold. */
  async initialise(schemaVersion: number): Promise<void> {
    await this.#commitRows([], SCHEMA_VERSION_KEY, schemaVersion);
  }

  /**
   * Reads the edges of every table, where damage by a crash would show first.
   *
   * @throws StoreError code `STATE_CORRUPT`
   */
  verifyEdges(): void {
    for (const table of STATE_TABLES) {
      for (const reverse of [false, true]) {
        for (const _row of this.range(table, { reverse, limit: 1 }));
      }
    }
  }

  async checkpoint(): Promise<void> {
    const folder = this.#hooks.checkpointFolder;
    const scratch = join(folder, 'new');
    try {
      rmSync(scratch, { recursive: true, force: true });
      mkdirSync(scratch, { recursive: true, mode: 0o700 });
      await this.#environment.copyTo(scratch);
      flushFile(join(scratch, DATA_FILE));
      renameSync(join(scratch, DATA_FILE), join(folder, DATA_FILE));
      flushFolder(folder);
      rmSync(scratch, { recursive: true, force: true });
    } catch (cause) {
      throw new StoreError('STORE_WRITE_FAILED', 'the checkpoint could not be written', { cause });
    }
  }

  sizeBytes(): number {
    return this.#environment.sizeBytes();
  }

  async close(): Promise<void> {
    await this.#environment.close();
    this.#hooks.onClosed();
  }

  async #commitRows(changes: readonly StateChange[], systemKey: string, systemValue: number): Promise<void> {
    const memory = this.#spareMemory ?? new ReusedBytes();
    this.#spareMemory = undefined;
    const rows = changes.map((change) => rowOf(change, memory));
    const systemRow: Row = {
      table: SYSTEM_TABLE,
      key: Buffer.from(systemKey),
      value: withChecksum(encodeNumber(systemValue), memory),
    };
    const ordered = rows.length < BULK_ROWS ? rows : rows.toSorted(compareRows);
    let bytes = ROW_OVERHEAD_BYTES;
    for (const row of ordered) bytes += row.key.length + (row.value?.length ?? 0) + ROW_OVERHEAD_BYTES;
    // Everything that can fail has been done: an exception within would commit half of it.
    const writeAll = (): void => {
      for (const row of ordered) write(this.#environment.table(row.table), row);
      write(this.#environment.table(SYSTEM_TABLE), systemRow);
    };
    await this.#environment.commit(bytes, writeAll).catch((error: unknown) => {
      if (!isDamage(error)) throw error;
      // Found only by writing. Trying again finds it again: the next start sets the state aside.
      this.#hooks.onCorrupt();
      throw new StoreError('STATE_CORRUPT', 'a page of the state is damaged', { cause: error });
    });
    // Not after a failure: nobody knows who still reads it.
    memory.release();
    this.#spareMemory = memory;
  }

  #systemNumber(key: string): number | undefined {
    const value = this.#read(this.#environment.table(SYSTEM_TABLE), Buffer.from(key));
    return value === undefined ? undefined : decodeNumber(value);
  }

  #read(table: LmdbTable, key: Buffer): Uint8Array | undefined {
    const stored = this.#reading(() => table.get(key));
    return stored === undefined ? undefined : this.#checked(stored);
  }

  /** A damaged page is found by LMDB itself, with errors of its own. */
  #reading<T>(read: () => T): T {
    try {
      return read();
    } catch (cause) {
      this.#hooks.onCorrupt();
      throw new StoreError('STATE_CORRUPT', 'a page of the state cannot be read', { cause });
    }
  }

  #checked(stored: Buffer): Uint8Array {
    const value = stored.subarray(CHECKSUM_BYTES);
    if (stored.length < CHECKSUM_BYTES || stored.readUInt32LE(0) !== crc32(value)) {
      this.#hooks.onCorrupt();
      throw new StoreError('STATE_CORRUPT', 'a record of the state does not match its checksum');
    }
    return value;
  }
}

export interface StateStoreHooks {
  /** Where {@link LmdbStateStore.checkpoint} puts its copy. */
  readonly checkpointFolder: string;
  /** A record is not what was written: the next opening must not use this state. */
  readonly onCorrupt: () => void;
  readonly onClosed: () => void;
}

interface Row {
  readonly table: string;
  readonly key: Buffer;
  readonly value: Buffer | undefined;
}

function rowOf(change: StateChange, memory: ByteSource): Row {
  const key = Buffer.from(change.key);
  if (key.length === 0 || key.length > MAX_KEY_BYTES) {
    throw new RangeError(
      `a key of table ${change.table} has ${key.length} bytes, 1 to ${MAX_KEY_BYTES} are possible`,
    );
  }
  return {
    table: change.table,
    key,
    value: change.value === undefined ? undefined : withChecksum(change.value, memory),
  };
}

function compareRows(a: Row, b: Row): number {
  if (a.table !== b.table) return a.table < b.table ? -1 : 1;
  return Buffer.compare(a.key, b.key);
}

function withChecksum(value: Uint8Array, memory: ByteSource): Buffer {
  const stored = memory.bytes(CHECKSUM_BYTES + value.length);
  stored.writeUInt32LE(crc32(value), 0);
  stored.set(value, CHECKSUM_BYTES);
  return stored;
}

function write(table: LmdbTable, row: Row): void {
  if (row.value === undefined) void table.remove(row.key);
  else void table.put(row.key, row.value);
}

function readPage(table: LmdbTable, range: KeyRange, after: Buffer | undefined, limit: number): StoredRow[] {
  const low = range.start === undefined ? undefined : Buffer.from(range.start);
  const high = range.end === undefined ? undefined : Buffer.from(range.end);
  const options =
    range.reverse === true
      ? { start: after ?? high, exclusiveStart: true, end: low, inclusiveEnd: true, reverse: true }
      : { start: after ?? low, exclusiveStart: after !== undefined, end: high };
  const rows: StoredRow[] = [];
  const defined = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  for (const { key, value } of table.getRange({ ...defined, limit })) {
    if (Buffer.isBuffer(key)) rows.push({ key: Buffer.from(key), value });
  }
  return rows;
}

interface StoredRow {
  readonly key: Buffer;
  readonly value: Buffer;
}

function encodeNumber(value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value, 0);
  return bytes;
}

export function decodeNumber(bytes: Uint8Array): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).readDoubleLE(0);
}
