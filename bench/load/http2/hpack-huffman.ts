import { Http2ProtocolError } from './protocol-error.js';

/** Bits of the code of each byte (RFC 7541, appendix B). The code is canonical, so that lengths alone define it. */
const CODE_BITS: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28,
  28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7,
  8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19,
  13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13,
  28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21,
  22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23,
  22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25,
  25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
];
const LONGEST_CODE_BITS = 30;
/** What is left of the last byte is filled with the beginning of a code of ones, and is less than a byte. */
const MAX_PADDING_BITS = 7;

/** Codes of one length follow each other. */
interface CodesOfLength {
  readonly firstCode: number;
  readonly bytes: readonly number[];
}

const CODES: readonly CodesOfLength[] = codesByLength();

function codesByLength(): readonly CodesOfLength[] {
  let nextCode = 0;
  return Array.from({ length: LONGEST_CODE_BITS + 1 }, (_, bits) => {
    const bytes = [...CODE_BITS.keys()].filter((byte) => CODE_BITS[byte] === bits);
    const firstCode = nextCode * 2;
    nextCode = firstCode + bytes.length;
    return { firstCode, bytes };
  });
}

/**
 * Decodes a string of HPACK's Huffman code.
 *
 * @throws Http2ProtocolError when it is not one
 */
export function decodeHuffman(encoded: Buffer): string {
  const decoded: number[] = [];
  let code = 0;
  let bits = 0;
  for (const byte of encoded) {
    for (let shift = 7; shift >= 0; shift -= 1) {
      code = code * 2 + ((byte >> shift) & 1);
      bits += 1;
      const codes = CODES[bits];
      if (codes === undefined) throw new Http2ProtocolError('a header has a Huffman code that means nothing');
      const found = codes.bytes[code - codes.firstCode];
      if (found === undefined) continue;
      decoded.push(found);
      code = 0;
      bits = 0;
    }
  }
  if (bits > MAX_PADDING_BITS || code !== 2 ** bits - 1) {
    throw new Http2ProtocolError('a header ends within a Huffman code');
  }
  return Buffer.from(decoded).toString('latin1');
}
