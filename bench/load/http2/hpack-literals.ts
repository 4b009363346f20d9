import { STATIC_TABLE } from './hpack-static-table.js';

/** Lengths and indexes below this take one byte. */
const LARGEST_SHORT_LENGTH = 0x7f;
const LARGEST_SHORT_INDEX = 0x0f;

/**
 * Encodes fields without the table of the connection and without Huffman, so that the same bytes hold for any request on
 * any connection.
 *
 * @param fields in order, pseudo fields first
 */
export function literalHeaderBlock(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.concat(
    fields.map(([name, value]) => {
      const whole = STATIC_TABLE.findIndex((entry) => entry.name === name && entry.value === value);
      if (whole >= 0) return Buffer.of(0x80 | (whole + 1));
      const index = STATIC_TABLE.findIndex((entry) => entry.name === name) + 1;
      const nameBytes =
        index === 0
          ? Buffer.concat([Buffer.of(0), literalString(name)])
          : prefixed(0, LARGEST_SHORT_INDEX, index);
      return Buffer.concat([nameBytes, literalString(value)]);
    }),
  );
}

function literalString(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  return Buffer.concat([prefixed(0, LARGEST_SHORT_LENGTH, bytes.length), bytes]);
}

/** An integer of HPACK behind the bits of `flags`; `mask` are the bits of the first byte that it may fill. */
function prefixed(flags: number, mask: number, value: number): Buffer {
  if (value < mask) return Buffer.of(flags | value);
  const bytes = [flags | mask];
  let left = value - mask;
  for (; left >= 0x80; left >>= 7) bytes.push(0x80 | (left & 0x7f));
  bytes.push(left);
  return Buffer.from(bytes);
}
