import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isAtMost } from '../../src/decision/decimal.js';

const digits = fc.stringMatching(/^[0-9]{0,38}$/);

test('amounts of any length compare exactly', () => {
  fc.assert(
    fc.property(digits, digits, digits, digits, (wholeA, partA, wholeB, partB) => {
      fc.pre(wholeA + partA !== '' && wholeB + partB !== '');
      const scaled = (whole: string, part: string) => BigInt(`${whole}${part.padEnd(38, '0')}`);
      expect(isAtMost(`${wholeA}.${partA}`, `${wholeB}.${partB}`)).toBe(
        scaled(wholeA, partA) <= scaled(wholeB, partB),
      );
    }),
  );
});

test.each(['', '.', '1e3', '-1', '1,5', 'NaN'])('`%s` is no amount, and not the same as one', (text) => {
  expect(isAtMost(text, '5')).toBe(false);
  expect(isAtMost('5', text)).toBe(false);
});
