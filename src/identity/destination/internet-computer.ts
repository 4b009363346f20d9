import { sha224 } from '@noble/hashes/sha2.js';
import { type AccountReader, accountOf } from './account.js';
import { fromBase32, RFC4648_ALPHABET } from './codecs.js';
import { crc32 } from './crc.js';

const ACCOUNT_DOMAIN = new TextEncoder().encode('\x0aaccount-id');
const DEFAULT_SUBACCOUNT = new Uint8Array(32);

/** Internet Computer: an account id with its CRC in front, or a principal, which stands for its default account. */
export const readInternetComputer: AccountReader = (text) => {
  if (/^[0-9a-f]{64}$/i.test(text)) {
    const id = Buffer.from(text, 'hex');
    return crc32(id.subarray(4)) === id.readUInt32BE(0) ? accountOf('account', id) : undefined;
  }
  if (!/^(?:[a-z2-7]{5}-){1,12}[a-z2-7]{1,5}$/i.test(text)) return undefined;
  const bytes = fromBase32(text.replaceAll('-', '').toUpperCase(), RFC4648_ALPHABET);
  if (bytes === undefined || bytes.length < 5 || bytes.length > 33) return undefined;
  const principal = bytes.subarray(4);
  if (crc32(principal) !== Buffer.from(bytes).readUInt32BE(0)) return undefined;
  const hash = sha224(Buffer.concat([ACCOUNT_DOMAIN, principal, DEFAULT_SUBACCOUNT]));
  const id = Buffer.alloc(32);
  id.writeUInt32BE(crc32(hash), 0);
  id.set(hash, 4);
  return accountOf('account', id);
};
