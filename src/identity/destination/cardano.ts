import { type AccountReader, accountOf, hexOf, type ReadAccount } from './account.js';
import { bytesOfBech32, fromBase58 } from './codecs.js';
import { crc32 } from './crc.js';

/** Header types 0 to 7 of CIP-19: with a payment part. 14 and 15 are stake addresses, which nobody pays. */
const LAST_PAYMENT_TYPE = 7;
const MAIN_NETWORK = 1;

/** Of both parts, and of a header with one part (CIP-19). A pointer is one part and up to three numbers. */
const BASE_BYTES = 57;
const ONE_PART_BYTES = 29;
const LAST_BASE_TYPE = 3;
const LAST_POINTER_TYPE = 5;
const MAX_POINTER_BYTES = 64;

function shelley(bytes: Uint8Array | undefined): ReadAccount | undefined {
  const header = bytes?.[0];
  if (bytes === undefined || header === undefined) return undefined;
  const type = header >> 4;
  if (type > LAST_PAYMENT_TYPE || (header & 0x0f) !== MAIN_NETWORK) return undefined;
  const account = accountOf('bytes', bytes);
  if (type > LAST_POINTER_TYPE) return bytes.length === ONE_PART_BYTES ? account : undefined;
  if (type > LAST_BASE_TYPE) {
    return bytes.length > ONE_PART_BYTES && bytes.length <= MAX_POINTER_BYTES ? account : undefined;
  }
  if (bytes.length !== BASE_BYTES) return undefined;
  // Whoever holds the stake part holds them all: one wallet, as a rule. Types 2 and 3 have a script's.
  return { ...account, links: [`cardano-stake:${type >> 1}:${hexOf(bytes.subarray(ONE_PART_BYTES))}`] };
}

/**
 * Byron's addresses: CBOR, a pair of bytes with tag 24 and of their CRC-32. Written in base 58 by its wallets.
 * CBOR writes small numbers in fewer bytes, so the CRC may be short.
 */
function byron(bytes: Uint8Array | undefined): ReadAccount | undefined {
  if (bytes?.[0] !== 0x82 || bytes[1] !== 0xd8 || bytes[2] !== 24 || bytes[3] !== 0x58) return undefined;
  const start = 5;
  const end = start + (bytes[4] ?? 0);
  const size = CBOR_NUMBER_BYTES.get(bytes[end] ?? 0);
  if (size === undefined || bytes.length !== end + 1 + size) return undefined;
  const told = Buffer.from(bytes.subarray(end + 1)).readUIntBE(0, size);
  return crc32(bytes.subarray(start, end)) === told ? accountOf('byron', bytes) : undefined;
}

/** First byte of a number in CBOR: bytes that follow. */
const CBOR_NUMBER_BYTES: ReadonlyMap<number, number> = new Map([
  [0x18, 1],
  [0x19, 2],
  [0x1a, 4],
]);

/** Cardano: `addr1...` or its bytes in hex; Byron's older ones, in base 58 or hex. */
export const readCardano: AccountReader = (text) => {
  if (/^(?:[0-9a-f]{2}){29,120}$/i.test(text)) {
    const bytes = Buffer.from(text, 'hex');
    return shelley(bytes) ?? byron(bytes);
  }
  if (/^addr1/i.test(text)) return shelley(bytesOfBech32(text, 'addr', 'bech32'));
  return /^(?:Ae2|DdzFF)/.test(text) ? byron(fromBase58(text)) : undefined;
};
