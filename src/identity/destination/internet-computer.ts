import { sha224 } from '@noble/hashes/sha2.js';
import { type AccountReader, accountOf, type ReadAccount } from './account.js';
import { fromBase32, hasNoBitsLeft, RFC4648_ALPHABET } from './codecs.js';
import { crc32 } from './crc.js';

const ACCOUNT_DOMAIN = new TextEncoder().encode('\x0aaccount-id');
const SUBACCOUNT_BYTES = 32;
const CRC_BYTES = 4;
const MAX_PRINCIPAL_BYTES = 29;

/**
 * Internet Computer: an account id with its CRC in front; a principal, which stands for its default account; or a principal
 * and a subaccount (ICRC-1). All are one of the principal's accounts, and the id is what the ledger knows.
 */
export const readInternetComputer: AccountReader = (text) => {
  if (/^[0-9a-f]{64}$/i.test(text)) {
    const id = Buffer.from(text, 'hex');
    return crc32(id.subarray(CRC_BYTES)) === id.readUInt32BE(0) ? accountOf('account', id) : undefined;
  }
  const [, letters, check, digits] =
    /^((?:[a-z2-7]{5}-){1,12}[a-z2-7]{1,5}?)(?:-([a-z2-7]{7})\.([0-9a-f]{1,64}))?$/i.exec(text) ?? [];
  const principal = letters === undefined ? undefined : readPrincipal(letters);
  if (principal === undefined) return undefined;
  if (check === undefined || digits === undefined)
    return accountIdOf(principal, new Uint8Array(SUBACCOUNT_BYTES));
  const subaccount = Buffer.from(digits.padStart(SUBACCOUNT_BYTES * 2, '0'), 'hex');
  const told = fromBase32(check.toUpperCase(), RFC4648_ALPHABET);
  const isRight =
    told !== undefined && crc32(Buffer.concat([principal, subaccount])) === Buffer.from(told).readUInt32BE(0);
  return isRight ? accountIdOf(principal, subaccount) : undefined;
};

/** A CRC and up to 29 bytes, in groups of five letters. */
function readPrincipal(letters: string): Uint8Array | undefined {
  const plain = letters.replaceAll('-', '').toUpperCase();
  const bytes = hasNoBitsLeft(plain, RFC4648_ALPHABET) ? fromBase32(plain, RFC4648_ALPHABET) : undefined;
  if (bytes === undefined || bytes.length < CRC_BYTES) return undefined;
  const principal = bytes.subarray(CRC_BYTES);
  if (principal.length > MAX_PRINCIPAL_BYTES) return undefined;
  return crc32(principal) === Buffer.from(bytes).readUInt32BE(0) ? principal : undefined;
}

function accountIdOf(principal: Uint8Array, subaccount: Uint8Array): ReadAccount {
  const hash = sha224(Buffer.concat([ACCOUNT_DOMAIN, principal, subaccount]));
  const id = Buffer.alloc(CRC_BYTES + hash.length);
  id.writeUInt32BE(crc32(hash), 0);
  id.set(hash, CRC_BYTES);
  return accountOf('account', id);
}
