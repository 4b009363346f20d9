/** Removed entries after which the table is renewed, at least: what renewing costs is then shared by as many. */
const MIN_REMOVED = 64;

/**
 * A Map for entries that come and soon go again, for as long as the process lives.
 *
 * A plain Map would make the garbage collector keep nearly all that ever passed through it until its next long
 * collection. It moves its entries to a new table every few insertions; the table it leaves still refers to the new one
 * and to the entries of that moment, and once one such table has grown old, short collections take all tables and
 * entries after it for needed (V8's `OrderedHashTable::Rehash`; the same with a cleared Map). A new Map has no
 * predecessor.
 *
 * Every so often a removal copies what is left, at a cost that the removals since the last share: about 3 ms for 10,000
 * entries, 50 ms for 100,000 (a plain Map of that size takes 14 ms when it grows). More do not come together: the
 * records that the state does not hold yet are bounded where they are written to it (`MAX_PENDING_RECORDS` of the
 * journal's follower), and there are as many only while it cannot be written.
 */
export class TransientMap<K, V> implements Iterable<[K, V]> {
  #entries = new Map<K, V>();
  #removed = 0;

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  set(key: K, value: V): void {
    this.#entries.set(key, value);
  }

  delete(key: K): void {
    if (!this.#entries.delete(key)) return;
    this.#removed += 1;
    if (this.#removed < MIN_REMOVED || this.#removed < this.#entries.size) return;
    this.#entries = new Map(this.#entries);
    this.#removed = 0;
  }

  /** In the order in which the keys were first set. Entries must not be removed meanwhile. */
  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.#entries[Symbol.iterator]();
  }
}
