import { sha256 } from '@noble/hashes/sha2.js';
import { type AccountReader, accountOf } from './account.js';
import { sameBytes } from './codecs.js';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** Versions of the main network: a key's hash and a script's. */
const MAIN_NETWORK = [22, 20];
const PAYLOAD_BYTES = 24;

/** Stacks: S, a version, 20 bytes and a checksum in c32, where O is 0 and L and I are 1; a contract has its name behind. */
export const readStacks: AccountReader = (text) => {
  const [, letters = '', contract = ''] = /^S([0-9A-Z]{25,42})(\.[A-Za-z][\w-]{0,127})?$/i.exec(text) ?? [];
  const normal = letters.toUpperCase().replaceAll('O', '0').replace(/[LI]/g, '1');
  const version = ALPHABET.indexOf(normal.charAt(0));
  if (normal === '' || !MAIN_NETWORK.includes(version)) return undefined;
  let value = 0n;
  for (const letter of normal.slice(1)) {
    const digit = ALPHABET.indexOf(letter);
    if (digit === -1) return undefined;
    value = value * 32n + BigInt(digit);
  }
  const hex = value.toString(16).padStart(PAYLOAD_BYTES * 2, '0');
  if (hex.length !== PAYLOAD_BYTES * 2) return undefined;
  const bytes = Buffer.from(hex, 'hex');
  // Each zero byte in front is a zero letter, as in base 58.
  if ((/^0*/.exec(normal.slice(1))?.[0].length ?? 0) !== bytes.findIndex((byte) => byte !== 0))
    return undefined;
  const hash = bytes.subarray(0, 20);
  const checksum = sha256(sha256(Uint8Array.of(version, ...hash))).subarray(0, 4);
  if (!sameBytes(checksum, bytes.subarray(20))) return undefined;
  const { account } = accountOf(String(version), hash);
  return { account: `${account}${contract}` };
};
