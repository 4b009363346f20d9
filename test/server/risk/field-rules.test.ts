import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import { FieldRules } from '../../../src/server/risk/field-rules.js';

const NOW = Date.UTC(2026, 0, 15, 12);

function reasons(check: (rules: FieldRules) => unknown): string[] {
  const rules = new FieldRules(NOW);
  check(rules);
  return rules.violations.map((violation) => `${violation.field} ${violation.reason}`);
}

describe('texts', () => {
  test('a limit counts characters, not code units', () => {
    expect(reasons((rules) => rules.optionalText('f', '𝒳'.repeat(8), 8))).toEqual([]);
    expect(reasons((rules) => rules.optionalText('f', '𝒳'.repeat(9), 8))).toEqual(['f TOO_LONG']);
  });

  test.each(['\u0000', 'a\nb', '\u007f', 'x\u0085'])('control characters are refused: %j', (text) => {
    expect(reasons((rules) => rules.optionalText('f', text, 10))).toEqual(['f CONTROL_CHARACTER']);
  });

  test('an empty required text is refused once', () => {
    expect(reasons((rules) => rules.requiredText('f', '', 10))).toEqual(['f REQUIRED']);
  });
});

describe('times', () => {
  test('up to five minutes ahead is taken as now', () => {
    const rules = new FieldRules(NOW);
    expect(rules.requiredTime('t', timestampFromMs(NOW + 5 * 60_000))).toBe(NOW);
    expect(rules.requiredTime('t', timestampFromMs(NOW - 1))).toBe(NOW - 1);
    expect(rules.violations).toEqual([]);
  });

  test('later is refused', () => {
    expect(reasons((rules) => rules.requiredTime('t', timestampFromMs(NOW + 5 * 60_000 + 1)))).toEqual([
      't IN_FUTURE',
    ]);
  });

  test.each([
    { seconds: 253_402_300_800n, nanos: 0 },
    { seconds: 1_700_000_000n, nanos: -1 },
    { seconds: 1_700_000_000n, nanos: 1_000_000_000 },
    { seconds: 0n, nanos: -1 },
    { seconds: 0n, nanos: 1_000_000_000 },
  ])('out of range: %o', (parts) => {
    const timestamp = { $typeName: 'google.protobuf.Timestamp' as const, ...parts };
    expect(reasons((rules) => rules.optionalTime('t', timestamp))).toEqual(['t OUT_OF_RANGE']);
    expect(reasons((rules) => rules.optionalBound('t', timestamp))).toEqual(['t OUT_OF_RANGE']);
  });

  test.each([
    ['0, as most languages leave it', 0n],
    ['a second before 1970', -1n],
    ['the year 1, as Go and C# leave it', -62_135_596_800n],
    ['a second before 2009-01-03', 1_230_940_799n],
  ])('before 2009: %s', (_, seconds) => {
    const timestamp = { $typeName: 'google.protobuf.Timestamp' as const, seconds, nanos: 0 };
    expect(reasons((rules) => rules.optionalTime('t', timestamp))).toEqual(['t BEFORE_2009']);
    expect(reasons((rules) => rules.requiredTime('t', timestamp))).toEqual(['t BEFORE_2009']);
    expect(reasons((rules) => rules.optionalBound('t', timestamp))).toEqual(['t BEFORE_2009']);
  });

  test('2009-01-03 is taken, and a bound of a search may lie ahead', () => {
    const rules = new FieldRules(NOW);
    expect(rules.optionalTime('t', timestampFromMs(Date.UTC(2009, 0, 3)))).toBe(Date.UTC(2009, 0, 3));
    expect(rules.optionalBound('t', timestampFromMs(NOW + 86_400_000))).toBe(NOW + 86_400_000);
    expect(rules.violations).toEqual([]);
  });
});

describe('numbers', () => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('not finite: %d', (value) => {
    expect(reasons((rules) => rules.optionalNumber('n', value, 0, 1))).toEqual(['n NOT_FINITE']);
  });

  test.each([-0.1, 1.1])('out of range: %d', (value) => {
    expect(reasons((rules) => rules.optionalNumber('n', value, 0, 1))).toEqual(['n OUT_OF_RANGE']);
  });
});

describe('amounts', () => {
  test.each(['1', '0.25', '123456789012345678901234567890', '0.00000000000000000001'])('good: %s', (text) => {
    expect(reasons((rules) => rules.amount('a', text))).toEqual([]);
  });

  test.each(['-1', '1,000', 'NaN', ' 1', '1'.repeat(39), `1.${'1'.repeat(39)}`])(
    'not decimal: %s',
    (text) => {
      expect(reasons((rules) => rules.amount('a', text))).toEqual(['a NOT_DECIMAL']);
    },
  );

  test.each(['0', '0.000'])('not positive: %s', (text) => {
    expect(reasons((rules) => rules.amount('a', text))).toEqual(['a NOT_POSITIVE']);
  });
});

test('violations of a part name its place in the whole', () => {
  expect(reasons((rules) => rules.within('signals[2].').requiredText('account_id', '', 5))).toEqual([
    'signals[2].account_id REQUIRED',
  ]);
});
