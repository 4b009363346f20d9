import { SHORT_LIVED } from './byte-slab.js';
import type { ByteSource } from './reused-bytes.js';

const FIRST_CAPACITY_BYTES = 4096;

/** Longest varint that this writer makes: values up to 2^32 - 1. */
const VARINT_BYTES = 5;
const UNSIGNED_LIMIT = 2 ** 32;

const VARINT = 0;
const BIT64 = 1;
const LENGTH_DELIMITED = 2;

/**
 * Writes protobuf messages from their last byte to their first.
 *
 * In this direction the length of a nested message is known when its prefix is due, so nothing is measured beforehand
 * or moved afterwards; and short strings are copied by hand, because a call to an encoder costs more than they do.
 * Fields must therefore be written in descending order, and repeated ones last element first. What comes out equals
 * the canonical encoding of protobuf-es (a test holds it to that).
 *
 * Fields without explicit presence are left out at their default, as proto3 says.
 */
export class RecordWriter {
  #bytes = Buffer.allocUnsafeSlow(FIRST_CAPACITY_BYTES);
  #at = FIRST_CAPACITY_BYTES;

  /** Where the next byte will end. Taken before the fields of a nested message, given to {@link message} after. */
  get mark(): number {
    return this.#bytes.length - this.#at;
  }

  /**
   * The bytes written since the last call.
   *
   * @param place where they are put: what it says of how long they last holds. Left to the default they do not change
   *   any more; for long keeping they must be copied
   */
  take(place: ByteSource = SHORT_LIVED): Uint8Array {
    const out = place.bytes(this.mark);
    this.#bytes.copy(out, 0, this.#at);
    this.#at = this.#bytes.length;
    return out;
  }

  /** Forgets what was written: for one that failed halfway. */
  reset(): void {
    this.#at = this.#bytes.length;
  }

  /** Closes a nested message whose fields were written since `mark`. Written even when empty: presence is meaning. */
  message(field: number, mark: number): void {
    this.#head(field, this.mark - mark);
  }

  /** A string; absent or empty is left out. */
  text(field: number, value: string | undefined): void {
    if (value !== undefined && value !== '') this.element(field, value);
  }

  /** One element of repeated strings: written even when empty. */
  element(field: number, value: string): void {
    const length = value.length;
    this.#reserve(length);
    const bytes = this.#bytes;
    let at = this.#at;
    let index = length;
    while (index > 0) {
      const code = value.charCodeAt(index - 1);
      if (code > 0x7f) break;
      index--;
      at--;
      bytes[at] = code;
    }
    if (index === 0) {
      this.#at = at;
      this.#head(field, length);
      return;
    }
    this.#wideText(field, value);
  }

  /** A double; 0 is left out. */
  double(field: number, value: number): void {
    if (value !== 0) this.optionalDouble(field, value);
  }

  /** A double with presence; absent is left out, 0 is not. */
  optionalDouble(field: number, value: number | undefined): void {
    if (value === undefined) return;
    this.#reserve(8);
    this.#at -= 8;
    this.#bytes.writeDoubleLE(value, this.#at);
    this.#tag(field, BIT64);
  }

  /** An unsigned integer below 2^32; 0 is left out. */
  unsigned(field: number, value: number): void {
    if (value === 0) return;
    this.#varint(value);
    this.#tag(field, VARINT);
  }

  /** A whole number from -2^53 to 2^53 (int64); 0 is left out. */
  integer(field: number, value: number): void {
    if (value >= 0 && value < UNSIGNED_LIMIT) {
      this.unsigned(field, value);
      return;
    }
    // Rare: times after 2106 or before 1970. The low 7 bits of two's complement come first.
    let rest = BigInt.asUintN(64, BigInt(value));
    const groups: number[] = [];
    for (; rest > 0x7fn; rest >>= 7n) groups.push(Number(rest & 0x7fn) | 0x80);
    groups.push(Number(rest));
    this.#reserve(groups.length);
    this.#at -= groups.length;
    this.#bytes.set(groups, this.#at);
    this.#tag(field, VARINT);
  }

  /** Packed unsigned integers below 2^32, such as enums; none is left out. */
  packedUnsigned(field: number, values: readonly number[]): void {
    if (values.length === 0) return;
    const mark = this.mark;
    for (let index = values.length - 1; index >= 0; index -= 1) this.#varint(values[index] ?? 0);
    this.#head(field, this.mark - mark);
  }

  /** A bool; false is left out. */
  flag(field: number, value: boolean): void {
    if (value) this.optionalFlag(field, value);
  }

  /** A bool with presence. */
  optionalFlag(field: number, value: boolean | undefined): void {
    if (value === undefined) return;
    this.#varint(value ? 1 : 0);
    this.#tag(field, VARINT);
  }

  /** Bytes; empty is left out. */
  bytes(field: number, value: Uint8Array): void {
    if (value.length === 0) return;
    this.#reserve(value.length);
    this.#at -= value.length;
    this.#bytes.set(value, this.#at);
    this.#head(field, value.length);
  }

  /** Whole fields, as {@link take} gave them. */
  raw(fields: Uint8Array): void {
    this.#reserve(fields.length);
    this.#at -= fields.length;
    this.#bytes.set(fields, this.#at);
  }

  /** Packed fixed32; none is left out. */
  packedFixed32(field: number, values: readonly number[]): void {
    if (values.length === 0) return;
    const size = values.length * 4;
    this.#reserve(size);
    this.#at -= size;
    let at = this.#at;
    for (const value of values) at = this.#bytes.writeUInt32LE(value, at);
    this.#head(field, size);
  }

  #wideText(field: number, value: string): void {
    const size = Buffer.byteLength(value);
    this.#reserve(size);
    this.#at -= size;
    this.#bytes.write(value, this.#at, size, 'utf8');
    this.#head(field, size);
  }

  #head(field: number, length: number): void {
    this.#varint(length);
    this.#tag(field, LENGTH_DELIMITED);
  }

  #tag(field: number, wireType: number): void {
    this.#varint((field << 3) | wireType);
  }

  #varint(value: number): void {
    this.#reserve(VARINT_BYTES);
    if (value < 0x80) {
      this.#at--;
      this.#bytes[this.#at] = value;
      return;
    }
    let size = 1;
    for (let rest = value; rest > 0x7f; rest >>>= 7) size++;
    this.#at -= size;
    let at = this.#at;
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[at] = rest;
  }

  #reserve(size: number): void {
    if (this.#at < size) this.#grow(size);
  }

  #grow(size: number): void {
    const written = this.mark;
    let capacity = this.#bytes.length * 2;
    while (capacity - written < size) capacity *= 2;
    const grown = Buffer.allocUnsafeSlow(capacity);
    this.#bytes.copy(grown, capacity - written, this.#at);
    this.#bytes = grown;
    this.#at = capacity - written;
  }
}
