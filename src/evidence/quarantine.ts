import type { StateChange, StateStore } from '../store/ports.js';
import { MAX_QUARANTINED } from './bounds.js';
import { RecordTable } from './record-table.js';

/** A message that was set aside, in the feed's own form. */
export interface QuarantinedRow {
  readonly key: string;
  readonly value: Uint8Array;
}

/**
 * Part of the limit that leaves at a time. Finding the oldest looks at everything not yet written, so a flood of refused
 * messages must not pay for it with each one.
 */
const EVICTED_SHARE = 1 / 16;

/** Messages that a feed set aside, at most the newest `limit`. Keys are ordered by time; values are the feed's own. */
export class Quarantine {
  readonly #rows: RecordTable<Uint8Array>;
  #count = 0;

  /** @param table `parked` is bounded by the feed itself, a provider at a time */
  constructor(
    state: StateStore,
    private readonly limit: number = MAX_QUARANTINED,
    readonly table: 'quarantine' | 'parked' = 'quarantine',
  ) {
    // People look at refused messages now and then: nothing needs to be cached.
    const codec = { encode: (bytes: Uint8Array) => bytes, decode: (bytes: Uint8Array) => bytes };
    this.#rows = new RecordTable({ table, state, codec, cacheBytes: 0 });
    for (const _ of state.range(table, {})) this.#count++;
  }

  get count(): number {
    return this.#count;
  }

  get(key: string): Uint8Array | undefined {
    return this.#rows.get(key);
  }

  put(key: string, value: Uint8Array): void {
    if (this.#rows.get(key) === undefined) this.#count++;
    this.#rows.set(key, value);
    if (this.#count <= this.limit) return;
    const leaving = Math.max(1, Math.floor(this.limit * EVICTED_SHARE));
    for (const oldest of this.#rows.range({ limit: leaving })) this.remove(oldest.key);
  }

  remove(key: string): void {
    if (this.#rows.get(key) === undefined) return;
    this.#count--;
    this.#rows.remove(key);
  }

  /** Newest first, those before the key `before` if given. */
  list(limit: number, before?: string): QuarantinedRow[] {
    return this.#rows
      .range({ reverse: true, limit, ...(before === undefined ? {} : { end: before }) })
      .map(({ key, record }) => ({ key, value: record }));
  }

  takeChanges(into: StateChange[]): void {
    this.#rows.takeChanges(into);
  }

  settled(change: StateChange): void {
    this.#rows.settled(change);
  }
}
