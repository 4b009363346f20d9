import { describe, expect, test } from 'vitest';
import { contentOf } from '../../../bench/load/http2/frame-payloads.js';
import { type Frame, FrameReader } from '../../../bench/load/http2/frame-reader.js';
import {
  FrameFlag,
  FrameType,
  frameOf,
  numberFrame,
  settingsFrame,
} from '../../../bench/load/http2/frames.js';
import { HeaderBlocks } from '../../../bench/load/http2/header-blocks.js';

const STREAM = Buffer.concat([
  settingsFrame([
    [3, 200],
    [4, 1_048_576],
  ]),
  frameOf(FrameType.SETTINGS, FrameFlag.ACK, 0, Buffer.alloc(0)),
  frameOf(FrameType.HEADERS, FrameFlag.END_HEADERS, 1, Buffer.of(0x88)),
  frameOf(FrameType.DATA, 0, 1, Buffer.from('an answer')),
  numberFrame(FrameType.WINDOW_UPDATE, 0, 17),
  frameOf(
    FrameType.HEADERS,
    FrameFlag.END_HEADERS | FrameFlag.END_STREAM,
    0x7fff_ffff,
    Buffer.of(0x88, 0x89),
  ),
]);

/** The frames that `chunks` are cut into. Each chunk is overwritten after it was read, as a socket's buffer is. */
function framesOf(chunks: readonly Buffer[]): readonly string[] {
  const frames: string[] = [];
  const reader = new FrameReader(({ type, flags, streamId, payload }: Frame) => {
    frames.push(`${type} ${flags} ${streamId} ${payload.toString('hex')}`);
  });
  for (const chunk of chunks) {
    const reused = Buffer.from(chunk);
    reader.push(reused);
    reused.fill(0xee);
  }
  return frames;
}

describe('frames', () => {
  const whole = framesOf([STREAM]);

  test('come as they were sent', () => {
    expect(whole).toEqual([
      '4 0 0 0003000000c8000400100000',
      '4 1 0 ',
      '1 4 1 88',
      `0 0 1 ${Buffer.from('an answer').toString('hex')}`,
      '8 0 0 00000011',
      '1 5 2147483647 8889',
    ]);
  });

  test('are the same wherever the stream is cut in two', () => {
    for (let at = 0; at <= STREAM.length; at += 1) {
      expect(framesOf([STREAM.subarray(0, at), STREAM.subarray(at)])).toEqual(whole);
    }
  });

  test('are the same in pieces of any size', () => {
    for (let size = 1; size <= STREAM.length; size += 1) {
      const pieces = Array.from({ length: Math.ceil(STREAM.length / size) }, (_, place) =>
        STREAM.subarray(place * size, (place + 1) * size),
      );
      expect(framesOf(pieces)).toEqual(whole);
    }
  });

  test('a peer of another protocol is told by the size of its first frame', () => {
    expect(() => framesOf([Buffer.from('HTTP/1.1 400 Bad Request\r\n')])).toThrow(
      'the peer sent a frame of 4740180 bytes, or does not speak HTTP/2',
    );
  });
});

describe('content', () => {
  const frame = (type: number, flags: number, bytes: readonly number[]): Frame => {
    return { type, flags, streamId: 1, payload: Buffer.from(bytes) };
  };

  test('is without padding and priority', () => {
    const { PADDED, PRIORITY } = FrameFlag;
    expect([...contentOf(frame(FrameType.DATA, PADDED, [2, 7, 8, 0, 0]))]).toEqual([7, 8]);
    expect([...contentOf(frame(FrameType.HEADERS, PADDED | PRIORITY, [1, 0, 0, 0, 0, 9, 7, 0]))]).toEqual([
      7,
    ]);
    expect([...contentOf(frame(FrameType.DATA, 0, [7, 8]))]).toEqual([7, 8]);
  });

  test('cannot be less than nothing', () => {
    expect(() => contentOf(frame(FrameType.DATA, FrameFlag.PADDED, [2, 0]))).toThrow(
      'more padding than payload',
    );
  });
});

describe('header blocks', () => {
  const { HEADERS, CONTINUATION, DATA } = FrameType;
  const { END_HEADERS, END_STREAM } = FrameFlag;
  const part = (type: number, flags: number, byte: number, streamId = 1): Frame => {
    return { type, flags, streamId, payload: Buffer.of(byte) };
  };

  test('are put together from their parts', () => {
    const blocks = new HeaderBlocks();
    expect(blocks.take(part(HEADERS, END_STREAM, 1))).toBeUndefined();
    expect(blocks.take(part(CONTINUATION, 0, 2))).toBeUndefined();
    const block = blocks.take(part(CONTINUATION, END_HEADERS, 3));
    expect(block).toEqual({ streamId: 1, isEnd: true, bytes: Buffer.of(1, 2, 3) });
    expect(blocks.take(part(HEADERS, END_HEADERS, 4))).toEqual({
      streamId: 1,
      isEnd: false,
      bytes: Buffer.of(4),
    });
  });

  test.each([
    ['data', part(DATA, 0, 0)],
    ['other headers', part(HEADERS, END_HEADERS, 0)],
    ['the continuation of another stream', part(CONTINUATION, END_HEADERS, 0, 3)],
  ])('are not interrupted by %s', (_, frame) => {
    const blocks = new HeaderBlocks();
    blocks.take(part(HEADERS, 0, 1));
    expect(() => blocks.take(frame)).toThrow('out of order');
  });

  test('do not begin with a continuation', () => {
    expect(() => new HeaderBlocks().take(part(CONTINUATION, END_HEADERS, 0))).toThrow('out of order');
  });
});
