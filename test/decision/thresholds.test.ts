import { describe, expect, test } from 'vitest';
import type { MailboxView } from '../../src/decision/evidence.js';
import { decide } from '../../src/decision/index.js';
import type { PolicyList } from '../../src/decision/policy-model.js';
import {
  cohort,
  DAY,
  event,
  HOUR,
  inputOf,
  LINK,
  NOW,
  policyOf,
  requestOf,
  rule,
  signal,
  spend,
  text,
  viewOf,
  withSignals,
} from './fixtures.js';

const RESET = { kind: 'signal', types: ['PASSWORD_RESET'] } as const;

/** A policy in which a reset is worth this much. */
function worth(points: number, overrides: Parameters<typeof rule>[3] = {}) {
  return policyOf({ rules: [rule('RESET', points, RESET, overrides)] });
}

const afterReset = withSignals(inputOf(), signal('PASSWORD_RESET', HOUR));
const named = { mailboxes: [viewOf([event('CREDENTIAL_COMPROMISE', DAY)])] };

describe('the tier', () => {
  const withValue = (value: number | undefined, ...spends: ReturnType<typeof spend>[]) => {
    const { value: _, ...request } = requestOf();
    return decide(
      inputOf({
        request: value === undefined ? request : { ...request, value },
        ledger: { spends, holds: [], releases: [] },
      }),
      policyOf(),
    ).tier;
  };

  test('follows the value, below each bound', () => {
    expect(withValue(0)).toBe('small');
    expect(withValue(99_999)).toBe('small');
    expect(withValue(100_000)).toBe('medium');
    expect(withValue(1_000_000)).toBe('large');
  });

  test('is the last for an unknown value (I7)', () => {
    expect(withValue(undefined)).toBe('large');
  });

  test('counts what else left in 24 hours: slicing does not help', () => {
    expect(withValue(60_000, spend(HOUR, 60_000))).toBe('medium');
    expect(withValue(60_000, spend(24 * HOUR, 60_000))).toBe('medium');
    expect(withValue(60_000, spend(24 * HOUR + 60_000, 60_000))).toBe('small');
    expect(withValue(60_000, spend(HOUR, 60_000, { counted: false }))).toBe('small');
    expect(withValue(60_000, spend(HOUR, 60_000, { withdrawal: 'digest-w-1' }))).toBe('small');
    expect(withValue(60_000, spend(HOUR, 940_000, { withdrawal: '' }))).toBe('large');
  });
});

describe('the score', () => {
  test.each([
    { points: 299, decision: 'ALLOW', level: 'LOW' },
    { points: 300, decision: 'STEP_UP', level: 'ELEVATED' },
    { points: 500, decision: 'HOLD', level: 'HIGH' },
    { points: 850, decision: 'HOLD', level: 'CRITICAL' },
  ])('$points asks for $decision', ({ points, decision, level }) => {
    expect(decide(afterReset, worth(points))).toMatchObject({
      decision,
      level,
      score: points,
      tier: 'small',
    });
  });

  test('rejects only with a compromise that a provider named or the customer reported', () => {
    const rejected = (extra: Partial<typeof afterReset>) =>
      decide({ ...afterReset, ...extra }, worth(900)).decision;
    expect(rejected({})).toBe('HOLD');
    expect(rejected({ cohorts: [cohort({ share: 0 })] })).toBe('HOLD');
    expect(rejected(named)).toBe('REJECT');
    expect(
      rejected({ mailboxes: [viewOf([event('CREDENTIAL_COMPROMISE', DAY)], { form: 'guessed' })] }),
    ).toBe('HOLD');
    const reported = withSignals(afterReset, signal('EMAIL_REPORTED_COMPROMISED', DAY));
    expect(decide(reported, worth(900)).decision).toBe('REJECT');
    expect(decide(afterReset, { ...worth(900), rejectNeedsNamedCompromise: false }).decision).toBe('REJECT');
  });

  test('a closed compromise is behind a rejection only if a reset went through it', () => {
    const closed = (closedAgo: number) =>
      decide(
        {
          ...afterReset,
          mailboxes: [viewOf([event('CREDENTIAL_COMPROMISE', DAY), event('RESECURED', closedAgo)])],
        },
        worth(900),
      ).decision;
    expect(closed(HOUR / 2)).toBe('REJECT');
    expect(closed(2 * HOUR)).toBe('HOLD');
  });

  test('says when it would have rejected', () => {
    expect(decide(afterReset, worth(900)).reasons.map((reason) => reason.code)).toEqual([
      'RESET',
      'REJECT_NEEDS_NAMED_COMPROMISE',
    ]);
  });
});

describe('evidence that alone asks for a step-up at most', () => {
  const alone = worth(600, { aloneAtMostStepUp: true });
  const device = signal('NEW_DEVICE', HOUR);

  test('does not hold by itself, nor in the company of the request', () => {
    expect(decide(afterReset, alone).decision).toBe('STEP_UP');
    const share = rule('SHARE', 100, { kind: 'balanceShare', atLeast: 0 }, { source: 'REQUEST' });
    expect(decide(afterReset, { ...alone, rules: [...alone.rules, share] }).decision).toBe('STEP_UP');
  });

  test('holds in the company of other evidence, even of a point that a cap took away', () => {
    const groups = [{ name: 'g', cap: 0 }];
    const other = rule('DEVICE', 1, { kind: 'signal', types: ['NEW_DEVICE'] }, { group: 0 });
    const policy = { ...alone, groups, rules: [...alone.rules, other] };
    expect(decide(afterReset, policy).decision).toBe('STEP_UP');
    expect(decide(withSignals(afterReset, device), policy).decision).toBe('HOLD');
  });

  test('a sure match of a rule counts beside a guessed one, whichever is kept first and is stronger', () => {
    const when = { kind: 'event', types: ['RISK_HIGH'] } as const;
    const policy = policyOf({
      rules: [rule('RISK', 600, when, { source: 'PROVIDER', timesConfidence: true })],
    });
    const sure = {
      form: 'exact',
      record: { events: [event('RISK_HIGH', HOUR, { confidence: 0.5 })], retractions: [] },
    } as const;
    const guessed = {
      form: 'guessed',
      record: { events: [event('RISK_HIGH', HOUR)], retractions: [] },
    } as const;
    const decisionOf = (...records: readonly MailboxView['records'][number][]) =>
      decide(inputOf({ mailboxes: [{ link: LINK, records }] }), policy).decision;
    expect(decisionOf(guessed)).toBe('STEP_UP');
    expect(decisionOf(sure, guessed)).toBe('HOLD');
    expect(decisionOf(guessed, sure)).toBe('HOLD');
  });

  test('holds in the company of a cohort', () => {
    expect(decide({ ...afterReset, cohorts: [cohort()] }, alone).decision).toBe('HOLD');
  });
});

describe('lists', () => {
  const list = (overrides: Partial<PolicyList>): PolicyList => ({
    ...text('LIST', 'POLICY'),
    name: 'list',
    effect: { kind: 'deny', decision: 'REJECT' },
    on: 'account',
    entries: new Map([['a-1', { reason: 'seen in fraud' }]]),
    ...overrides,
  });
  const decideWith = (overrides: Partial<PolicyList>, input = inputOf()) =>
    decide(input, policyOf({ lists: [list(overrides)] }));

  test.each([
    { on: 'account' as const, key: 'a-1' },
    { on: 'destination' as const, key: 'destination-1' },
    { on: 'mailbox' as const, key: 'mailbox-1' },
    { on: 'mailbox' as const, key: 'pair-1' },
    { on: 'domain' as const, key: 'att.net' },
    { on: 'device' as const, key: 'device-1' },
    { on: 'country' as const, key: 'US' },
  ])('deny by $on', ({ on, key }) => {
    expect(decideWith({ on, entries: new Map([[key, { reason: 'r' }]]) }).decision).toBe('REJECT');
    expect(decideWith({ on, entries: new Map([['else', { reason: 'r' }]]) }).decision).toBe('ALLOW');
  });

  test('what the request does not say is on no list', () => {
    const { deviceId: _device, country: _country, ...request } = requestOf();
    const entries = new Map([['undefined', { reason: 'r' }]]);
    expect(decideWith({ on: 'device', entries }, inputOf({ request })).decision).toBe('ALLOW');
    expect(decideWith({ on: 'country', entries }, inputOf({ request })).decision).toBe('ALLOW');
  });

  test('show with 0 points and the entry for analysts', () => {
    expect(decideWith({}).reasons).toMatchObject([
      { code: 'LIST', points: 0, source: 'POLICY', summary: 'analyst: LIST: seen in fraud' },
    ]);
  });

  test('a hold by a list is for a person to end', () => {
    expect(decideWith({ effect: { kind: 'deny', decision: 'HOLD' } })).toMatchObject({
      decision: 'HOLD',
      personOnly: true,
    });
  });

  test('a list may ask for a step-up', () => {
    expect(decideWith({ effect: { kind: 'deny', decision: 'STEP_UP' } }).decision).toBe('STEP_UP');
  });

  test('an entry ends when it says', () => {
    const until = (expiresAt: number) =>
      decideWith({ entries: new Map([['a-1', { reason: 'r', expiresAt }]]) });
    expect(until(NOW).decision).toBe('ALLOW');
    expect(until(NOW + 1)).toMatchObject({ decision: 'REJECT', reasons: [{ expiresAt: NOW + 1 }] });
  });

  test('of several entries that apply, the one that lasts longest counts', () => {
    const entries = new Map([
      ['mailbox-1', { reason: 'short', expiresAt: NOW + DAY }],
      ['pair-1', { reason: 'long', expiresAt: NOW + 2 * DAY }],
    ]);
    expect(decideWith({ on: 'mailbox', entries }).reasons).toMatchObject([{ expiresAt: NOW + 2 * DAY }]);
  });

  test('trust takes points away unless a provider speaks of the mailbox', () => {
    const trust = list({ effect: { kind: 'trust', points: -120 } });
    const policy = {
      ...worth(300),
      rules: [...worth(300).rules, rule('EXPOSED', 10, { kind: 'exposure' }, { source: 'PROVIDER' })],
      lists: [trust],
    };
    expect(decide(afterReset, policy)).toMatchObject({ decision: 'ALLOW', score: 180 });
    expect(decide({ ...afterReset, ...named }, policy)).toMatchObject({ decision: 'STEP_UP', score: 310 });
    const ended = list({ ...trust, entries: new Map([['a-1', { reason: 'r', expiresAt: NOW }]]) });
    expect(decide(afterReset, { ...policy, lists: [ended] }).score).toBe(300);
  });
});
