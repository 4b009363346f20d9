import { describe, expect, test } from 'vitest';
import { shortLivedBytes } from '../../../src/store/codec/byte-slab.js';

describe('short-lived bytes', () => {
  test('never share memory with others, across many slabs', () => {
    const taken = Array.from({ length: 600 }, (_, at) => shortLivedBytes(at * 7).fill(at % 256));
    for (const [at, bytes] of taken.entries()) {
      expect(bytes.length).toBe(at * 7);
      expect(bytes.every((byte) => byte === at % 256)).toBe(true);
    }
  });

  test('are cut from one piece while they are small, and alone when they are large', () => {
    // The second may begin the next piece; the third then lies in it.
    const small = [shortLivedBytes(10), shortLivedBytes(10), shortLivedBytes(10)];
    expect(new Set(small.map(({ buffer }) => buffer)).size).toBeLessThan(3);
    const large = shortLivedBytes(20_000);
    expect(large.buffer.byteLength).toBe(20_000);
  });
});
