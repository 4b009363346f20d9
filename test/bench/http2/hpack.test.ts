import { describe, expect, test } from 'vitest';
import { HpackDecoder } from '../../../bench/load/http2/hpack-decoder.js';
import { decodeHuffman } from '../../../bench/load/http2/hpack-huffman.js';
import { literalHeaderBlock } from '../../../bench/load/http2/hpack-literals.js';
import { STATIC_TABLE } from '../../../bench/load/http2/hpack-static-table.js';

function decode(decoder: HpackDecoder, hex: string): readonly string[] {
  const fields: string[] = [];
  const reader = { readField: (name: string, value: string) => void fields.push(`${name}: ${value}`) };
  decoder.decode(Buffer.from(hex.replaceAll(' ', ''), 'hex'), reader);
  return fields;
}

describe('the examples of RFC 7541', () => {
  test('the static table has 61 entries, where the RFC has them', () => {
    expect(STATIC_TABLE).toHaveLength(61);
    expect(STATIC_TABLE[7]).toEqual({ name: ':status', value: '200' });
    expect(STATIC_TABLE[15]).toEqual({ name: 'accept-encoding', value: 'gzip, deflate' });
    expect(STATIC_TABLE[60]).toEqual({ name: 'www-authenticate', value: '' });
  });

  test('C.2: one field of each kind', () => {
    expect(decode(new HpackDecoder(), '400a637573746f6d2d6b65790d637573746f6d2d686561646572')).toEqual([
      'custom-key: custom-header',
    ]);
    expect(decode(new HpackDecoder(), '040c2f73616d706c652f70617468')).toEqual([':path: /sample/path']);
    expect(decode(new HpackDecoder(), '100870617373776f726406736563726574')).toEqual(['password: secret']);
    expect(decode(new HpackDecoder(), '82')).toEqual([':method: GET']);
  });

  test('C.4: three blocks in Huffman code that share a table', () => {
    const decoder = new HpackDecoder();
    const first = [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'];
    expect(decode(decoder, '828684418cf1e3c2e5f23a6ba0ab90f4ff')).toEqual(first);
    expect(decode(decoder, '828684be5886a8eb10649cbf')).toEqual([...first, 'cache-control: no-cache']);
    expect(decode(decoder, '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf')).toEqual([
      ':method: GET',
      ':scheme: https',
      ':path: /index.html',
      ':authority: www.example.com',
      'custom-key: custom-value',
    ]);
  });

  test('C.6: responses evict each other from a table of 256 bytes', () => {
    const decoder = new HpackDecoder();
    const rest = (date: string) => [
      `date: Mon, 21 Oct 2013 20:13:${date} GMT`,
      'location: https://www.example.com',
    ];
    expect(
      decode(
        decoder,
        // The size of the table, which the RFC takes for agreed.
        '3fe101 488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3',
      ),
    ).toEqual([':status: 302', 'cache-control: private', ...rest('21')]);
    expect(decode(decoder, '4883640effc1c0bf')).toEqual([
      ':status: 307',
      'cache-control: private',
      ...rest('21'),
    ]);
    const third = decode(
      decoder,
      '88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
    );
    expect(third.slice(0, 4)).toEqual([':status: 200', 'cache-control: private', ...rest('22')]);
    expect(third).toHaveLength(6);
    // Only the last three are left.
    expect(decode(decoder, 'c0')).toEqual(['date: Mon, 21 Oct 2013 20:13:22 GMT']);
    expect(() => decode(decoder, 'c1')).toThrow('a header refers to entry 65');
  });
});

describe('what is no header block', () => {
  test.each([
    ['80', 'a header refers to entry 0'],
    ['be', 'a header refers to entry 62'],
    ['4003', 'a header block ends within a string'],
    ['40', 'a header block ends within a field'],
    ['ffffffffffffff01', 'a header has a number that is too large'],
    ['3fe21f', 'the peer asked for a header table of 4097 bytes'],
    // Padding of zeros; the code of the end.
    ['008118', 'a header ends within a Huffman code'],
    ['0084ffffffff00', 'a header has a Huffman code that means nothing'],
  ])('%s', (hex, problem) => {
    expect(() => decode(new HpackDecoder(), hex)).toThrow(problem);
  });

  test('a Huffman code with a byte of padding', () => {
    expect(decodeHuffman(Buffer.of(0x1f))).toBe('a');
    expect(() => decodeHuffman(Buffer.of(0x1f, 0xff))).toThrow('a header ends within a Huffman code');
  });
});

describe('our own header blocks', () => {
  test('read back as they were written', () => {
    const block = literalHeaderBlock([
      [':method', 'POST'],
      [':path', `/${'p'.repeat(300)}`],
      ['te', 'trailers'],
      ['user-agent', ''],
    ]);
    expect(decode(new HpackDecoder(), block.toString('hex'))).toEqual([
      ':method: POST',
      `:path: /${'p'.repeat(300)}`,
      'te: trailers',
      'user-agent: ',
    ]);
  });
});
