import { LRUCache } from 'lru-cache';
import { keyHash } from './key-hash.js';

/** Newcomers kept for a moment: the calls under way and those that follow at once, some 20 ms of them at full speed. */
const PROBATION_ENTRIES = 64;

/** Keys whose first use is remembered, 4 bytes each. A power of two. */
const REMEMBERED_KEYS = 32_768;

/**
 * A bounded cache that keeps for long only what was asked for twice, as the 2Q algorithm does (Johnson and Shasha, VLDB
 * 1994): a newcomer stays for a moment; asked for again later, while its first use is remembered, it is kept by least
 * recent use.
 *
 * Most accounts withdraw once in a long while. A cache that kept each of them would drop what is asked for often, and
 * hand the garbage collector a stream of objects just old enough to be costly: of a million accounts asked about at
 * random, the longest pauses of the service were collections of its caches.
 */
export class TwoQueueCache<V extends {}> {
  readonly #kept: LRUCache<string, V>;
  readonly #newcomers = new Map<string, V>();
  readonly #arrivals: (string | undefined)[] = new Array(PROBATION_ENTRIES).fill(undefined);
  readonly #seenOnce = new Uint32Array(REMEMBERED_KEYS);
  #arrivalCount = 0;
  /** One object for all calls: the cache reads it at once. */
  readonly #sized = { size: 0 };

  /** @param maxBytes at least 1; what is kept for a moment comes on top */
  constructor(maxBytes: number) {
    this.#kept = new LRUCache({ maxSize: maxBytes });
  }

  /** Of what is kept, as told to {@link add}. */
  get bytes(): number {
    return this.#kept.calculatedSize;
  }

  get(key: string): V | undefined {
    return this.#newcomers.get(key) ?? this.#kept.get(key);
  }

  /**
   * Takes in what {@link get} did not have.
   *
   * @param bytes about what it takes in memory
   */
  add(key: string, value: V, bytes: number): void {
    const hash = keyHash(key);
    const slot = (hash >>> 1) & (REMEMBERED_KEYS - 1);
    if (this.#seenOnce[slot] === hash) {
      this.#keep(key, value, bytes);
      return;
    }
    this.#seenOnce[slot] = hash;
    const at = this.#arrivalCount++ % PROBATION_ENTRIES;
    const oldest = this.#arrivals[at];
    if (oldest !== undefined) this.#newcomers.delete(oldest);
    this.#arrivals[at] = key;
    this.#newcomers.set(key, value);
  }

  /** The value of a key has changed: replaces what is kept of it. No use of the key. */
  replace(key: string, value: V, bytes: number): void {
    this.#newcomers.delete(key);
    if (this.#kept.has(key)) this.#keep(key, value, bytes);
  }

  clear(): void {
    this.#newcomers.clear();
    this.#kept.clear();
  }

  #keep(key: string, value: V, bytes: number): void {
    this.#sized.size = bytes;
    this.#kept.set(key, value, this.#sized);
  }
}
