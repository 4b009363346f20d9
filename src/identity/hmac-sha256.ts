import { createHmac, hash, type KeyObject } from 'node:crypto';

/** Bytes of a block of SHA-256 (FIPS 180-4, 1): what a key is padded to. */
const BLOCK_BYTES = 64;
/** Bytes of its output. */
const DIGEST_BYTES = 32;

/** What a key's bytes are combined with (RFC 2104, 2). */
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/** Longer texts take the way of the platform, which does not copy them; of ours only a request's whole content may be. */
const MAX_COPIED_BYTES = 4_096;

/** A UTF-16 unit takes at most three bytes of UTF-8. */
const MAX_BYTES_PER_UNIT = 3;

/** The two blocks that a key becomes, each followed by room for what is hashed with it. */
interface PaddedKey {
  readonly inner: Buffer;
  readonly outer: Buffer;
}

/** Beside the key objects, so that the padded key is as unprintable as they are and goes when they go. */
const paddedKeys = new WeakMap<KeyObject, PaddedKey>();

/**
 * HMAC-SHA-256 (RFC 2104) of a UTF-8 text, base64url without padding: 43 characters. Twice as fast as `createHmac` for
 * short texts and without its native object, which costs the garbage collector more than all else that a digest needs:
 * a withdrawal of an account not seen lately needs a dozen.
 *
 * @param key at most 64 bytes, as all of ours are
 */
export function hmacSha256(key: KeyObject, text: string): string {
  if (text.length * MAX_BYTES_PER_UNIT > MAX_COPIED_BYTES) {
    return createHmac('sha256', key).update(text).digest('base64url');
  }
  const { inner, outer } = paddedKeys.get(key) ?? padded(key);
  const end = BLOCK_BYTES + inner.write(text, BLOCK_BYTES, 'utf8');
  outer.write(hash('sha256', inner.subarray(0, end), 'binary'), BLOCK_BYTES, 'binary');
  return hash('sha256', outer, 'base64url');
}

/** @throws RangeError for a key that would have to be hashed first */
function padded(key: KeyObject): PaddedKey {
  const secret = key.export();
  if (secret.length > BLOCK_BYTES) throw new RangeError(`a key has at most ${BLOCK_BYTES} bytes`);
  const inner = Buffer.alloc(BLOCK_BYTES + MAX_COPIED_BYTES).fill(INNER_PAD, 0, BLOCK_BYTES);
  const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES).fill(OUTER_PAD, 0, BLOCK_BYTES);
  for (const [at, byte] of secret.entries()) {
    inner[at] = INNER_PAD ^ byte;
    outer[at] = OUTER_PAD ^ byte;
  }
  secret.fill(0);
  const pads = { inner, outer };
  paddedKeys.set(key, pads);
  return pads;
}
