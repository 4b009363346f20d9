import {
  type FlushSeam,
  type KeyRange,
  type LogPosition,
  STATE_TABLES,
  type StateChange,
  type StateStore,
  type StateTable,
  StoreError,
} from './ports.js';

type Table = Map<string, Uint8Array>;

/** The state in memory, for tests and for tools that simulate: same contract as the one on disk. */
export class MemoryStateStore implements StateStore {
  readonly #flush: FlushSeam;
  readonly #tables = new Map<StateTable, Table>();
  #cursor: LogPosition = 0;
  #closed = false;

  constructor(options: { readonly flush?: FlushSeam } = {}) {
    this.#flush = options.flush ?? ((flush) => flush());
    for (const table of STATE_TABLES) this.#tables.set(table, new Map());
  }

  get cursor(): LogPosition {
    return this.#cursor;
  }

  get(table: StateTable, key: string): Uint8Array | undefined {
    return this.#table(table).get(key);
  }

  *range(table: StateTable, range: KeyRange): Iterable<{ readonly key: string; readonly value: Uint8Array }> {
    const rows = this.#table(table);
    const keys = [...rows.keys()].filter((key) => isWithin(key, range)).sort(compareKeys);
    if (range.reverse === true) keys.reverse();
    for (const key of keys.slice(0, range.limit)) {
      const value = rows.get(key);
      if (value !== undefined) yield { key, value };
    }
  }

  async commit(changes: readonly StateChange[], cursor: LogPosition): Promise<void> {
    if (this.#closed) throw new StoreError('STORE_WRITE_FAILED', 'the state is closed');
    try {
      await this.#flush(async () => this.#keep(changes, cursor));
    } catch (cause) {
      throw new StoreError('STORE_WRITE_FAILED', 'the state could not be written', { cause });
    }
  }

  /** A copy would be gone with the process as well. */
  async checkpoint(): Promise<void> {}

  sizeBytes(): number {
    let bytes = 0;
    for (const table of this.#tables.values()) {
      for (const [key, value] of table) bytes += Buffer.byteLength(key) + value.length;
    }
    return bytes;
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  /** What a machine finds after its power came back. This store is then dead. */
  powerLoss(options: { readonly flush?: FlushSeam } = {}): MemoryStateStore {
    this.#closed = true;
    const survivor = new MemoryStateStore(options);
    survivor.#cursor = this.#cursor;
    for (const [name, rows] of this.#tables) survivor.#tables.set(name, new Map(rows));
    return survivor;
  }

  #keep(changes: readonly StateChange[], cursor: LogPosition): void {
    if (this.#closed) throw new Error('the state is closed');
    for (const change of changes) {
      const rows = this.#table(change.table);
      if (change.value === undefined) rows.delete(change.key);
      else rows.set(change.key, Buffer.from(change.value));
    }
    this.#cursor = cursor;
  }

  #table(name: StateTable): Table {
    const table = this.#tables.get(name);
    if (table === undefined) throw new RangeError(`no table ${name}`);
    return table;
  }
}

function isWithin(key: string, range: KeyRange): boolean {
  if (range.start !== undefined && compareKeys(key, range.start) < 0) return false;
  return range.end === undefined || compareKeys(key, range.end) < 0;
}

function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
