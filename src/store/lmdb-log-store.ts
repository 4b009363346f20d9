import { join } from 'node:path';
import type { StoreEventSink } from './events.js';
import { flushFolder, unsafeFileSystem } from './file-system.js';
import { FolderLock } from './folder-lock.js';
import { DATA_FILE, LmdbEnvironment, type LmdbOptions, type LmdbTable } from './lmdb-environment.js';
import { checkDataFile } from './lmdb-header.js';
import { decodeLogEntry, RESTORE_ADVICE } from './log-entry.js';
import { makeFolder } from './make-folder.js';
import { markClosed, markOpen, requireNotCopiedWhileOpen } from './open-mark.js';
import { MAX_DEAD_OPENINGS, OpeningMarker } from './opening-marker.js';
import { type LogPosition, type LogStore, type MirroredRow, type StoredEntry, StoreError } from './ports.js';

export const LOG_TABLE = 'log';

/** Beside the entries: what must be known of the log as a whole. */
export const NOTES_TABLE = 'notes';
export const KEY_CHECK = 1;

/** Rows that outlive the state; keys are texts, behind a mark so that none is empty. */
export const MIRROR_TABLE = 'mirror';
export const MIRROR_MARK = '.';

/** Limit of the log's file unless told otherwise: 400 days of assessments of 2 KB at 3 a second. */
export const MAX_LOG_BYTES = 256 * 1024 ** 3;

/** Newest entries whose checksums are checked at every opening: those a crash could have touched; 5 ms. */
const VERIFY_LAST = 1_000;

/** Entries read at a time, so that no read transaction stays open while the reader works. */
const READ_PAGE = 256;

/** Entries removed in one transaction: an append waits for at most this, about 2 ms and a flush. */
const TRIM_PAGE = 250;

/** What a removal writes: about one copied page for a handful of entries. */
const TRIM_BYTES_PER_ENTRY = 1_024;

/** What an entry needs beside its bytes: key, node header, its part of the copied pages. */
const ENTRY_OVERHEAD_BYTES = 128;

export interface LogStoreOptions extends Partial<LmdbOptions> {
  readonly onEvent?: StoreEventSink;
  /** Of a log that is still empty: its first entry follows this position. Default 0; a backup may begin later. */
  readonly startAfter?: LogPosition;
}

/**
 * Opens the log in `folder`, making an empty one if there is none, and checks that it is whole: no hole, and the newest
 * entries as they were written. Nothing is ever deleted or repaired.
 *
 * @throws StoreError codes `LOG_CORRUPT`, `COPIED_WHILE_OPEN` (refuse to start), `STORE_IN_USE`
 */
export async function openLogStore(folder: string, options: LogStoreOptions = {}): Promise<LogStore> {
  makeFolder(folder);
  // Before the lock: a copy has the lock file of the process that it was copied from, which may well live.
  requireNotCopiedWhileOpen(folder);
  const lock = FolderLock.acquire(folder, () => options.onEvent?.({ event: 'lock-taken-over' }));
  try {
    const unsafe = unsafeFileSystem(folder);
    if (unsafe !== undefined) options.onEvent?.({ event: 'unsafe-file-system', kind: unsafe });
    return await openLocked(folder, lock, options);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function openLocked(folder: string, lock: FolderLock, options: LogStoreOptions): Promise<LogStore> {
  const marker = new OpeningMarker(folder);
  requirePlausible(folder, marker);
  marker.begin();
  try {
    return await openAndVerify(folder, lock, options);
  } finally {
    // Whatever came of it, this process has survived it.
    marker.succeeded();
  }
}

async function openAndVerify(folder: string, lock: FolderLock, options: LogStoreOptions): Promise<LogStore> {
  const environment = openEnvironment(folder, options);
  try {
    flushFolder(folder);
    const store = readWhole(environment, lock, options.startAfter ?? 0);
    markOpen(folder);
    return store;
  } catch (error) {
    await environment.close();
    throw error;
  }
}

function requirePlausible(folder: string, marker: OpeningMarker): void {
  if (marker.deadOpenings() >= MAX_DEAD_OPENINGS) {
    throw corrupt(`the last ${marker.deadOpenings()} processes died while opening it`);
  }
  const check = checkDataFile(join(folder, DATA_FILE));
  switch (check.kind) {
    case 'absent':
      // One that died in its very first opening had none yet.
      if (marker.exists && marker.deadOpenings() === 0) {
        throw new StoreError('LOG_MISSING', `the data file of the log is gone; ${RESTORE_ADVICE}`);
      }
      return;
    case 'damaged':
      throw corrupt(check.why);
    case 'plausible':
      return;
    default:
      check satisfies never;
  }
}

function openEnvironment(folder: string, options: LogStoreOptions): LmdbEnvironment {
  try {
    const maxBytes = options.maxBytes ?? MAX_LOG_BYTES;
    return new LmdbEnvironment(
      folder,
      { tables: [LOG_TABLE, NOTES_TABLE, MIRROR_TABLE], keys: 'number' },
      { ...options, maxBytes },
    );
  } catch (cause) {
    throw corrupt('its data file cannot be opened', cause);
  }
}

function readWhole(environment: LmdbEnvironment, lock: FolderLock, startAfter: LogPosition): LogStore {
  try {
    const store = new LmdbLogStore(environment, lock, startAfter);
    verify(environment.table(LOG_TABLE), store);
    return store;
  } catch (error) {
    // Damaged pages fail inside LMDB, with errors of its own.
    throw error instanceof StoreError ? error : corrupt('its pages cannot be read', error);
  }
}

function verify(table: LmdbTable, store: LogStore): void {
  const { firstPosition, lastPosition } = store;
  const expected = lastPosition === 0 ? 0 : lastPosition - firstPosition + 1;
  const found = entryCount(table);
  if (found !== expected) {
    throw corrupt(
      `it has ${found} entries from ${firstPosition} to ${lastPosition}: ${expected - found} are missing`,
    );
  }
  for (const entry of store.readBackwards(lastPosition, VERIFY_LAST))
    decodeLogEntry(entry.position, entry.bytes);
}

/** Read from the tree's header, not by counting. */
function entryCount(table: LmdbTable): number {
  const stats: unknown = table.getStats();
  if (typeof stats === 'object' && stats !== null && 'entryCount' in stats) {
    if (typeof stats.entryCount === 'number') return stats.entryCount;
  }
  throw new Error('the store does not tell how many entries it has');
}

function corrupt(why: string, cause?: unknown): StoreError {
  return new StoreError('LOG_CORRUPT', `the log cannot be used: ${why}; ${RESTORE_ADVICE}`, { cause });
}

/** The log in LMDB: keys are positions, values the entries' bytes. */
class LmdbLogStore implements LogStore {
  readonly #environment: LmdbEnvironment;
  readonly #lock: FolderLock;
  #firstPosition: LogPosition;
  /** Not asked of the file: after a failed commit that reached it nevertheless, the file may have more. */
  #lastPosition: LogPosition;
  /** Of an empty log: what its first entry follows. */
  readonly #startAfter: LogPosition;

  constructor(environment: LmdbEnvironment, lock: FolderLock, startAfter: LogPosition) {
    this.#environment = environment;
    this.#lock = lock;
    this.#startAfter = startAfter;
    this.#firstPosition = edgePosition(environment.table(LOG_TABLE), false);
    this.#lastPosition = edgePosition(environment.table(LOG_TABLE), true);
  }

  get firstPosition(): LogPosition {
    return this.#firstPosition;
  }

  get lastPosition(): LogPosition {
    return this.#lastPosition;
  }

  async append(entries: readonly StoredEntry[]): Promise<void> {
    const first = entries[0];
    const last = entries.at(-1);
    if (first === undefined || last === undefined) return;
    const bytes = requireNext(entries, this.#lastPosition === 0 ? this.#startAfter : this.#lastPosition);
    await this.#environment.commit(bytes, () => {
      const table = this.#environment.table(LOG_TABLE);
      for (const { position, bytes: value } of entries) void table.put(position, asBuffer(value));
    });
    if (this.#firstPosition === 0) this.#firstPosition = first.position;
    this.#lastPosition = last.position;
  }

  *read(from: LogPosition, limit = Number.POSITIVE_INFINITY): Iterable<StoredEntry> {
    let next = Math.max(from, this.#firstPosition);
    let left = limit;
    while (left > 0 && next > 0 && next <= this.#lastPosition) {
      const page = Math.min(READ_PAGE, left, this.#lastPosition - next + 1);
      const entries = readPage(this.#environment.table(LOG_TABLE), next, page, false);
      yield* entries;
      if (entries.length < page) return;
      next += page;
      left -= page;
    }
  }

  *readBackwards(from: LogPosition, limit = Number.POSITIVE_INFINITY): Iterable<StoredEntry> {
    let next = Math.min(from, this.#lastPosition);
    let left = limit;
    while (left > 0 && next >= this.#firstPosition && next > 0) {
      const page = Math.min(READ_PAGE, left);
      const entries = readPage(this.#environment.table(LOG_TABLE), next, page, true);
      yield* entries;
      if (entries.length < page) return;
      next -= page;
      left -= page;
    }
  }

  get(position: LogPosition): Uint8Array | undefined {
    if (position < 1 || position > this.#lastPosition) return undefined;
    return this.#environment.table(LOG_TABLE).get(position);
  }

  async trim(through: LogPosition): Promise<void> {
    const end = Math.min(through, this.#lastPosition - 1);
    while (this.#firstPosition > 0 && this.#firstPosition <= end) {
      const first = this.#firstPosition;
      const last = Math.min(end, first + TRIM_PAGE - 1);
      await this.#environment.commit((last - first + 1) * TRIM_BYTES_PER_ENTRY, () => {
        const table = this.#environment.table(LOG_TABLE);
        for (let position = first; position <= last; position++) void table.remove(position);
      });
      this.#firstPosition = last + 1;
    }
  }

  async mirror(rows: readonly MirroredRow[]): Promise<void> {
    let bytes = 0;
    for (const { key, value } of rows) bytes += key.length + (value?.length ?? 0) + ENTRY_OVERHEAD_BYTES;
    await this.#environment.commit(bytes, () => {
      const table = this.#environment.table(MIRROR_TABLE);
      for (const { key, value } of rows) {
        if (value === undefined) void table.remove(MIRROR_MARK + key);
        else void table.put(MIRROR_MARK + key, asBuffer(value));
      }
    });
  }

  *mirrored(): Iterable<MirroredRow> {
    for (const { key, value } of this.#environment.table(MIRROR_TABLE).getRange({})) {
      if (typeof key === 'string') yield { key: key.slice(MIRROR_MARK.length), value: Buffer.from(value) };
    }
  }

  get keyCheck(): Uint8Array | undefined {
    return this.#environment.table(NOTES_TABLE).get(KEY_CHECK);
  }

  async keepKeyCheck(check: Uint8Array): Promise<void> {
    await this.#environment.commit(check.length + ENTRY_OVERHEAD_BYTES, () => {
      void this.#environment.table(NOTES_TABLE).put(KEY_CHECK, asBuffer(check));
    });
  }

  sizeBytes(): number {
    return this.#environment.sizeBytes();
  }

  async close(): Promise<void> {
    await this.#environment.close();
    markClosed(this.#environment.folder);
    this.#lock.release();
  }
}

/** Position of the first or last entry; 0 when there is none. */
function edgePosition(table: LmdbTable, last: boolean): LogPosition {
  for (const key of table.getKeys({ reverse: last, limit: 1 })) {
    if (typeof key === 'number') return key;
  }
  return 0;
}

function readPage(table: LmdbTable, start: LogPosition, limit: number, reverse: boolean): StoredEntry[] {
  const entries: StoredEntry[] = [];
  for (const { key, value } of table.getRange({ start, limit, reverse })) {
    if (typeof key === 'number') entries.push({ position: key, bytes: value });
  }
  return entries;
}

/** Checks that the entries follow without a hole; returns about how much they will write. */
function requireNext(entries: readonly StoredEntry[], lastPosition: LogPosition): number {
  let expected = lastPosition;
  let bytes = 0;
  for (const entry of entries) {
    expected++;
    if (entry.position !== expected) {
      throw new StoreError('STORE_WRITE_FAILED', `expected position ${expected}, got ${entry.position}`);
    }
    bytes += entry.bytes.length + ENTRY_OVERHEAD_BYTES;
  }
  return bytes;
}

/** The binding takes buffers; a view costs no copy. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
