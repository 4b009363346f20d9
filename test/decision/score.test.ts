import { describe, expect, test } from 'vitest';
import { decide } from '../../src/decision/index.js';
import type { AssessmentInput } from '../../src/decision/input.js';
import type { Condition, CustomRule } from '../../src/decision/policy-model.js';
import {
  cohort,
  DAY,
  event,
  HOUR,
  inputOf,
  NOW,
  policyOf,
  rule,
  signal,
  text,
  viewOf,
  withSignals,
} from './fixtures.js';

/** Points by code. */
function points(input: AssessmentInput, policy: Parameters<typeof policyOf>[0]): Record<string, number> {
  const { reasons } = decide(input, policyOf(policy));
  return Object.fromEntries(reasons.map((reason) => [reason.code, reason.points]));
}

const RESET: Condition = { kind: 'signal', types: ['PASSWORD_RESET'] };

describe('a rule', () => {
  test('decays by its half-life and ends at its window, exactly', () => {
    const rules = [rule('RESET', 100, RESET, { halfLife: DAY, window: 3 * DAY })];
    const at = (ago: number) =>
      points(withSignals(inputOf(), signal('PASSWORD_RESET', ago)), { rules })['RESET'];
    expect(at(0)).toBe(100);
    expect(at(-2 * 60_000)).toBe(100);
    expect(at(DAY)).toBe(50);
    expect(at(2 * DAY)).toBe(25);
    expect(at(3 * DAY - 1)).toBe(13);
    expect(at(3 * DAY)).toBeUndefined();
  });

  test('counts its strongest match, and says when it happened and when it ends', () => {
    const rules = [rule('RESET', 100, RESET, { halfLife: DAY, window: 3 * DAY })];
    const input = withSignals(inputOf(), signal('PASSWORD_RESET', 2 * DAY), signal('PASSWORD_RESET', DAY));
    expect(decide(input, policyOf({ rules })).reasons).toEqual([
      {
        code: 'RESET',
        points: 50,
        capped: 0,
        summary: 'analyst: RESET',
        customerSummary: 'We are checking this withdrawal.',
        source: 'SIGNAL',
        occurredAt: NOW - DAY,
        expiresAt: NOW + 2 * DAY,
      },
    ]);
  });

  test('that depends on confidence takes the provider that counts most, and names it', () => {
    const rules = [
      rule(
        'EVENT',
        100,
        { kind: 'event', types: ['RISK_HIGH'] },
        { source: 'PROVIDER', timesConfidence: true },
      ),
    ];
    const mailboxes = [
      viewOf([
        event('RISK_HIGH', HOUR, { confidence: 0.3 }),
        event('RISK_HIGH', DAY, { confidence: 0.55, provider: 'other' }),
      ]),
    ];
    expect(decide(inputOf({ mailboxes }), policyOf({ rules })).reasons).toMatchObject([
      { code: 'EVENT', points: 55, provider: 'other' },
    ]);
  });

  test('reasons come with most points first, then by code', () => {
    const rules = [rule('B', 10, RESET), rule('C', 20, RESET), rule('A', 10, RESET)];
    const { reasons } = decide(withSignals(inputOf(), signal('PASSWORD_RESET', HOUR)), policyOf({ rules }));
    expect(reasons.map((reason) => reason.code)).toEqual(['C', 'A', 'B']);
  });
});

describe('groups and trust', () => {
  const input = withSignals(inputOf(), signal('PASSWORD_RESET', HOUR));
  const trust = rule('OLD', -100, { kind: 'deviceAge', atLeast: DAY }, { source: 'REQUEST' });

  test('a group shares its cap in proportion and shows what it took', () => {
    const rules = [
      rule('A', 100, RESET, { group: 0 }),
      rule('B', 50, RESET, { group: 0 }),
      rule('C', 70, RESET, { group: 1 }),
    ];
    const groups = [
      { name: 'first', cap: 100 },
      { name: 'second', cap: 100 },
    ];
    const { reasons, score } = decide(input, policyOf({ rules, groups }));
    expect(reasons.map(({ code, points, capped }) => [code, points, capped])).toEqual([
      ['C', 70, 0],
      ['A', 67, 33],
      ['B', 33, 17],
    ]);
    expect(score).toBe(170);
  });

  test('trust counts down to its floor, in proportion', () => {
    const rules = [rule('A', 300, RESET), trust, rule('OWN', -200, { kind: 'deviceAge', atLeast: DAY })];
    const verdict = decide(input, policyOf({ rules }));
    expect(verdict.reasons.map(({ code, points, capped }) => [code, points, capped])).toEqual([
      ['A', 300, 0],
      ['OLD', -50, 50],
      ['OWN', -100, 100],
    ]);
    expect(verdict.score).toBe(150);
  });

  test('the score never goes below 0', () => {
    expect(decide(input, policyOf({ rules: [trust] })).score).toBe(0);
  });

  test.each([
    { name: 'a provider reason', extra: { mailboxes: [viewOf([event('RISK_HIGH', HOUR)])] } },
    { name: 'a cohort', extra: { cohorts: [cohort()] } },
  ])('trust does not count beside $name', ({ extra }) => {
    const rules = [trust, rule('RISK', 10, { kind: 'event', types: ['RISK_HIGH'] }, { source: 'PROVIDER' })];
    expect(points({ ...input, ...extra }, { rules })).not.toHaveProperty('OLD');
    expect(points(input, { rules })).toHaveProperty('OLD', -100);
  });
});

describe('custom rules', () => {
  const custom = (test: CustomRule['test'], overrides: Partial<CustomRule> = {}): CustomRule => ({
    ...text('CUSTOM', 'POLICY'),
    points: 80,
    onErrorPoints: 30,
    test,
    ...overrides,
  });

  test('give points when true, none when false', () => {
    expect(points(inputOf(), { customRules: [custom(() => true)] })).toEqual({ CUSTOM: 80 });
    expect(points(inputOf(), { customRules: [custom(() => false)] })).toEqual({});
  });

  test('that fail give their points for errors, visibly', () => {
    const verdict = decide(inputOf(), policyOf({ customRules: [custom(() => undefined)] }));
    expect(verdict.reasons).toMatchObject([{ code: 'CUSTOM', points: 30, source: 'DEGRADED' }]);
    expect(verdict.degradations).toMatchObject([{ code: 'RULE_ERROR', subject: 'CUSTOM' }]);
  });

  test('that fail show even when they give no points', () => {
    const customRules = [custom(() => undefined, { onErrorPoints: 0 })];
    const verdict = decide(inputOf(), policyOf({ customRules }));
    expect(verdict.reasons).toEqual([]);
    expect(verdict.degradations).toMatchObject([{ code: 'RULE_ERROR' }]);
  });

  test('may hold by themselves: their author said so', () => {
    const customRules = [custom(() => true, { points: 600 })];
    expect(decide(inputOf(), policyOf({ customRules })).decision).toBe('HOLD');
  });
});

describe('the domain prior', () => {
  test('is the largest of the mailboxes, and holds nobody', () => {
    const domainPrior = new Map([['att', 900]]);
    const verdict = decide(inputOf(), policyOf({ domainPrior }));
    expect(verdict.reasons).toMatchObject([
      { code: 'DOMAIN_PRIOR', points: 900 },
      { code: 'ALONE_AT_MOST_STEP_UP', points: 0 },
    ]);
    expect(verdict.decision).toBe('STEP_UP');
  });
});
