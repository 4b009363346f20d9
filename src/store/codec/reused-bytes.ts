/** Where encoded bytes are put. */
export interface ByteSource {
  /** @returns not cleared; the caller's alone */
  bytes(size: number): Buffer;
}

/** Holds some forty records; a group of full speed takes two or three. */
const PIECE_BYTES = 64 * 1024;

/** Above this a request gets memory of its own, which is not kept: a piece would be left half empty for it. */
const MAX_SHARED_BYTES = 16 * 1024;

/**
 * What is kept between two uses: 4 MiB, what a commit of the state takes at full speed. A burst may take more; that goes
 * back to the collector.
 */
const MAX_KEPT_PIECES = 64;

/**
 * Memory that is used again and again, for bytes whose end is known: those of a group until it is on disk, those of a
 * commit until it has ended.
 *
 * Left to the collector, the same bytes were half of what brought its long collections on: they live long enough to be
 * taken for old, and so much memory outside the heap counts as a reason to look through all of it. LMDB's binding also
 * looks the address of each piece up once.
 */
export class ReusedBytes implements ByteSource {
  readonly #pieces: Buffer[] = [];
  #piece = 0;
  #used = 0;

  bytes(size: number): Buffer {
    if (size > MAX_SHARED_BYTES) return Buffer.allocUnsafeSlow(size);
    if (this.#used + size > PIECE_BYTES) {
      this.#piece += 1;
      this.#used = 0;
    }
    let piece = this.#pieces[this.#piece];
    if (piece === undefined) {
      piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
      this.#pieces.push(piece);
    }
    const start = this.#used;
    this.#used += size;
    return piece.subarray(start, this.#used);
  }

  /** Whatever was handed out may be written over from now on: nobody may hold it any more. */
  release(): void {
    if (this.#pieces.length > MAX_KEPT_PIECES) this.#pieces.length = MAX_KEPT_PIECES;
    this.#piece = 0;
    this.#used = 0;
  }
}
