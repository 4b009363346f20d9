import { StoreError } from '../ports.js';

/**
 * Up to here a text is looked for among those read lately: most words of our vocabularies are no longer. Nor does the
 * platform cut so short a text out of a longer one, so that what is remembered keeps nothing else alive.
 */
const SHORT_TEXT_BYTES = 12;

/** The bits that no ASCII character has, of four bytes at once. */
const NOT_ASCII = 0x80808080 | 0;

/** Texts remembered; a power of two. All vocabularies together have some hundred words. */
const REMEMBERED_TEXTS = 1024;
const HASH_FACTOR = 31;

/** Short texts read lately, by hash: the words of a vocabulary come again in every record. */
const remembered = new Array<string | undefined>(REMEMBERED_TEXTS).fill(undefined);

/**
 * Reads protobuf messages. The tag of a field is its number times 8 plus its wire type, as on the wire.
 *
 * Made for what {@link RecordWriter} wrote: fields it does not know are skipped, packed numbers must be packed.
 *
 * @throws StoreError code `STATE_CORRUPT` from every method when the bytes are not a message
 */
export class RecordReader {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  #at = 0;
  #end: number;
  /** The part that {@link open} opened, a character for each byte. */
  #characters = '';
  #charactersAt = 0;

  constructor(bytes: Uint8Array) {
    const { buffer, byteOffset, byteLength } = bytes;
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(buffer, byteOffset, byteLength);
    this.#view = new DataView(buffer, byteOffset, byteLength);
    this.#end = byteLength;
  }

  /**
   * Goes to one of many messages that lie in the same bytes. From here on texts are cut out of one string, which is
   * several times faster than making each, and they keep that string alive: for messages that are read, used and
   * forgotten.
   *
   * @throws RangeError when the part is not within the bytes
   */
  open(start: number, end: number): void {
    this.#charactersAt = start;
    this.#characters = this.#bytes.toString('latin1', start, end);
    this.narrow(start, end);
  }

  /**
   * Goes to a part of what was opened: a message that a field held.
   *
   * @throws RangeError when the part is not within what was opened
   */
  narrow(start: number, end: number): void {
    const first = this.#charactersAt;
    if (!(start >= first && start <= end && end <= first + this.#characters.length)) {
      throw new RangeError(`bytes ${start} to ${end} were not opened`);
    }
    this.#at = start;
    this.#end = end;
  }

  /** The next field's tag; 0 at the end of the message. */
  next(): number {
    return this.#at < this.#end ? this.unsigned() : 0;
  }

  /** Goes into a nested message. Give what it returns to {@link leave} after its last field. */
  enter(): number {
    const length = this.unsigned();
    const outer = this.#end;
    this.#need(length);
    this.#end = this.#at + length;
    return outer;
  }

  leave(outer: number): void {
    this.#end = outer;
  }

  text(): string {
    const length = this.unsigned();
    this.#need(length);
    const start = this.#at;
    const end = start + length;
    this.#at = end;
    if (length <= SHORT_TEXT_BYTES) return this.#shortText(start, end);
    if (!this.#isAscii(start, end)) return this.#bytes.toString('utf8', start, end);
    return this.#cut(start, end);
  }

  double(): number {
    this.#need(8);
    const value = this.#view.getFloat64(this.#at, true);
    this.#at += 8;
    return value;
  }

  /** A varint below 2^32. */
  unsigned(): number {
    // Nearly all lengths and tags have one byte.
    const only = this.#bytes[this.#at] ?? 0x80;
    if (only < 0x80 && this.#at < this.#end) {
      this.#at++;
      return only;
    }
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      this.#need(1);
      const byte = this.#bytes[this.#at] ?? 0;
      this.#at++;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw malformed('a number is too long');
  }

  fixed32(): number {
    this.#need(4);
    const value = this.#view.getUint32(this.#at, true);
    this.#at += 4;
    return value;
  }

  flag(): boolean {
    return this.unsigned() !== 0;
  }

  /** A view, not a copy. */
  bytes(): Uint8Array {
    const length = this.unsigned();
    this.#need(length);
    const start = this.#at;
    this.#at += length;
    return this.#bytes.subarray(start, this.#at);
  }

  packedFixed32(): number[] {
    const length = this.unsigned();
    this.#need(length);
    if (length % 4 !== 0) throw malformed('packed numbers are cut short');
    const values: number[] = [];
    for (const end = this.#at + length; this.#at < end; this.#at += 4) {
      values.push(this.#view.getUint32(this.#at, true));
    }
    return values;
  }

  /** Goes past a field that is not known. */
  skip(tag: number): void {
    switch (tag & 7) {
      case 0:
        this.#skipVarint();
        return;
      case 1:
        this.#need(8);
        this.#at += 8;
        return;
      case 2: {
        const length = this.unsigned();
        this.#need(length);
        this.#at += length;
        return;
      }
      case 5:
        this.#need(4);
        this.#at += 4;
        return;
      default:
        throw malformed(`wire type ${tag & 7} is not used`);
    }
  }

  /** Unlike {@link unsigned} it passes 64 bits: what a newer version writes need not fit ours. */
  #skipVarint(): void {
    for (let bytes = 0; bytes < 10; bytes++) {
      this.#need(1);
      const byte = this.#bytes[this.#at] ?? 0;
      this.#at++;
      if (byte < 0x80) return;
    }
    throw malformed('a number is too long');
  }

  #shortText(start: number, end: number): string {
    const bytes = this.#bytes;
    let hash = 0;
    let allBits = 0;
    for (let at = start; at < end; at++) {
      const byte = bytes[at] ?? 0;
      hash = Math.imul(hash, HASH_FACTOR) + byte;
      allBits |= byte;
    }
    if (allBits > 0x7f) return bytes.toString('utf8', start, end);
    const slot = hash & (REMEMBERED_TEXTS - 1);
    const known = remembered[slot];
    if (known !== undefined && known.length === end - start) {
      let at = start;
      while (at < end && known.charCodeAt(at - start) === bytes[at]) at++;
      if (at === end) return known;
    }
    const text = this.#cut(start, end);
    remembered[slot] = text;
    return text;
  }

  #isAscii(start: number, end: number): boolean {
    let at = start;
    let allBits = 0;
    for (; at + 4 <= end; at += 4) allBits |= this.#view.getInt32(at, true);
    for (; at < end; at++) allBits |= this.#view.getInt8(at);
    return (allBits & NOT_ASCII) === 0;
  }

  /** Of ASCII only. */
  #cut(start: number, end: number): string {
    if (this.#characters === '') return this.#bytes.toString('latin1', start, end);
    return this.#characters.slice(start - this.#charactersAt, end - this.#charactersAt);
  }

  #need(size: number): void {
    if (this.#end - this.#at < size) throw malformed('it ends too early');
  }
}

function malformed(why: string): StoreError {
  return new StoreError('STATE_CORRUPT', `a stored record cannot be read: ${why}`);
}
