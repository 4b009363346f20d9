import { LRUCache } from 'lru-cache';
import { keyHash } from './key-hash.js';

/** Newcomers kept for a moment: the calls under way and those that follow at once, some 20 ms of them at full speed. */
const PROBATION_ENTRIES = 64;

/** Keys whose first use is remembered, 4 bytes each. A power of two. */
const REMEMBERED_KEYS = 32_768;

/** No {@link keyHash}. */
const NO_KEY = 0;
const NOWHERE = -1;

interface Newcomer<V> {
  readonly key: string;
  readonly value: V;
}

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
  /** In the order of a ring. Few enough that a search through hashes is quicker than a map that is never at rest. */
  readonly #newcomers: (Newcomer<V> | undefined)[] = new Array(PROBATION_ENTRIES).fill(undefined);
  readonly #hashes = new Uint32Array(PROBATION_ENTRIES);
  readonly #seenOnce = new Uint32Array(REMEMBERED_KEYS);
  #nextPlace = 0;
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
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    return this.#newcomers[this.#placeOf(key)]?.value;
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
    this.#newcomers[this.#nextPlace] = { key, value };
    this.#hashes[this.#nextPlace] = hash;
    this.#nextPlace = (this.#nextPlace + 1) % PROBATION_ENTRIES;
  }

  /** The value of a key has changed: replaces what is kept of it. No use of the key. */
  replace(key: string, value: V, bytes: number): void {
    if (this.#kept.has(key)) {
      this.#keep(key, value, bytes);
      return;
    }
    const place = this.#placeOf(key);
    if (place === NOWHERE) return;
    this.#newcomers[place] = undefined;
    this.#hashes[place] = NO_KEY;
  }

  clear(): void {
    this.#kept.clear();
    this.#newcomers.fill(undefined);
    this.#hashes.fill(NO_KEY);
  }

  /** Where a newcomer is, or {@link NOWHERE}. */
  #placeOf(key: string): number {
    const hash = keyHash(key);
    for (let place = this.#hashes.indexOf(hash); place !== NOWHERE; ) {
      if (this.#newcomers[place]?.key === key) return place;
      place = this.#hashes.indexOf(hash, place + 1);
    }
    return NOWHERE;
  }

  #keep(key: string, value: V, bytes: number): void {
    this.#sized.size = bytes;
    this.#kept.set(key, value, this.#sized);
  }
}
