import type { JournalEntry, Projection } from '../journal/index.js';
import type { LogStore, MirroredRow, StateChange, StateStore, StateTable } from '../store/ports.js';

/** How long changes are gathered: each write is a flush of the disk that the log waits for. */
const WRITE_AFTER_MS = 1_000;

/** What feeds know of themselves, which no entry of the log tells. */
const MIRRORED: ReadonlySet<StateTable> = new Set(['feeds', 'quarantine', 'parked']);

/** Of the small values: where the stream was read to, and since when pair keys are live. */
const MIRRORED_NAMES: ReadonlySet<string> = new Set(['feed-cursor', 'pair-key-times']);

/** Until where the state had come when the mirror was written: a state that is behind it was made anew. */
const CURSOR = '';

/**
 * Keeps a copy of what feeds know of themselves in the log's file. It follows from no entry, so a state that is made anew
 * would not have it: numbers that are missing would be missed by nobody, once the stream no longer holds them.
 *
 * INVARIANT it never runs ahead of the log: only what the state has on disk is copied.
 */
export class FeedMirror implements Projection {
  readonly #log: LogStore;
  readonly #state: StateStore;
  readonly #failed: (cause: unknown) => void;
  #waiting = new Map<string, MirroredRow>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  /** @param failed the copy could not be written; it is tried again with the next change */
  constructor(log: LogStore, state: StateStore, failed: (cause: unknown) => void) {
    this.#log = log;
    this.#state = state;
    this.#failed = failed;
  }

  apply(_entry: JournalEntry): void {
    // Nothing here follows from entries.
  }

  takeChanges(): readonly StateChange[] {
    return [];
  }

  settled(changes: readonly StateChange[]): void {
    for (const { table, key, value } of changes) {
      if (!isMirrored(table, key)) continue;
      const name = `${table} ${key}`;
      // A copy: the memory of changes is used again.
      this.#waiting.set(name, value === undefined ? { key: name } : { key: name, value: Buffer.from(value) });
    }
    if (this.#waiting.size > 0) this.#timer ??= setTimeout(() => void this.flush(), WRITE_AFTER_MS);
  }

  /** Writes what waits. Never rejects. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const rows = this.#waiting;
    if (rows.size > 0) {
      this.#waiting = new Map();
      this.#writing = this.#writing.then(() => this.#write(rows));
    }
    return this.#writing;
  }

  async #write(rows: ReadonlyMap<string, MirroredRow>): Promise<void> {
    try {
      await this.#log.mirror([
        ...rows.values(),
        { key: CURSOR, value: Buffer.from(String(this.#state.cursor)) },
      ]);
    } catch (error) {
      this.#waiting = new Map([...rows, ...this.#waiting]);
      this.#failed(error);
    }
  }
}

/**
 * Gives a state that was made anew what feeds knew of themselves. Call it before anything reads the state.
 *
 * @throws StoreError code `STORE_WRITE_FAILED`
 */
export async function restoreFeeds(log: LogStore, state: StateStore): Promise<void> {
  const rows = new Map<string, Uint8Array>();
  for (const { key, value } of log.mirrored()) if (value !== undefined) rows.set(key, value);
  const cursor = rows.get(CURSOR);
  rows.delete(CURSOR);
  if (cursor === undefined || state.cursor >= Number(Buffer.from(cursor).toString())) return;
  const changes: StateChange[] = [];
  for (const table of MIRRORED) {
    for (const { key } of state.range(table, {})) {
      if (!rows.has(`${table} ${key}`)) changes.push({ table, key });
    }
  }
  for (const [name, value] of rows) {
    const blank = name.indexOf(' ');
    const table = [...MIRRORED, 'meta' as const].find((known) => known === name.slice(0, blank));
    if (table !== undefined) changes.push({ table, key: name.slice(blank + 1), value });
  }
  await state.commit(changes, state.cursor);
}

function isMirrored(table: StateTable, key: string): boolean {
  return MIRRORED.has(table) || (table === 'meta' && MIRRORED_NAMES.has(key));
}
