import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { apportion } from '../../src/decision/apportion.js';
import { exp2Neg, log2, roundToInteger } from '../../src/decision/exact-math.js';

describe('exp2Neg', () => {
  test('is exact for whole half-lives and near the true power between them', () => {
    expect(exp2Neg(0)).toBe(1);
    expect(exp2Neg(-3)).toBe(1);
    expect(exp2Neg(1)).toBe(0.5);
    expect(exp2Neg(10)).toBe(1 / 1024);
    expect(exp2Neg(64)).toBe(0);
    expect(exp2Neg(Number.POSITIVE_INFINITY)).toBe(0);
    for (const x of [0.1, 0.5, 0.9, 1.3, 7.77, 40.4]) {
      expect(exp2Neg(x) / 2 ** -x).toBeCloseTo(1, 6);
    }
  });

  test('never rises', () => {
    const xArb = fc.double({ min: 0, max: 70, noNaN: true });
    fc.assert(
      fc.property(xArb, xArb, (a, b) => {
        expect(exp2Neg(Math.max(a, b))).toBeLessThanOrEqual(exp2Neg(Math.min(a, b)));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('log2', () => {
  test('is exact for powers of two and near the true logarithm between them', () => {
    expect(log2(1)).toBe(0);
    expect(log2(1024)).toBe(10);
    expect(log2(0.125)).toBe(-3);
    for (const x of [0.003, 0.7, 1.5, 3, 1000, 123_456.789]) expect(log2(x)).toBeCloseTo(Math.log2(x), 5);
  });
});

describe('roundToInteger', () => {
  test('rounds half upwards and knows no negative zero', () => {
    expect(roundToInteger(2.5)).toBe(3);
    expect(roundToInteger(-2.5)).toBe(-2);
    expect(Object.is(roundToInteger(-0.3), 0)).toBe(true);
  });
});

describe('apportion', () => {
  test.each([
    { amounts: [10, 20], cap: 30, shares: [10, 20] },
    { amounts: [30, 60], cap: 30, shares: [10, 20] },
    { amounts: [1, 1, 1], cap: 2, shares: [1, 1, 0] },
    { amounts: [50, 30, 21], cap: 50, shares: [25, 15, 10] },
    { amounts: [5, 5], cap: 0, shares: [0, 0] },
    { amounts: [], cap: 0, shares: [] },
  ])('$amounts under $cap', ({ amounts, cap, shares }) => {
    expect(apportion(amounts, cap)).toEqual(shares);
  });

  test('shares add up to the cap, and each is within one of its proportion', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5000), { minLength: 1, maxLength: 12 }), fc.nat(5000), (amounts, cap) => {
        const total = amounts.reduce((sum, amount) => sum + amount, 0);
        const shares = apportion(amounts, cap);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(Math.min(total, cap));
        if (total <= cap) return;
        for (const [index, share] of shares.entries()) {
          expect(Math.abs(share - ((amounts[index] ?? 0) * cap) / total)).toBeLessThan(1);
        }
      }),
    );
  });
});
