import { TransientMap } from '../cache/transient-map.js';
import { TwoQueueCache } from '../cache/two-queue-cache.js';
import type { ByteSource } from '../store/codec/reused-bytes.js';
import type { KeyRange, StateChange, StateStore, StateTable } from '../store/ports.js';
import { KeyFilter } from './key-filter.js';

/** Between a record of one table and its bytes. */
export interface RecordCodec<R> {
  /** @param place where the bytes may be put; by default they do not change any more */
  readonly encode: (record: R, place?: ByteSource) => Uint8Array;
  /**
   * Nothing of the record refers to the bytes.
   *
   * @throws StoreError code `STATE_CORRUPT`
   */
  readonly decode: (bytes: Uint8Array) => R;
}

export interface RecordTableOptions<R> {
  readonly table: StateTable;
  readonly state: StateStore;
  readonly codec: RecordCodec<R>;
  /** About what the cached records may take in memory; 0: none is cached. */
  readonly cacheBytes: number;
  /**
   * Remember in memory which keys there are: for a small table that is mostly asked for keys it does not have. All of
   * it is read when it is opened.
   */
  readonly knowsKeys?: boolean;
}

/** What the state needs of a table, whatever its records are. */
export interface ChangeSource {
  readonly table: StateTable;
  readonly cachedBytes: number;
  readonly pendingCount: number;
  takeChanges(into: StateChange[], place?: ByteSource): void;
  settled(change: StateChange): void;
}

/** A record that waits for the state to have it. */
interface Pending<R> {
  /** Absent: removed, or taken. */
  record: R | undefined;
  /** The change that carries it, once taken. */
  change: StateChange | undefined;
}

export interface StoredRecord<R> {
  readonly key: string;
  readonly record: R;
}

/** Remembers that there is nothing under a key: most accounts and nearly all mailboxes are unknown. */
const ABSENT: unique symbol = Symbol('absent');

/** What an object costs beside its encoded content, measured with typical account records. */
const BYTES_PER_ENCODED_BYTE = 3;
const BYTES_PER_ENTRY = 300;

/**
 * One table of the state as decoded, immutable records. Reads see what was written last, whether the state has it yet
 * or not; they never wait.
 *
 * A written record stays in `pending` until the state holds it, so the cache may forget anything at any time. Once
 * taken it stays there as its bytes: on a busy disk the state takes a fifth of a second, and so many decoded records of that age would
 * be most of what the garbage collector has to look after.
 */
export class RecordTable<R extends object> implements ChangeSource {
  readonly table: StateTable;
  readonly #state: StateStore;
  readonly #codec: RecordCodec<R>;
  readonly #cache: TwoQueueCache<R | typeof ABSENT> | undefined;
  readonly #known: KeyFilter | undefined;
  readonly #pending = new TransientMap<string, Pending<R>>();
  #dirty: string[] = [];

  constructor(options: RecordTableOptions<R>) {
    this.table = options.table;
    this.#state = options.state;
    this.#codec = options.codec;
    this.#cache = options.cacheBytes === 0 ? undefined : new TwoQueueCache(options.cacheBytes);
    this.#known = options.knowsKeys === true ? knownKeys(options) : undefined;
  }

  /** Estimated bytes of the cached records. */
  get cachedBytes(): number {
    return this.#cache?.bytes ?? 0;
  }

  /** Number of records that the state does not hold yet. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  get(key: string): R | undefined {
    if (this.#known !== undefined && !this.#known.mayHave(key)) return undefined;
    const pending = this.#pending.get(key);
    if (pending !== undefined && pending.change === undefined) return pending.record;
    const cached = this.#cache?.get(key);
    if (cached !== undefined) return cached === ABSENT ? undefined : cached;
    const bytes = pending === undefined ? this.#state.get(this.table, key) : pending.change?.value;
    if (bytes === undefined) {
      this.#cache?.add(key, ABSENT, cachedSize(key, 0));
      return undefined;
    }
    const record = this.#codec.decode(bytes);
    this.#cache?.add(key, record, cachedSize(key, bytes.length));
    return record;
  }

  set(key: string, record: R): void {
    this.#write(key, record);
  }

  remove(key: string): void {
    this.#write(key, undefined);
  }

  /** Records of a range in the order of keys, written ones included. Not for the hot path. */
  range(range: KeyRange): StoredRecord<R>[] {
    const removedCount = this.#pending.size;
    const limit = range.limit === undefined ? {} : { limit: range.limit + removedCount };
    const found = new Map<string, R>();
    for (const { key, value } of this.#state.range(this.table, { ...range, ...limit })) {
      if (!this.#pending.has(key)) found.set(key, this.#codec.decode(value));
    }
    for (const [key, pending] of this.#pending) {
      if (!isWithin(key, range)) continue;
      const record = this.#recordOf(pending);
      if (record !== undefined) found.set(key, record);
    }
    const ordered = [...found].map(([key, record]) => ({ key, record, bytes: Buffer.from(key) }));
    ordered.sort((a, b) => Buffer.compare(a.bytes, b.bytes));
    if (range.reverse === true) ordered.reverse();
    return ordered.slice(0, range.limit).map(({ key, record }) => ({ key, record }));
  }

  /**
   * Adds what was written since the last call. Encodes here, once a record and call, not where it was written.
   *
   * @param place where the bytes are put; they are needed until the change has settled
   */
  takeChanges(into: StateChange[], place?: ByteSource): void {
    const keys = this.#dirty;
    if (keys.length === 0) return;
    this.#dirty = [];
    for (const key of keys) {
      const pending = this.#pending.get(key);
      if (pending === undefined || pending.change !== undefined) continue;
      const { record } = pending;
      const change: StateChange =
        record === undefined
          ? { table: this.table, key }
          : { table: this.table, key, value: this.#codec.encode(record, place) };
      pending.change = change;
      pending.record = undefined;
      this.#cache?.replace(key, record ?? ABSENT, cachedSize(key, change.value?.length ?? 0));
      into.push(change);
    }
  }

  /** The state holds this change now. What was written to its key since then stays pending. */
  settled(change: StateChange): void {
    const pending = this.#pending.get(change.key);
    if (pending === undefined || pending.change !== change) return;
    this.#pending.delete(change.key);
  }

  #write(key: string, record: R | undefined): void {
    this.#known?.add(key);
    const pending = this.#pending.get(key);
    if (pending === undefined || pending.change !== undefined) this.#dirty.push(key);
    this.#pending.set(key, { record, change: undefined });
  }

  #recordOf({ record, change }: Pending<R>): R | undefined {
    if (change === undefined) return record;
    return change.value === undefined ? undefined : this.#codec.decode(change.value);
  }
}

function cachedSize(key: string, encodedBytes: number): number {
  return BYTES_PER_ENTRY + key.length + encodedBytes * BYTES_PER_ENCODED_BYTE;
}

function knownKeys({ state, table }: Pick<RecordTableOptions<never>, 'state' | 'table'>): KeyFilter {
  const known = new KeyFilter();
  for (const { key } of state.range(table, {})) known.add(key);
  return known;
}

function isWithin(key: string, range: KeyRange): boolean {
  const bytes = Buffer.from(key);
  if (range.start !== undefined && Buffer.compare(bytes, Buffer.from(range.start)) < 0) return false;
  return range.end === undefined || Buffer.compare(bytes, Buffer.from(range.end)) < 0;
}
