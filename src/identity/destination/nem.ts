import { keccak_256 } from '@noble/hashes/sha3.js';
import { type AccountReader, accountOf } from './account.js';
import { fromBase32, RFC4648_ALPHABET, sameBytes } from './codecs.js';

/** First byte on the main network: such addresses begin with N. */
const MAIN_NETWORK = 0x68;

/** NEM: 40 letters in either case, with hyphens for readers; version, 20 bytes, four of their hash. */
export const readNem: AccountReader = (text) => {
  const letters = text.replaceAll('-', '').toUpperCase();
  const bytes = letters.length === 40 ? fromBase32(letters, RFC4648_ALPHABET) : undefined;
  if (bytes?.[0] !== MAIN_NETWORK) return undefined;
  const body = bytes.subarray(0, 21);
  return sameBytes(keccak_256(body).subarray(0, 4), bytes.subarray(21))
    ? accountOf('account', body.subarray(1))
    : undefined;
};
