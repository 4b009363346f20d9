import { describe, expect, it } from 'vitest';
import type { AssessmentInput } from '../../src/decision/input.js';
import type { CustomRule } from '../../src/decision/policy-model.js';
import type { PolicyResult } from '../../src/policy/index.js';
import { problemsOf, readChanged } from './small-policy.js';

const INPUT: AssessmentInput = {
  now: Date.UTC(2026, 4, 4, 23, 30),
  request: {
    withdrawalId: 'w',
    withdrawal: 'this',
    accountId: 'a',
    asset: 'BTC',
    amount: '1',
    value: 0,
    destination: { id: 'd', suffix: 'dest', network: 'bitcoin' },
    balanceShare: 0,
  },
  account: { signals: [], loginFailures: [], mailboxes: [] },
  ledger: { spends: [], holds: [], releases: [] },
  mailboxes: [],
  cohorts: [],
  feeds: [],
  behind: false,
};

function readRule(expression: string, isRecorded = false): PolicyResult {
  return readChanged('request.value > 100', JSON.stringify(expression), isRecorded);
}

function rule(expression: string, isRecorded = false): CustomRule {
  const result = readRule(expression, isRecorded);
  const [first] = result.kind === 'valid' ? result.policy.customRules : [];
  if (first === undefined) throw new Error(JSON.stringify(problemsOf(result)));
  return first;
}

describe('an expression that can only fail, or never be true, is refused', () => {
  it.each([
    ['a pattern that is none', 'request.asset.matches("N(")', /no pattern: .*missing closing \)/],
    ['a pattern that only others know', 'request.asset.matches("(?=x)y")', /no pattern/],
    ['a pattern that counts too much', 'request.asset.matches("a{60}b{60}")', /counts to 120/],
    ['a pattern that counts in counts', 'request.asset.matches("((a{50}){50}){50}")', /counts to 150/],
    ['a pattern inside exists', 'cohorts.exists(c, c.mechanism.matches("["))', /no pattern/],
    ['a division by nothing', 'request.value / 0 > 1', /divides by 0/],
    ['a division by what comes to nothing', 'request.value / (2 - 2) > 1', /divides by 0/],
    ['a division by minus nothing', 'request.value / -0.0 > 1', /divides by 0/],
    ['arithmetic that overflows', 'request.value > 1e308 * 10', /no finite number/],
    ['a number beyond all numbers', 'request.value > 1e999', /too large a number/],
    ['two constants', '5 / 2 == 2', /two values written out/],
    ['a field beside itself', 'request.value >= request.value', /with itself/],
    ['an empty list', 'request.asset in []', /empty list/],
    [
      'a type of signal that is none',
      'signals.exists(s, s.type == "PASWORD_RESET")',
      /did you mean `PASSWORD_RESET`/,
    ],
    ['a type of event that is none', 'events.exists(e, e.type in ["RISK_HIGHER"])', /never `RISK_HIGHER`/],
    ['a channel that is none', 'factors.exists(f, f.channel != "Totp")', /did you mean `TOTP`/],
    ['a kind that is none', 'destination.kind == "SELFHOSTED"', /did you mean `SELF_HOSTED`/],
  ])('%s', (_name, expression, message) => {
    const problems = problemsOf(readRule(expression));
    expect(problems).toMatchObject([{ path: 'custom_rules[0].expression', line: 53, message }]);
  });

  it.each([
    'request.asset.matches("^(?i)usd[ct]$") || request.asset.matches("X{2,8}")',
    'request.value / 2 > 5 / 2',
    'signals.exists(s, s.channel == "")',
    'destination.kind in ["SELF_HOSTED", "CONTRACT"] && request.country != "PT"',
  ])('and this is not: %s', (expression) => {
    expect(problemsOf(readRule(expression))).toEqual([]);
  });
});

describe('an expression that is always true is noted', () => {
  it.each([
    ['request.balance_share <= 1', /always true where/],
    ['request.value > 5 && request.hour_utc >= 0', /always true where/],
    ['velocity.count > 0', /always true where/],
    ['has(request.asset)', /`request.asset` is always there/],
    ['request.asset.startsWith("")', /`startsWith\(""\)` is always true/],
    ['true', /is always true/],
    ['factors.exists(f, f.age_hours < 24)', /true of -1 too.*`f.age_hours > -1.0`/],
    ['factors.exists(f, f.channel == "TOTP" && 15 >= f.verified_minutes)', /true of -1 too/],
    ['factors.exists(f, f.age_hours != 7)', /true of -1 too/],
  ])('%s', (expression, message) => {
    const result = readRule(expression);
    expect(result.kind === 'valid' ? result.notes : result).toMatchObject([
      { path: 'custom_rules[0].expression', line: 53, message },
    ]);
  });

  it.each([
    'request.balance_share <= 0.99',
    'velocity.count > 1',
    'has(request.value)',
    'factors.exists(f, f.age_hours >= 0 && f.age_hours < 24)',
    'factors.exists(f, f.age_hours < 24 && f.age_hours != -1)',
    'factors.exists(f, f.age_hours == -1)',
    'factors.exists(f, f.age_hours > 24)',
  ])('and this is not: %s', (expression) => {
    expect(readRule(expression)).toMatchObject({ kind: 'valid', notes: [] });
  });
});

describe('arithmetic that gives no finite number fails, so that a rule gives its `on_error`', () => {
  it.each([
    ['an infinity that is larger than any bound', 'request.value / request.balance_share > 3', 100],
    ['an infinity below any bound', '-1 / request.balance_share < 3', 100],
    ['NaN, of which every comparison is false', 'request.value / request.balance_share > 3', 0],
    ['NaN, which is unequal to all', 'request.value / request.balance_share != 3', 0],
    ['a product that overflows', 'request.value * 1e308 > 3', 1e6],
    ['a sum that overflows', 'request.value * 9e301 + 1.7e308 > 3', 1e6],
    ['a difference that overflows', '-1.7e308 - request.value * 9e301 < 3', 1e6],
  ])('%s', (_name, expression, whole) => {
    const input = { ...INPUT, request: { ...INPUT.request, value: whole * 100 } };
    expect(rule(expression).test(input)).toBeUndefined();
  });

  it('unless the rest decides', () => {
    expect(rule('request.value / request.balance_share > 3 || request.asset == "BTC"').test(INPUT)).toBe(
      true,
    );
    expect(rule('request.value / request.balance_share > 3 && request.asset == "ETH"').test(INPUT)).toBe(
      false,
    );
  });
});

describe('all numbers are doubles', () => {
  it('so a whole number divides as any other', () => {
    const input = { ...INPUT, request: { ...INPUT.request, value: 250 } };
    expect(rule('request.value == 5 / 2').test(input)).toBe(true);
    expect(rule('request.value == 5.0 / 2.0').test(input)).toBe(true);
  });
});

describe('a text that the log holds already means what it meant', () => {
  it.each([
    ['request.asset.matches("N(")', undefined],
    ['request.asset.matches("N(") || request.asset == "BTC"', true],
    ['signals.exists(s, s.type == "PASWORD_RESET")', false],
    ['1 > 0', true],
  ])('%s', (expression, result) => {
    expect(readRule(expression)).toMatchObject({ kind: 'invalid' });
    expect(rule(expression, true).test(INPUT)).toBe(result);
  });
});

describe('numbers of a policy that are none', () => {
  it.each([
    ['points: 30', 'points: .nan'],
    ['points: 30', 'points: .inf'],
    ['on_error: 0', 'on_error: .nan'],
    ['large_share: 0.5', 'large_share: .nan'],
  ])('%s written as %s is refused', (from, to) => {
    expect(readChanged(from, to).kind).toBe('invalid');
  });
});
