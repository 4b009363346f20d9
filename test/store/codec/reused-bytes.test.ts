import { describe, expect, it } from 'vitest';
import { ReusedBytes } from '../../../src/store/codec/reused-bytes.js';

const SIZES = Array.from({ length: 400 }, (_, at) => (at * 7_919) % 20_000);

describe('bytes that are used again', () => {
  it('gives each caller bytes of its own', () => {
    const memory = new ReusedBytes();
    const taken = SIZES.map((size, at) => memory.bytes(size).fill(at % 256));
    for (const [at, bytes] of taken.entries()) {
      expect(bytes.length).toBe(SIZES[at]);
      expect(bytes.every((byte) => byte === at % 256)).toBe(true);
    }
  });

  it('hands the same memory out again once it is released', () => {
    const memory = new ReusedBytes();
    const before = [memory.bytes(10_000), memory.bytes(10_000)];
    memory.release();
    const after = [memory.bytes(10_000), memory.bytes(10_000)];
    expect(after.map(({ buffer }) => buffer)).toEqual(before.map(({ buffer }) => buffer));
    after[0]?.fill(7);
    expect(before[0]?.every((byte) => byte === 7)).toBe(true);
  });

  it('never gives what is large a part of a piece', () => {
    const memory = new ReusedBytes();
    const large = memory.bytes(16 * 1024 + 1);
    expect(large.buffer.byteLength).toBe(16 * 1024 + 1);
  });

  it('keeps 4 MiB at most', () => {
    const memory = new ReusedBytes();
    const pieceOf = () => memory.bytes(16 * 1024).buffer;
    const first = Array.from({ length: 280 }, pieceOf);
    memory.release();
    const second = Array.from({ length: 280 }, pieceOf);
    const kept = new Set(second.filter((buffer) => first.includes(buffer)));
    expect(new Set(first).size).toBe(70);
    expect(kept.size).toBe(64);
  });
});
