import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asOf, readAsOf } from '../../../src/server/risk/as-of.js';

test('every position reads back from its token', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (position) => {
      expect(readAsOf(asOf(position))).toBe(position);
    }),
  );
});

test('one position has one token', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^p1\.[0-9a-z]{1,11}$/), (token) => {
      const position = readAsOf(token);
      if (position !== undefined) expect(asOf(position)).toBe(token);
    }),
  );
});

test.each(['', '1', 'p1.', 'p1.01', 'p1.-1', 'p2.1', 'p1.A', ' p1.1', 'p1.1 ', 'p1.zzzzzzzzzzzz', 'p1.1.5'])(
  'no token of ours: %j',
  (token) => {
    expect(readAsOf(token)).toBeUndefined();
  },
);

test('a position beyond exact integers is no position', () => {
  expect(readAsOf('p1.zzzzzzzzzzz')).toBeUndefined();
});
