import { sha256 } from '@noble/hashes/sha2.js';
import { base58, base58check, bech32, bech32m } from '@scure/base';

/** Longest text that is decoded as a number in base 58: the time for it grows with the square of the length. */
const MAX_BASE58_CHARACTERS = 128;

/** 25 bytes are some 34 characters, and no address with this checksum has more than 27. */
const MAX_CHECKED_CHARACTERS = 40;

const checked = base58check(sha256);
const BASE58 = /^[1-9A-HJ-NP-Za-km-z]+$/;

/** Undefined instead of an exception: most texts are not what a reader looks for. */
export function attempt<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch {
    return undefined;
  }
}

export function fromBase58(text: string): Uint8Array | undefined {
  if (text.length > MAX_BASE58_CHARACTERS || !BASE58.test(text)) return undefined;
  return attempt(() => base58.decode(text));
}

/** Base58Check: version and payload, whose checksum (double SHA-256) is right. */
export function fromBase58Check(text: string): Uint8Array | undefined {
  if (text.length > MAX_CHECKED_CHARACTERS || !BASE58.test(text)) return undefined;
  return attempt(() => checked.decode(text));
}

/** The checksum of BIP 173, or that of BIP 350. */
export type Bech32Variant = 'bech32' | 'bech32m';

/**
 * The groups of five bits behind a human-readable part, in one case, with one of both checksums. A text that does not begin
 * with that part is not decoded: saying no by an exception takes longer than reading.
 *
 * @param hrp in lower case
 * @param maxCharacters addresses have no more than 256
 */
export function fromBech32(
  text: string,
  hrp: string,
  variant: Bech32Variant,
  maxCharacters = 256,
): readonly number[] | undefined {
  if (
    text.length > maxCharacters ||
    !text
      .slice(0, hrp.length + 1)
      .toLowerCase()
      .startsWith(`${hrp}1`)
  )
    return undefined;
  if (!BECH32.test(text)) return undefined;
  const decoded = (variant === 'bech32' ? bech32 : bech32m).decodeUnsafe(text, false);
  return decoded?.prefix === hrp ? decoded.words : undefined;
}

/** Letters and digits behind the last 1, no fewer than the checksum. */
const BECH32 = /1(?:[02-9ac-hj-np-z]{6,}|[02-9AC-HJ-NP-Z]{6,})$/;

/** The bytes behind a human-readable part; undefined also if the bits left over are not zero. */
export function bytesOfBech32(text: string, hrp: string, variant: Bech32Variant): Uint8Array | undefined {
  const words = fromBech32(text, hrp, variant);
  return words === undefined ? undefined : bytesOfWords(words);
}

/** The bytes of groups of five bits; undefined if the bits left over are not zero. */
export function bytesOfWords(words: readonly number[]): Uint8Array | undefined {
  return bech32.fromWordsUnsafe([...words]) ?? undefined;
}

/** A number in hex of up to `digits` digits, zeros in front aside, with or without 0x, padded; undefined for others. */
export function paddedHex(text: string, digits: number): string | undefined {
  const [, hex] = /^(?:0x)?([0-9a-f]+)$/i.exec(text) ?? [];
  // Apart from the first pattern: two of them side by side for the zeros would try every way to share them.
  const number = hex?.replace(/^0+/, '').toLowerCase();
  return number === undefined || number.length > digits ? undefined : number.padStart(digits, '0');
}

/**
 * Reads text of an alphabet of 32 letters, whatever the bits left over behind the last whole byte say: some networks' own
 * libraries do not look at them. Who does calls `hasNoBitsLeft` too.
 *
 * @returns undefined if a letter is not of the alphabet
 */
export function fromBase32(text: string, alphabet: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const letter of text) {
    const value = alphabet.indexOf(letter);
    if (value === -1) return undefined;
    held = (held << 5) | value;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (held >> bits) & 0xff;
    held &= (1 << bits) - 1;
  }
  return bytes;
}

/** Whether the bits behind the last whole byte are zero, as who writes such a text leaves them. */
export function hasNoBitsLeft(text: string, alphabet: string): boolean {
  const bits = (text.length * 5) % 8;
  return bits < 5 && (alphabet.indexOf(text.charAt(text.length - 1)) & ((1 << bits) - 1)) === 0;
}

export const RFC4648_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
