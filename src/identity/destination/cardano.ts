import { type AccountReader, accountOf, type ReadAccount } from './account.js';
import { bytesOfWords, fromBase58, fromBech32 } from './codecs.js';

/** Header types 0 to 7 of CIP-19: with a payment part. 14 and 15 are stake addresses, which nobody pays. */
const LAST_PAYMENT_TYPE = 7;
const MAIN_NETWORK = 1;

function shelley(bytes: Uint8Array | undefined): ReadAccount | undefined {
  const header = bytes?.[0];
  if (bytes === undefined || header === undefined || bytes.length < 29 || bytes.length > 64) return undefined;
  if (header >> 4 > LAST_PAYMENT_TYPE || (header & 0x0f) !== MAIN_NETWORK) return undefined;
  return accountOf('bytes', bytes);
}

/** Cardano: `addr1...` or its bytes in hex; Byron's older ones, in base58, as they are. */
export const readCardano: AccountReader = (text) => {
  if (/^[0-9a-f]{58,128}$/i.test(text)) return shelley(Buffer.from(text, 'hex'));
  const read = fromBech32(text);
  if (read !== undefined) {
    return read.hrp === 'addr' && read.variant === 'bech32' ? shelley(bytesOfWords(read.words)) : undefined;
  }
  if (!/^(?:Ae2|DdzFF)/.test(text)) return undefined;
  const byron = fromBase58(text);
  // A CBOR pair of tagged bytes and their CRC-32.
  return byron?.[0] === 0x82 && byron[1] === 0xd8 ? accountOf('byron', byron) : undefined;
};
