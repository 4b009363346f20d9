import { decodeHuffman } from './hpack-huffman.js';
import { type HeaderField, STATIC_TABLE } from './hpack-static-table.js';
import { Http2ProtocolError } from './protocol-error.js';

/** SETTINGS_HEADER_TABLE_SIZE that holds when none is announced, in bytes as HPACK counts them. */
const MAX_TABLE_BYTES = 4_096;
/** What an entry of the table counts beyond its text. */
const ENTRY_OVERHEAD_BYTES = 32;
/** No length or index of a sane header is longer than this many bytes of 7 bits. */
const MAX_INTEGER_SHIFT = 21;

/** Takes the fields of a block, in order. */
export interface FieldReader {
  readField(name: string, value: string): void;
}

/**
 * Decodes the header blocks of one connection (RFC 7541). All of them, in order: each may change the table that later ones
 * refer to.
 */
export class HpackDecoder {
  /** The oldest first. */
  readonly #table: HeaderField[] = [];
  #tableBytes = 0;
  #maxTableBytes = MAX_TABLE_BYTES;
  #block: Buffer = Buffer.alloc(0);
  #at = 0;

  /** @throws Http2ProtocolError when the block is not one */
  decode(block: Buffer, reader: FieldReader): void {
    this.#block = block;
    this.#at = 0;
    while (this.#at < block.length) {
      const first = block[this.#at] ?? 0;
      if (first >= 0x80) {
        const { name, value } = this.#fieldAt(this.#integer(0x7f));
        reader.readField(name, value);
      } else if (first >= 0x40) {
        const field = this.#literal(0x3f);
        this.#remember(field);
        reader.readField(field.name, field.value);
      } else if (first >= 0x20) {
        this.#resize(this.#integer(0x1f));
      } else {
        const { name, value } = this.#literal(0x0f);
        reader.readField(name, value);
      }
    }
  }

  #literal(indexMask: number): HeaderField {
    const index = this.#integer(indexMask);
    const name = index === 0 ? this.#string() : this.#fieldAt(index).name;
    return { name, value: this.#string() };
  }

  /** An integer whose first bits are those of the current byte under `mask`. */
  #integer(mask: number): number {
    let value = this.#byte() & mask;
    if (value < mask) return value;
    for (let shift = 0; shift <= MAX_INTEGER_SHIFT; shift += 7) {
      const byte = this.#byte();
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new Http2ProtocolError('a header has a number that is too large');
  }

  #byte(): number {
    const byte = this.#block[this.#at];
    if (byte === undefined) throw new Http2ProtocolError('a header block ends within a field');
    this.#at += 1;
    return byte;
  }

  #string(): string {
    const isHuffman = (this.#block[this.#at] ?? 0) >= 0x80;
    const length = this.#integer(0x7f);
    const end = this.#at + length;
    if (end > this.#block.length) throw new Http2ProtocolError('a header block ends within a string');
    const bytes = this.#block.subarray(this.#at, end);
    this.#at = end;
    return isHuffman ? decodeHuffman(bytes) : bytes.toString('latin1');
  }

  #fieldAt(index: number): HeaderField {
    const field =
      index <= STATIC_TABLE.length
        ? STATIC_TABLE[index - 1]
        : this.#table[this.#table.length - (index - STATIC_TABLE.length)];
    if (field === undefined)
      throw new Http2ProtocolError(`a header refers to entry ${index}, which is not there`);
    return field;
  }

  #remember(field: HeaderField): void {
    this.#table.push(field);
    this.#tableBytes += entryBytes(field);
    this.#evict();
  }

  #resize(maxBytes: number): void {
    if (maxBytes > MAX_TABLE_BYTES) {
      throw new Http2ProtocolError(`the peer asked for a header table of ${maxBytes} bytes`);
    }
    this.#maxTableBytes = maxBytes;
    this.#evict();
  }

  #evict(): void {
    while (this.#tableBytes > this.#maxTableBytes) {
      const oldest = this.#table.shift();
      if (oldest === undefined) return;
      this.#tableBytes -= entryBytes(oldest);
    }
  }
}

function entryBytes({ name, value }: HeaderField): number {
  return name.length + value.length + ENTRY_OVERHEAD_BYTES;
}
