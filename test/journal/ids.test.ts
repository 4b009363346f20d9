import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assessmentId, positionOf, RANDOM_BITS, randomSource } from '../../src/journal/ids.js';

const field = fc.integer({ min: 1, max: 2 ** 48 - 1 });
const random = fc.integer({ min: 0, max: 2 ** RANDOM_BITS - 1 });

describe('ids', () => {
  it('are UUIDs of version 7 that give their position and time back', () => {
    fc.assert(
      fc.property(field, field, random, (ms, position, bits) => {
        const id = assessmentId(ms, position, bits);
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(positionOf(id)).toBe(position);
        expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(ms);
      }),
    );
  });

  it('keep all random bits', () => {
    fc.assert(
      fc.property(random, random, (a, b) => {
        expect(assessmentId(1, 1, a) === assessmentId(1, 1, b)).toBe(a === b);
      }),
    );
  });

  it('sort by time', () => {
    fc.assert(
      fc.property(field, field, field, field, random, random, (msA, msB, positionA, positionB, a, b) => {
        fc.pre(msA < msB);
        expect(assessmentId(msA, positionA, a) < assessmentId(msB, positionB, b)).toBe(true);
      }),
    );
  });

  it('are not made from what does not fit', () => {
    for (const bad of [-1, 1.5, 2 ** 48, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => assessmentId(bad, 1, 0)).toThrow(RangeError);
      expect(() => assessmentId(1, bad, 0)).toThrow(RangeError);
    }
  });

  it.each([
    '',
    'nonsense',
    '01890000-0000-4000-8000-000000000001',
    '01890000-0000-7000-8000-000000000000',
    '01890000-0000-7000-0000-000000000001',
    '01890000-0000-7000-8000-00000000000G',
    '01890000-0000-7000-8000-0000000000011',
    ' 01890000-0000-7000-8000-000000000001',
    '01890000-0000-7000-8000-000000000001\n',
  ])('do not look like %j', (id) => {
    expect(positionOf(id)).toBeUndefined();
  });
});

it('random bits differ over many blocks and fit', () => {
  const next = randomSource(8);
  const drawn = Array.from({ length: 100 }, next);
  expect(new Set(drawn).size).toBeGreaterThan(95);
  for (const bits of drawn) expect(bits).toBeLessThan(2 ** RANDOM_BITS);
});
