import { blake2b } from '@noble/hashes/blake2.js';
import { type AccountReader, accountOf } from './account.js';
import { fromBase32, sameBytes } from './codecs.js';

const ALPHABET = '13456789abcdefghijkmnopqrstuwxyz';

/** Nano: `nano_` and the older `xrb_` (both also with `-`); a key of 256 bits behind four zero bits, and a checksum. */
export const readNano: AccountReader = (text) => {
  const [, key = '', check = ''] = /^(?:nano|xrb)[_-]([13][1-9a-z]{51})([1-9a-z]{8})$/.exec(text) ?? [];
  // Four more bits in front, so that whole letters make whole bytes.
  const padded = fromBase32(`1111${key}`, ALPHABET);
  const checksum = fromBase32(check, ALPHABET);
  if (key === '' || padded === undefined || checksum === undefined) return undefined;
  const bytes = padded.subarray(3);
  return sameBytes(blake2b(bytes, { dkLen: 5 }).reverse(), checksum) ? accountOf('key', bytes) : undefined;
};
