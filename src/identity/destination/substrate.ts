import { blake2b } from '@noble/hashes/blake2.js';
import { type AccountReader, hexOf, type ReadAccount } from './account.js';
import { fromBase58, sameBytes } from './codecs.js';

const PREFIX = new TextEncoder().encode('SS58PRE');
const KEY_BYTES = 32;
/** First bytes from here on are kept for later forms. */
const FIRST_RESERVED = 0x80;

/**
 * Polkadot's kind: SS58 with any prefix of one or two bytes, or the key in hex. The prefix only names a chain; the place is
 * the key on the chain that was asked for.
 */
export const readSubstrate: AccountReader = (whole) => {
  // In a QR code the chain's first block and a name stand behind it.
  const text = whole.replace(/:0x[0-9a-f]{64}(?::.*)?$/i, '');
  const [, hex] = /^(?:0x)?([0-9a-f]{64})$/i.exec(text) ?? [];
  if (hex !== undefined) return ofKey(hex.toLowerCase());
  const bytes = fromBase58(text);
  if (bytes === undefined) return undefined;
  const first = bytes[0] ?? 0;
  if (first >= FIRST_RESERVED) return undefined;
  const prefixBytes = (first & 0x40) === 0 ? 1 : 2;
  if (bytes.length !== prefixBytes + KEY_BYTES + 2) return undefined;
  const body = bytes.subarray(0, -2);
  const checksum = blake2b(Buffer.concat([PREFIX, body]), { dkLen: 64 }).subarray(0, 2);
  return sameBytes(checksum, bytes.subarray(-2)) ? ofKey(hexOf(body.subarray(prefixBytes))) : undefined;
};

/** On another chain of the kind the key has another balance, and the same holder: a weak link. */
function ofKey(key: string): ReadAccount {
  return { account: `key:${key}`, links: [`substrate-key:${key}`] };
}
