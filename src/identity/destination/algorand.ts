import { sha512_256 } from '@noble/hashes/sha2.js';
import { type AccountReader, accountOf } from './account.js';
import { fromBase32, RFC4648_ALPHABET, sameBytes } from './codecs.js';

/** Algorand: a key and four bytes of its hash. The last letter has two bits that libraries do not look at. */
export const readAlgorand: AccountReader = (text) => {
  if (text.length !== 58) return undefined;
  const bytes = fromBase32(text, RFC4648_ALPHABET);
  if (bytes === undefined) return undefined;
  const key = bytes.subarray(0, 32);
  return sameBytes(sha512_256(key).subarray(-4), bytes.subarray(32, 36)) ? accountOf('key', key) : undefined;
};
