import type { ByteSource } from './reused-bytes.js';

/** Large enough that dozens of records share one, small enough that the allocator hands the same memory out again. */
const SLAB_BYTES = 128 * 1024;

/** Above this a record gets memory of its own: a slab would be left half empty for it. */
const MAX_SHARED_BYTES = 16 * 1024;

let slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
let used = 0;

/**
 * Memory for bytes that are soon forgotten, cut from one piece: an allocation of its own for each record cost more than
 * encoding it. For what is written to disk there is `ReusedBytes`.
 *
 * What is kept for long must be copied, since it would keep its whole slab alive.
 *
 * @returns not cleared; never handed out again
 */
export function shortLivedBytes(size: number): Buffer {
  if (size > MAX_SHARED_BYTES) return Buffer.allocUnsafeSlow(size);
  if (used + size > SLAB_BYTES) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    used = 0;
  }
  const start = used;
  used += size;
  return slab.subarray(start, used);
}

/** {@link shortLivedBytes}, for whoever asks for a place. */
export const SHORT_LIVED: ByteSource = { bytes: shortLivedBytes };
