import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAmount } from '../../../src/server/risk/decimal-amount.js';

function amountOf(text: string): string | undefined {
  const reading = readAmount(text);
  return reading.kind === 'valid' ? reading.amount : undefined;
}

describe('amounts as programs print them', () => {
  test.each([
    ['1e-7', '0.0000001', 'JavaScript'],
    ['1.5e-7', '0.00000015', 'JavaScript'],
    ['1e+21', '1000000000000000000000', 'JavaScript'],
    ['1E-7', '0.0000001', "Python's Decimal"],
    ['1E+2', '100', "Python's Decimal, Java's BigDecimal"],
    ['1e-07', '0.0000001', "Python's float"],
    ['1.0E-7', '0.0000001', "Java's Double"],
    ['1.0E10', '10000000000', "Java's Double"],
    ['1E-07', '0.0000001', 'C#'],
    ['1e+06', '1000000', 'Go'],
    ['.5', '0.5', 'bc'],
    ['5.', '5', 'Fortran'],
    ['+1', '1', 'C with +'],
    ['007', '7', 'a padded field'],
    ['00.250', '0.25', 'a padded field'],
    ['1.50', '1.5', 'a column of a database'],
    ['100', '100', 'anybody'],
    ['0.25', '0.25', 'anybody'],
    ['1e0', '1', 'anybody'],
    ['120e-1', '12', 'anybody'],
    ['0.0012e3', '1.2', 'anybody'],
    [`${'0'.repeat(50)}1`, '1', 'a padded field'],
    [`1.${'0'.repeat(60)}`, '1', 'a padded field'],
    ['1e-00000000000038', `0.${'0'.repeat(37)}1`, 'an exponent with zeros before it'],
  ])('%s is %s (%s)', (text, plain) => {
    expect(amountOf(text)).toBe(plain);
  });

  test.each(['0', '0.000', '0e5', '.0', '0E-8', '+0'])('%s is nothing', (text) => {
    expect(readAmount(text).kind).toBe('zero');
  });

  test.each([
    '.',
    'e5',
    '+',
    '-1',
    '+-1',
    '--1',
    '1e',
    '1e+',
    '1e5.5',
    '1.2.3',
    '1,5',
    '1_000',
    '0x10',
    'NaN',
    'Infinity',
    '1 ',
    '\u0661',
    '1e39',
    '1e38',
    '1e-39',
    `1${'0'.repeat(38)}`,
    `0.${'1'.repeat(39)}`,
  ])('%s is none', (text) => {
    expect(readAmount(text).kind).toBe('not-decimal');
  });

  test.each(['1e999999999', '1e-999999999', `1e${'9'.repeat(100_000)}`, '9'.repeat(1_000_000)])(
    'what would be huge is refused and costs nothing (%#)',
    (text) => {
      expect(readAmount(text).kind).toBe('not-decimal');
    },
  );

  test('38 digits on each side are taken', () => {
    const most = `${'9'.repeat(38)}.${'9'.repeat(38)}`;
    expect(amountOf(most)).toBe(most);
    expect(amountOf('1e37')).toBe(`1${'0'.repeat(37)}`);
    expect(amountOf('1e-38')).toBe(`0.${'0'.repeat(37)}1`);
  });
});

/** Units of 10^-200: far below any digit here. */
function exact(digits: string, fraction: string, exponent: number): bigint {
  return BigInt(digits + fraction) * 10n ** BigInt(200 - fraction.length + exponent);
}

const written = fc.record({
  whole: fc.stringMatching(/^[0-9]{0,20}$/),
  fraction: fc.stringMatching(/^[0-9]{0,20}$/),
  exponent: fc.integer({ min: -30, max: 30 }),
  plus: fc.constantFrom('', '+'),
  letter: fc.constantFrom('e', 'E'),
});

test('the value is exact, and one value has one form', () => {
  fc.assert(
    fc.property(written, ({ whole, fraction, exponent, plus, letter }) => {
      fc.pre(whole + fraction !== '');
      const amount = amountOf(`${plus}${whole}.${fraction}${letter}${exponent}`);
      if (amount === undefined) return;
      expect(amount).toMatch(/^(?:[1-9]\d*(?:\.\d*[1-9])?|0\.\d*[1-9])$/);
      const [plainWhole = '', plainFraction = ''] = amount.split('.');
      expect(exact(plainWhole, plainFraction, 0)).toBe(exact(whole, fraction, exponent));
      expect(amountOf(amount)).toBe(amount);
    }),
    { numRuns: 2_000 },
  );
});
