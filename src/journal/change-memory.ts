import { ReusedBytes } from '../store/codec/reused-bytes.js';

/**
 * Memory for changes on their way to the state, used again once the state has them.
 *
 * INVARIANT memory is given back only when no collection of changes refers to it: neither the one that has just been
 * committed nor one that waits.
 */
export class ChangeMemory {
  #current = new ReusedBytes();
  readonly #spare: ReusedBytes[] = [];

  /** Where changes that are taken now are put. */
  get current(): ReusedBytes {
    return this.#current;
  }

  /** A commit begins: what is taken from now on is put elsewhere, so that the commit's memory has an end. */
  turn(): void {
    this.#current = this.#spare.pop() ?? new ReusedBytes();
  }

  /**
   * A commit has ended.
   *
   * @param used what its changes were put into
   * @param needed those of them that changes which wait still refer to
   */
  settled(used: ReadonlySet<ReusedBytes>, needed: ReadonlySet<ReusedBytes>): void {
    for (const memory of used) {
      if (memory === this.#current || needed.has(memory)) continue;
      memory.release();
      this.#spare.push(memory);
    }
  }
}
