import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeyFilter } from '../../src/evidence/key-filter.js';

describe('a filter of keys', () => {
  test('never denies a key that was added', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 3_000 }), (keys) => {
        const filter = new KeyFilter();
        for (const key of keys) filter.add(key);
        expect(keys.every((key) => filter.mayHave(key))).toBe(true);
        expect(filter.size).toBeLessThanOrEqual(new Set(keys).size);
      }),
    );
  });

  test('denies nearly all others, also those that differ in one character', () => {
    const filter = new KeyFilter();
    for (let n = 0; n < 50_000; n++) filter.add(`m:k1:${n}`);
    let mistaken = 0;
    for (let n = 50_000; n < 150_000; n++) if (filter.mayHave(`m:k1:${n}`)) mistaken++;
    // Expected: 100,000 strangers x 50,000 known / 2^31 = 2.3.
    expect(mistaken).toBeLessThan(20);
    expect(filter.size).toBeGreaterThan(49_980);
  });

  test('an empty one denies everything', () => {
    expect(new KeyFilter().mayHave('')).toBe(false);
  });
});
