import { describe, expect, test } from 'vitest';
import { decide, explain } from '../../src/decision/index.js';
import type { AssessmentInput } from '../../src/decision/input.js';
import type { CompiledPolicy } from '../../src/decision/policy-model.js';
import type { ReleaseConditionKind } from '../../src/decision/verdict.js';
import {
  DAY,
  event,
  HOUR,
  inputOf,
  lock,
  NOW,
  policyOf,
  requestOf,
  rule,
  SECOND,
  signal,
  spend,
  TYPICAL_POLICY,
  text,
  thiefRequest,
  viewOf,
  withSignals,
} from './fixtures.js';

const RESET = { kind: 'signal', types: ['PASSWORD_RESET'] } as const;

function explained(input: AssessmentInput, policy: CompiledPolicy) {
  return explain(input, policy, decide(input, policy));
}

function condition(input: AssessmentInput, policy: CompiledPolicy, kind: ReleaseConditionKind) {
  return explained(input, policy).releaseConditions.find((one) => one.kind === kind);
}

const afterReset = withSignals(inputOf(), signal('PASSWORD_RESET', HOUR));

describe('hold_until', () => {
  test('by decay: to the second at which the points fall below the threshold', () => {
    const policy = policyOf({
      rules: [rule('RESET', 1000, RESET, { halfLife: DAY })],
      rejectNeedsNamedCompromise: true,
    });
    const { holdUntil, release } = explained(afterReset, policy);
    // 1000 tenths round to 499 once 2^-x < 0.4995: after 1.00144 half-lives.
    const expected = NOW - HOUR + 1.001_443_4 * DAY;
    expect(release).toBe('AUTOMATIC');
    expect(Math.abs((holdUntil ?? 0) - expected)).toBeLessThan(5 * SECOND);
    expect(((holdUntil ?? 0) - NOW) % SECOND).toBe(0);
  });

  test('by a window, an expiring list, a day’s sum, whichever is the last to hold', () => {
    const byWindow = policyOf({ rules: [rule('RESET', 600, RESET, { window: 2 * DAY })] });
    expect(explained(afterReset, byWindow).holdUntil).toBe(NOW + 2 * DAY - HOUR);
    const spent = { ...afterReset, ledger: { ...afterReset.ledger, spends: [spend(20 * HOUR, 900_000)] } };
    const bySum = policyOf({ rules: [rule('RESET', 450, RESET)] });
    expect(decide(spent, bySum).tier).toBe('medium');
    expect(explained(spent, bySum).holdUntil).toBe(NOW + 4 * HOUR + 60 * SECOND);
  });

  test('is rounded up to whole seconds from now', () => {
    const policy = policyOf({ rules: [rule('RESET', 600, RESET, { window: 2 * HOUR + 1 })] });
    expect(explained(afterReset, policy).holdUntil).toBe(NOW + HOUR + SECOND);
  });

  test('is at most the longest hold, with a step-up then', () => {
    const policy = policyOf({ rules: [rule('RESET', 600, RESET)] });
    expect(explained(afterReset, policy)).toMatchObject({ holdUntil: NOW + 7 * DAY, release: 'AUTOMATIC' });
    expect(condition(afterReset, policy, 'WAIT')).toMatchObject({ decision: 'STEP_UP', at: NOW + 7 * DAY });
  });

  test('for a person: when the review is due, but never before the hold would have ended by itself', () => {
    const soon = policyOf({ locks: [lock('LOCK', { release: 'PERSON', window: 3 * HOUR })] });
    const input = withSignals(inputOf({ request: thiefRequest() }), signal('PASSWORD_RESET', HOUR));
    expect(explained(input, soon)).toMatchObject({ holdUntil: NOW + DAY, release: 'PERSON' });
    const late = policyOf({ locks: [lock('LOCK', { release: 'PERSON', window: 73 * HOUR })] });
    expect(explained(input, late)).toMatchObject({ holdUntil: NOW + 3 * DAY, release: 'PERSON' });
    expect(condition(input, late, 'WAIT')).toBeUndefined();
    expect(condition(input, late, 'REVIEW')).toMatchObject({ decision: 'ALLOW' });
  });

  test('looks at each change when trust may end before the hold does', () => {
    const policy = policyOf({
      rules: [
        rule('RESET', 800, RESET, { window: 10 * HOUR }),
        rule('DEVICE', 150, { kind: 'signal', types: ['NEW_DEVICE'] }, { window: 3 * HOUR }),
        rule(
          'TRUST',
          -200,
          { kind: 'destinationUsed', atLeast: 0 },
          { source: 'REQUEST', window: 190 * DAY + 5 * HOUR },
        ),
        rule(
          'OLD',
          -150,
          { kind: 'destinationUsed', atLeast: 0 },
          { source: 'REQUEST', window: 190 * DAY + 5 * HOUR },
        ),
      ],
      trustFloor: -350,
    });
    const input = withSignals(afterReset, signal('NEW_DEVICE', HOUR));
    expect(decide(input, policy)).toMatchObject({ decision: 'HOLD', score: 600 });
    expect(explained(input, policy).holdUntil).toBe(NOW + 2 * HOUR);
  });

  test('with a rule that grows sterner with time, a person must see to it (I9)', () => {
    const policy = policyOf({
      rules: [rule('RESET', 600, RESET)],
      customRules: [
        {
          ...text('LATER', 'POLICY'),
          points: 400,
          onErrorPoints: 0,
          test: (input) => input.now > NOW + DAY,
        },
      ],
      rejectNeedsNamedCompromise: false,
    });
    expect(explained(afterReset, policy)).toMatchObject({ holdUntil: NOW + 7 * DAY, release: 'PERSON' });
  });

  test('is absent for other decisions', () => {
    expect(explained(inputOf(), policyOf())).toEqual({ releaseConditions: [] });
    const stepUp = policyOf({ rules: [rule('RESET', 300, RESET)] });
    expect(explained(afterReset, stepUp)).not.toHaveProperty('holdUntil');
    const named = { ...afterReset, mailboxes: [viewOf([event('ACCOUNT_HIJACKED', DAY)])] };
    const reject = policyOf({ rules: [rule('RESET', 900, RESET)] });
    expect(decide(named, reject).decision).toBe('REJECT');
    expect(explained(named, reject)).toEqual({ releaseConditions: [] });
  });
});

describe('release conditions', () => {
  test('VERIFY names the acceptable channels of a step-up', () => {
    const policy = policyOf({ rules: [rule('RESET', 300, RESET)] });
    expect(condition(afterReset, policy, 'VERIFY')).toMatchObject({
      decision: 'ALLOW',
      channels: ['TOTP', 'EMAIL'],
    });
  });

  test('LOWER_VALUE is the most that would be decided more mildly, with what left in a day', () => {
    const policy = policyOf({ rules: [rule('RESET', 450, RESET, { window: DAY })] });
    const input = (value: number | undefined, ...spends: ReturnType<typeof spend>[]) => {
      const { value: _, ...request } = requestOf();
      return {
        ...afterReset,
        request: value === undefined ? request : { ...request, value },
        ledger: { ...afterReset.ledger, spends },
      };
    };
    expect(condition(input(500_000), policy, 'LOWER_VALUE')).toMatchObject({
      maxValue: 99_999,
      decision: 'STEP_UP',
    });
    expect(condition(input(undefined), policy, 'LOWER_VALUE')).toMatchObject({ maxValue: 99_999 });
    expect(condition(input(500_000, spend(HOUR, 30_000)), policy, 'LOWER_VALUE')).toMatchObject({
      maxValue: 69_999,
    });
    expect(condition(input(500_000, spend(HOUR, 100_000)), policy, 'LOWER_VALUE')).toBeUndefined();
    expect(condition(input(50_000), policy, 'LOWER_VALUE')).toBeUndefined();
  });

  test('LOWER_VALUE knows the floor of locks', () => {
    const policy = policyOf({ locks: [lock('LOCK')] });
    const request = thiefRequest({ deviceFirstSeenAt: NOW - 90 * DAY });
    const input = withSignals(inputOf({ request }), signal('PASSWORD_RESET', HOUR));
    expect(condition(input, policy, 'LOWER_VALUE')).toMatchObject({ maxValue: 19_999, decision: 'ALLOW' });
  });

  test('LOWER_VALUE knows the ceiling of a release and the allowance without feeds', () => {
    const policy = policyOf({ rules: [rule('RESET', 600, RESET)] });
    const release = {
      withdrawal: 'digest-w-1',
      destination: 'destination-1',
      ceiling: 40_000,
      releasedAt: NOW,
    };
    const released = { ...afterReset, ledger: { ...afterReset.ledger, releases: [release] } };
    expect(condition(released, policy, 'LOWER_VALUE')).toMatchObject({ maxValue: 40_000, decision: 'ALLOW' });
    const [small] = policyOf().tiers;
    const tight = policyOf({ tiers: [{ ...small, degraded: { ...small.degraded, hourlyAllow: 30_000 } }] });
    const stale = inputOf({ feeds: [{ provider: 'att', state: 'STALE' }] });
    expect(condition(stale, tight, 'LOWER_VALUE')).toMatchObject({ maxValue: 30_000, decision: 'ALLOW' });
  });

  test('KNOWN_DESTINATION is there only if one would change the verdict', () => {
    const locked = policyOf({ locks: [lock('LOCK')] });
    const input = withSignals(inputOf({ request: thiefRequest() }), signal('PASSWORD_RESET', HOUR));
    expect(condition(input, locked, 'KNOWN_DESTINATION')).toMatchObject({ decision: 'ALLOW' });
    const scored = policyOf({ rules: [rule('RESET', 600, RESET)] });
    expect(condition(input, scored, 'KNOWN_DESTINATION')).toBeUndefined();
  });

  test('what the customer reads tells of no provider, incident or rule', () => {
    const named = withSignals(
      inputOf({ request: thiefRequest(), mailboxes: [viewOf([event('CREDENTIAL_CHANGE_REQUIRED', DAY)])] }),
      signal('PASSWORD_RESET', HOUR),
    );
    const texts = explained(named, TYPICAL_POLICY).releaseConditions.map((one) => one.customerSummary);
    expect(texts.length).toBeGreaterThan(0);
    for (const words of texts)
      expect(words).not.toMatch(/att|provider|mail|reset|compromise|cohort|rule|score/i);
  });
});
