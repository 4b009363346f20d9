import { join } from 'node:path';
import { type Database, type Key, open, type RootDatabase } from 'lmdb';
import { DiskGuard, type DiskLimits, fileBytes } from './disk-guard.js';
import { type FlushSeam, StoreError } from './ports.js';

/** Name of the data file within an environment's folder. */
export const DATA_FILE = 'data.mdb';

/** Only this process reads; the rest is room for slots that dead ones left behind. */
const MAX_READERS = 64;

/** More than all tables there will be; each costs a few words. */
const MAX_TABLES = 32;

export type LmdbTable = Database<Buffer, Key>;

export interface LmdbOptions extends DiskLimits {
  readonly flush?: FlushSeam;
}

/** What an environment contains. */
export interface LmdbLayout {
  readonly tables: readonly string[];
  /** `number`: ordered as numbers. `bytes`: buffers, ordered bytewise. */
  readonly keys: 'number' | 'bytes';
}

/**
 * One LMDB environment, opened so that a commit that has resolved is on disk.
 *
 * LMDB's own order is used (write pages, flush, write the header through): the binding's default of overlapping flushes
 * makes a group visible before it is durable and reports a header that could not be written as success. And the
 * binding's batching of whole event turns is off: after a failed commit it leaves a rejected promise nobody can catch.
 */
export class LmdbEnvironment {
  readonly folder: string;
  readonly #layout: LmdbLayout;
  readonly #options: LmdbOptions;
  readonly #guard: DiskGuard;
  readonly #tables = new Map<string, LmdbTable>();
  #root: RootDatabase<Buffer, Key>;
  /** After a failed commit the environment refuses, or blocks, all later ones: it must be opened anew. */
  #isBroken = false;
  #isClosed = false;
  /** Commits run one after the other, so that a broken environment is opened anew once. */
  #lastCommit: Promise<void> = Promise.resolve();

  constructor(folder: string, layout: LmdbLayout, options: LmdbOptions) {
    this.folder = folder;
    this.#layout = layout;
    this.#options = options;
    this.#guard = new DiskGuard(folder, join(folder, DATA_FILE), options);
    this.#root = this.#open();
  }

  /** Fetch it anew for every use: it changes when the environment is opened anew. */
  table(name: string): LmdbTable {
    const table = this.#tables.get(name);
    if (table === undefined) throw new RangeError(`no table ${name}`);
    return table;
  }

  /**
   * Runs `write`, which puts and removes in tables, as one transaction.
   *
   * @param bytes about how much it writes
   * @returns when it survives a power loss
   * @throws StoreError code `STORE_WRITE_FAILED`; nothing of it was kept
   */
  commit(bytes: number, write: () => void): Promise<void> {
    const turn = this.#lastCommit.then(() => this.#commitNow(bytes, write));
    this.#lastCommit = turn.catch(() => {});
    return turn;
  }

  async #commitNow(bytes: number, write: () => void): Promise<void> {
    if (this.#isClosed) throw new StoreError('STORE_WRITE_FAILED', 'the store is closed');
    if (this.#isBroken) await this.#reopen();
    this.#guard.admit(bytes);
    const flush = this.#options.flush;
    try {
      if (flush === undefined) await this.#root.batch(write);
      else await flush(() => this.#root.batch(write).then(() => {}));
    } catch (error) {
      this.#isBroken = true;
      this.#guard.checkNext();
      const cause = await nativeCause(error);
      const failure = this.#guard.failureOf(bytes);
      throw new StoreError('STORE_WRITE_FAILED', 'the disk did not take the data', {
        cause,
        ...(failure === undefined ? {} : { failure }),
      });
    }
  }

  /** Copies what is committed, without free pages, to a new folder. */
  async copyTo(folder: string): Promise<void> {
    await this.#root.backup(folder, true);
  }

  sizeBytes(): number {
    return fileBytes(join(this.folder, DATA_FILE));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#lastCommit;
    await this.#root.close();
  }

  #open(): RootDatabase<Buffer, Key> {
    const root = open<Buffer, Key>({
      path: this.folder,
      encoding: 'binary',
      mapSize: this.#options.maxBytes,
      maxReaders: MAX_READERS,
      maxDbs: MAX_TABLES,
      noSubdir: false,
      overlappingSync: false,
      eventTurnBatching: false,
    });
    const keyEncoding = this.#layout.keys === 'number' ? 'ordered-binary' : 'binary';
    for (const name of this.#layout.tables) {
      this.#tables.set(name, root.openDB<Buffer, Key>({ name, encoding: 'binary', keyEncoding }));
    }
    return root;
  }

  async #reopen(): Promise<void> {
    await this.#root.close();
    try {
      this.#root = this.#open();
    } catch (cause) {
      throw new StoreError('STORE_WRITE_FAILED', 'the store could not be opened again', { cause });
    }
    this.#isBroken = false;
  }
}

/** The binding rejects with a general error whose `commitError` rejects with the particular one. */
async function nativeCause(error: unknown): Promise<unknown> {
  if (error instanceof Error && 'commitError' in error && error.commitError instanceof Promise) {
    return error.commitError.then(
      () => error,
      (cause: unknown) => cause,
    );
  }
  return error;
}
