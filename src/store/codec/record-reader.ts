import { StoreError } from '../ports.js';

/** Up to here a string is built by hand; a longer one is cheaper through the decoder of the platform. */
const SHORT_TEXT_BYTES = 24;

const TEXT_CODES: number[] = [];

/**
 * Reads protobuf messages. The tag of a field is its number times 8 plus its wire type, as on the wire.
 *
 * Made for what {@link RecordWriter} wrote: fields it does not know are skipped, packed numbers must be packed.
 *
 * @throws StoreError code `STATE_CORRUPT` from every method when the bytes are not a message
 */
export class RecordReader {
  readonly #bytes: Buffer;
  #at = 0;
  #end: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = bytes.byteLength;
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
    if (length <= SHORT_TEXT_BYTES) {
      TEXT_CODES.length = length;
      let at = start;
      while (at < end) {
        const byte = this.#bytes[at];
        if (byte === undefined || byte > 0x7f) break;
        TEXT_CODES[at - start] = byte;
        at++;
      }
      if (at === end) return String.fromCharCode.apply(null, TEXT_CODES);
    }
    return this.#bytes.toString('utf8', start, end);
  }

  double(): number {
    this.#need(8);
    const value = this.#bytes.readDoubleLE(this.#at);
    this.#at += 8;
    return value;
  }

  /** A varint below 2^32. */
  unsigned(): number {
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
      values.push(this.#bytes.readUInt32LE(this.#at));
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

  #need(size: number): void {
    if (this.#end - this.#at < size) throw malformed('it ends too early');
  }
}

function malformed(why: string): StoreError {
  return new StoreError('STATE_CORRUPT', `a stored record cannot be read: ${why}`);
}
