import { type AccountReader, accountOf, firstOf, type ReadAccount } from './account.js';
import { type ScriptSpelling, scriptReader } from './bitcoin.js';
import { bytesOfWords } from './codecs.js';

const ALPHABET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const CHECKSUM_WORDS = 8;
const GENERATORS = [0x98f2bc8e61n, 0x79b76d99e2n, 0xf33e5fb3c4n, 0xae2eabe2a8n, 0x1e4f43e470n];

function polymod(values: readonly number[]): bigint {
  let checksum = 1n;
  for (const value of values) {
    const top = Number(checksum >> 35n);
    checksum = ((checksum & 0x07ffffffffn) << 5n) ^ BigInt(value);
    for (const [bit, generator] of GENERATORS.entries()) if ((top >> bit) & 1) checksum ^= generator;
  }
  return checksum ^ 1n;
}

/**
 * The payload of an address with CashAddr's checksum (Bitcoin Cash specification), version byte first. Letters are of one
 * case; the prefix may be missing, since it is part of the checksum anyway.
 */
export function fromCashAddr(text: string, prefix: string): Uint8Array | undefined {
  const lower = text.toLowerCase();
  if (text !== lower && text !== text.toUpperCase()) return undefined;
  const body = lower.startsWith(`${prefix}:`) ? lower.slice(prefix.length + 1) : lower;
  if (body.length < 16 || body.length > 128) return undefined;
  const words: number[] = [];
  for (const letter of body) {
    const word = ALPHABET.indexOf(letter);
    if (word === -1) return undefined;
    words.push(word);
  }
  const head = [...prefix].map((letter) => letter.charCodeAt(0) & 31);
  if (polymod([...head, 0, ...words]) !== 0n) return undefined;
  return bytesOfWords(words.slice(0, -CHECKSUM_WORDS));
}

/** Types of the version byte: 0 and 1 a key's and a script's hash, 2 and 3 the same, able to take tokens. */
const KINDS = ['pkh', 'sh', 'pkh', 'sh'];
const HASH_BYTES = [20, 24, 28, 32, 40, 48, 56, 64];

function cashScript(text: string, prefix: string): ReadAccount | undefined {
  const bytes = fromCashAddr(text, prefix);
  const version = bytes?.[0];
  if (bytes === undefined || version === undefined || version > 127) return undefined;
  const kind = KINDS[version >> 3];
  const hash = bytes.subarray(1);
  return kind === undefined || hash.length !== HASH_BYTES[version & 7] ? undefined : accountOf(kind, hash);
}

/** Bitcoin Cash: CashAddr, the older spelling that looks like Bitcoin's, and BitPay's (C and H). */
export const readBitcoinCash: AccountReader = firstOf(
  (text) => cashScript(text, 'bitcoincash'),
  legacy('bitcoincash', { keyHash: [0x00, 0x1c], scriptHash: [0x05, 0x28] }),
);

/** eCash: of tokens the prefix is another, and the script the same. */
export const readEcash: AccountReader = firstOf(
  (text) => cashScript(text, 'ecash'),
  (text) => cashScript(text, 'etoken'),
  legacy('ecash', { keyHash: [0x00], scriptHash: [0x05] }),
);

/** The prefix before a legacy address is a scheme, and no part of a checksum. */
function legacy(prefix: string, spelling: ScriptSpelling): AccountReader {
  const read = scriptReader(spelling);
  const scheme = new RegExp(`^${prefix}:`, 'i');
  return (text) => read(text.replace(scheme, ''));
}

/** Kaspa: the same checksum; the version byte tells Schnorr key, ECDSA key and script. Lower case only. */
export const readKaspa: AccountReader = (text) => {
  if (text !== text.toLowerCase()) return undefined;
  const bytes = fromCashAddr(text, 'kaspa');
  const size = bytes === undefined ? undefined : KASPA_BYTES.get(bytes[0] ?? -1);
  return bytes === undefined || bytes.length !== size
    ? undefined
    : accountOf(String(bytes[0]), bytes.subarray(1));
};

/** Length with the version byte: a Schnorr key, an ECDSA key, a script's hash. */
const KASPA_BYTES: ReadonlyMap<number, number> = new Map([
  [0, 33],
  [1, 34],
  [8, 33],
]);
