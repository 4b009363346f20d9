import { keccak_256 } from '@noble/hashes/sha3.js';
import { base58xmr } from '@scure/base';
import { type AccountReader, accountOf, hexOf } from './account.js';
import { attempt, sameBytes } from './codecs.js';

/** First byte: a standard address, one with a payment id in it, a subaddress. */
const STANDARD = 18;
const INTEGRATED = 19;
const SUBADDRESS = 42;
const KEYS_BYTES = 64;

/** Monero: both keys; an integrated address is the standard one with a payment id. Subaddresses belong to nobody's wallet. */
export const readMonero: AccountReader = (text) => {
  if (text.length !== 95 && text.length !== 106) return undefined;
  const bytes = attempt(() => base58xmr.decode(text));
  if (bytes === undefined) return undefined;
  const body = bytes.subarray(0, -4);
  if (!sameBytes(keccak_256(body).subarray(0, 4), bytes.subarray(-4))) return undefined;
  const keys = body.subarray(1, 1 + KEYS_BYTES);
  const rest = body.subarray(1 + KEYS_BYTES);
  switch (body[0]) {
    case STANDARD:
      return rest.length === 0 ? accountOf('standard', keys) : undefined;
    case SUBADDRESS:
      return rest.length === 0 ? accountOf('sub', keys) : undefined;
    case INTEGRATED:
      return rest.length === 8 ? { ...accountOf('standard', keys), tag: hexOf(rest) } : undefined;
    default:
      return undefined;
  }
};
