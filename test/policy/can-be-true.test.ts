import { parse } from '@bufbuild/cel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canBeTrue } from '../../src/policy/cel/can-be-true.js';
import { checkExpression } from '../../src/policy/cel/check-expression.js';

function judged(expression: string): boolean {
  const parsed = parse(expression);
  checkExpression(parsed);
  return canBeTrue(parsed.expr);
}

describe('expressions that no facts can make true', () => {
  test.each([
    'false',
    'request.value > 5 && false',
    'request.value > 100 && request.value < 50',
    'request.value >= 5 && request.value < 5',
    '100 < request.value && 50 > request.value',
    'request.balance_share > 1',
    'request.balance_share > 1 || request.hour_utc == 24',
    'request.asset == "BTC" && request.asset == "ETH"',
    'signals.exists(s, s.type == "SIM_CHANGED" && s.age_hours < 2 && s.age_hours > 5)',
  ])('%s', (expression) => {
    expect(judged(expression)).toBe(false);
  });
});

describe('expressions that some facts make true', () => {
  test.each([
    'true',
    'request.balance_share >= 1',
    'request.hour_utc < 5 || request.hour_utc >= 23',
    'request.value >= 5 && request.value <= 5',
    'request.asset == "BTC" || request.asset == "ETH"',
    '!(request.value > 5) && request.value < 5',
    'has(request.value) && request.value > 5',
    'signals.exists(s, s.age_hours < 2) && signals.exists(t, t.age_hours > 5)',
  ])('%s', (expression) => {
    expect(judged(expression)).toBe(true);
  });

  test('whatever a value can meet is never called impossible', () => {
    const comparison = fc.tuple(fc.constantFrom('>', '>=', '<', '<=', '=='), fc.integer({ min: 0, max: 8 }));
    const holds = (value: number, [sign, bound]: readonly [string, number]): boolean => {
      if (sign === '==') return value === bound;
      if (value === bound) return sign.endsWith('=');
      return value > bound === sign.startsWith('>');
    };
    fc.assert(
      fc.property(fc.array(comparison, { minLength: 1, maxLength: 4 }), (comparisons) => {
        const expression = comparisons.map(([sign, bound]) => `request.value ${sign} ${bound}`).join(' && ');
        const halves = Array.from({ length: 21 }, (_, index) => index / 2 - 1);
        const isPossible = halves.some((value) => comparisons.every((one) => holds(value, one)));
        expect(judged(expression)).toBe(isPossible);
      }),
    );
  });
});
