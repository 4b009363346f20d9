import { getRandomValues } from 'node:crypto';
import type { UnixMs } from '../decision/vocabulary.js';
import type { LogPosition } from '../store/ports.js';

/** Positions and times share an id of 128 bits; each has 48, which lasts 8,900 years at 1,000 entries a second. */
const FIELD_LIMIT = 2 ** 48;
const WORD = 2 ** 32;

/** Bits of an id that are neither time, position, version nor variant: 12 + 14. */
export const RANDOM_BITS = 26;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * The id of an entry: a UUIDv7 (RFC 9562) whose last 48 bits are the entry's position, so that it is found without an
 * index.
 *
 * @param ms when it was received, 0 to 2^48 - 1
 * @param position 1 to 2^48 - 1
 * @param random an integer of {@link RANDOM_BITS} bits, so that ids cannot be counted through
 */
export function assessmentId(ms: UnixMs, position: LogPosition, random: number): string {
  requireField('ms', ms);
  requireField('position', position);
  const msHigh = Math.floor(ms / 0x10000);
  const msLow = ms % 0x10000;
  const randomA = (random >>> 14) & 0xfff;
  const randomB = random & 0x3fff;
  return `${hex32(msHigh)}-${hex16(msLow)}-${hex16(0x7000 | randomA)}-${hex16(0x8000 | randomB)}-${hex16(
    Math.floor(position / WORD),
  )}${hex32(position % WORD)}`;
}

/** The position an id points at; undefined when it is not one of our ids. The entry there must still carry this id. */
export function positionOf(id: string): LogPosition | undefined {
  if (!UUID_V7.test(id)) return undefined;
  const position = Number.parseInt(id.slice(24), 16);
  return position === 0 ? undefined : position;
}

/** Gives {@link RANDOM_BITS} random bits a call; drawn in blocks, because one draw costs more than the whole id. */
export function randomSource(blockWords = 256): () => number {
  const words = new Uint32Array(blockWords);
  let next = blockWords;
  return () => {
    if (next === blockWords) {
      getRandomValues(words);
      next = 0;
    }
    const word = words[next++] ?? 0;
    return word >>> (32 - RANDOM_BITS);
  };
}

function requireField(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 0 || value >= FIELD_LIMIT) {
    throw new RangeError(`${name} must be an integer from 0 to 2^48 - 1, got ${value}`);
  }
}

function hex16(value: number): string {
  return `${HEX[(value >>> 8) & 0xff]}${HEX[value & 0xff]}`;
}

function hex32(value: number): string {
  return `${HEX[(value >>> 24) & 0xff]}${HEX[(value >>> 16) & 0xff]}${HEX[(value >>> 8) & 0xff]}${HEX[value & 0xff]}`;
}
