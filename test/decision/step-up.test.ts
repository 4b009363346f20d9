import { describe, expect, test } from 'vitest';
import type { SignalFactor } from '../../src/decision/evidence.js';
import { decide, explain } from '../../src/decision/index.js';
import type { AssessmentInput, FactorFacts } from '../../src/decision/input.js';
import {
  cohort,
  DAY,
  event,
  HOUR,
  inputOf,
  lock,
  MINUTE,
  NOW,
  policyOf,
  requestOf,
  rule,
  signal,
  text,
  thiefRequest,
  viewOf,
  withSignals,
} from './fixtures.js';

const STEP_UP_POLICY = policyOf({
  rules: [rule('RESET', 350, { kind: 'signal', types: ['PASSWORD_RESET'] })],
});
const HOLD_POLICY = policyOf({
  rules: [rule('RESET', 600, { kind: 'signal', types: ['PASSWORD_RESET'] }, { window: 3 * DAY })],
});

/** An account reset an hour ago, with these factors. */
function resetWith(
  factors: readonly FactorFacts[] | undefined,
  extra: Partial<AssessmentInput> = {},
): AssessmentInput {
  const { factors: _, ...request } = requestOf();
  const input = inputOf({ request: factors === undefined ? request : { ...request, factors }, ...extra });
  return withSignals(input, signal('PASSWORD_RESET', HOUR));
}

const OLD = NOW - 100 * DAY;
const JUST_NOW = NOW - MINUTE;

describe('acceptable channels', () => {
  test('are the policy’s without the untrusted ones, if the exchange names no factors', () => {
    expect(decide(resetWith(undefined), STEP_UP_POLICY).acceptableChannels).toEqual([
      'PASSKEY',
      'TOTP',
      'PUSH',
      'SMS',
      'EMAIL',
    ]);
    const troubled = withSignals(
      resetWith(undefined, { cohorts: [cohort({ share: 0 })] }),
      signal('SIM_CHANGED', DAY),
    );
    expect(decide(troubled, STEP_UP_POLICY).acceptableChannels).toEqual(['PASSKEY', 'TOTP', 'PUSH']);
  });

  test('are those of factors enrolled before the trouble began, in the policy’s order', () => {
    const factors: readonly FactorFacts[] = [
      { channel: 'TOTP', enrolledAt: OLD },
      { channel: 'PASSKEY', enrolledAt: NOW - HOUR - 1 },
      { channel: 'PUSH', enrolledAt: NOW - HOUR },
      { channel: 'SMS' },
      { channel: 'SUPPORT', enrolledAt: OLD },
    ];
    expect(decide(resetWith(factors), STEP_UP_POLICY).acceptableChannels).toEqual(['PASSKEY', 'TOTP']);
  });

  test('date from the earliest evidence that counts, not from the strongest', () => {
    const factors: readonly FactorFacts[] = [{ channel: 'TOTP', enrolledAt: NOW - 2 * DAY }];
    const input = withSignals(resetWith(factors), signal('PASSWORD_RESET', 3 * DAY));
    expect(decide(resetWith(factors), STEP_UP_POLICY).acceptableChannels).toEqual(['TOTP']);
    expect(decide(input, STEP_UP_POLICY)).toMatchObject({ decision: 'HOLD', personOnly: true });
  });

  test('date from the earliest evidence in whatever order it is kept', () => {
    const decisionAt = (enrolledAt: number, ...ago: readonly number[]) => {
      const input = inputOf({ request: requestOf({ factors: [{ channel: 'TOTP', enrolledAt }] }) });
      const resets = ago.map((one) => signal('PASSWORD_RESET', one));
      return decide(withSignals(input, ...resets), STEP_UP_POLICY).decision;
    };
    expect(decisionAt(NOW - 2 * DAY, 3 * DAY, HOUR)).toBe('HOLD');
    expect(decisionAt(NOW - 2 * DAY, HOUR, 3 * DAY)).toBe('HOLD');
    expect(decisionAt(NOW - 3 * DAY - 1, HOUR, 3 * DAY)).toBe('STEP_UP');
  });

  test('date from the earliest trigger of a lock, in whatever order, even one without points', () => {
    const locked = policyOf({ locks: [lock('LOCK', { window: 5 * DAY })] });
    const personOnly = (enrolledAt: number, ...ago: readonly number[]) => {
      const request = thiefRequest({ factors: [{ channel: 'TOTP', enrolledAt }] });
      const resets = ago.map((one) => signal('PASSWORD_RESET', one));
      return decide(withSignals(inputOf({ request }), ...resets), locked).personOnly;
    };
    expect(personOnly(NOW - 2 * DAY, HOUR)).toBe(false);
    expect(personOnly(NOW - 2 * DAY, HOUR, 3 * DAY)).toBe(true);
    expect(personOnly(NOW - 2 * DAY, 3 * DAY, HOUR)).toBe(true);
    expect(personOnly(NOW - 2 * DAY, HOUR, 6 * DAY)).toBe(false);
  });

  test('date from the start of a cohort that gives points', () => {
    const policy = policyOf({
      rules: [rule('SHARE', 300, { kind: 'balanceShare', atLeast: 0 }, { source: 'REQUEST' })],
    });
    const decisionAt = (enrolledAt: number, share: number) => {
      const request = requestOf({ factors: [{ channel: 'TOTP', enrolledAt }] });
      return decide(inputOf({ request, cohorts: [cohort({ share })] }), policy).decision;
    };
    expect(decisionAt(NOW - 9 * DAY, 0)).toBe('STEP_UP');
    expect(decisionAt(NOW - 9 * DAY, 0.0002)).toBe('HOLD');
    expect(decisionAt(NOW - 11 * DAY, 0.0002)).toBe('STEP_UP');
  });

  test('date from the first hour of failed sign-ins that still counts', () => {
    const policy = policyOf({
      rules: [rule('STUFFING', 350, { kind: 'loginFailures', atLeast: 10, within: 2 * DAY })],
    });
    const hour = Math.floor(NOW / HOUR);
    const ids = Array.from({ length: 12 }, (_, id) => id);
    const decisionAt = (enrolledAt: number, ...hoursAgo: readonly number[]) => {
      const loginFailures = hoursAgo.map((ago) => ({ hour: hour - ago, ids }));
      const request = requestOf({ factors: [{ channel: 'TOTP', enrolledAt }] });
      return decide(inputOf({ request, account: { signals: [], loginFailures, mailboxes: [] } }), policy)
        .decision;
    };
    expect(decisionAt(NOW - 5 * HOUR, 1)).toBe('STEP_UP');
    expect(decisionAt(NOW - 5 * HOUR, 1, 20)).toBe('HOLD');
    expect(decisionAt(NOW - 5 * HOUR, 1, 60)).toBe('STEP_UP');
  });

  test('date from the start of an exposure, with its look-back', () => {
    const found = event('CREDENTIAL_COMPROMISE', DAY, { timeIs: 'DISCOVERED' });
    const at = (enrolledAt: number) =>
      decide(resetWith([{ channel: 'TOTP', enrolledAt }], { mailboxes: [viewOf([found])] }), STEP_UP_POLICY)
        .decision;
    expect(at(NOW - 31 * DAY)).toBe('HOLD');
    expect(at(NOW - 31 * DAY - 1)).toBe('STEP_UP');
  });

  test('none left: a hold that a person must end, and the answer says why', () => {
    const verdict = decide(resetWith([]), STEP_UP_POLICY);
    expect(verdict).toMatchObject({ decision: 'HOLD', personOnly: true, acceptableChannels: [] });
    expect(verdict.reasons.map((reason) => reason.code)).toContain('NO_ACCEPTABLE_CHANNEL');
    expect(explain(resetWith([]), STEP_UP_POLICY, verdict)).toMatchObject({
      release: 'PERSON',
      releaseConditions: expect.arrayContaining([
        expect.objectContaining({ kind: 'REVIEW', decision: 'ALLOW' }),
      ]),
    });
  });
});

describe('satisfying a step-up', () => {
  const confirmed = (factor: FactorFacts, extra: Partial<AssessmentInput> = {}) =>
    decide(resetWith([factor, { channel: 'PASSKEY', enrolledAt: OLD }], extra), STEP_UP_POLICY).decision;

  test.each<{ name: string; factor: FactorFacts; is: string }>([
    {
      name: 'old factor, confirmed now',
      factor: { channel: 'TOTP', enrolledAt: OLD, verifiedAt: JUST_NOW },
      is: 'ALLOW',
    },
    {
      name: 'confirmed just in time',
      factor: { channel: 'TOTP', enrolledAt: OLD, verifiedAt: NOW - 15 * MINUTE },
      is: 'ALLOW',
    },
    {
      name: 'confirmed too long ago',
      factor: { channel: 'TOTP', enrolledAt: OLD, verifiedAt: NOW - 15 * MINUTE - 1 },
      is: 'STEP_UP',
    },
    {
      name: 'confirmed in the future',
      factor: { channel: 'TOTP', enrolledAt: OLD, verifiedAt: NOW + 1 },
      is: 'STEP_UP',
    },
    {
      name: 'enrolled after the trouble',
      factor: { channel: 'TOTP', enrolledAt: NOW - HOUR, verifiedAt: JUST_NOW },
      is: 'STEP_UP',
    },
    { name: 'enrolled who knows when', factor: { channel: 'TOTP', verifiedAt: JUST_NOW }, is: 'STEP_UP' },
    {
      name: 'not in the policy',
      factor: { channel: 'SUPPORT', enrolledAt: OLD, verifiedAt: JUST_NOW },
      is: 'STEP_UP',
    },
    { name: 'never confirmed', factor: { channel: 'TOTP', enrolledAt: OLD }, is: 'STEP_UP' },
  ])('$name: $is', ({ factor, is }) => {
    expect(confirmed(factor)).toBe(is);
  });

  test('not over a channel that somebody else may read', () => {
    const byMail: FactorFacts = { channel: 'EMAIL', enrolledAt: OLD, verifiedAt: JUST_NOW };
    expect(confirmed(byMail)).toBe('ALLOW');
    expect(confirmed(byMail, { cohorts: [cohort({ share: 0 })] })).toBe('STEP_UP');
  });

  test('leaves the score as it is and says so', () => {
    const verdict = decide(
      resetWith([{ channel: 'TOTP', enrolledAt: OLD, verifiedAt: JUST_NOW }]),
      STEP_UP_POLICY,
    );
    expect(verdict).toMatchObject({ decision: 'ALLOW', score: 350, level: 'ELEVATED' });
    expect(verdict.reasons).toMatchObject([
      { code: 'RESET' },
      { code: 'STEP_UP_SATISFIED', points: 0, source: 'POLICY' },
    ]);
  });

  test('does not end a hold', () => {
    const input = resetWith([{ channel: 'TOTP', enrolledAt: OLD, verifiedAt: JUST_NOW }]);
    expect(decide(input, HOLD_POLICY).decision).toBe('HOLD');
  });
});

describe('the age of a factor', () => {
  const margin = policyOf({
    ...STEP_UP_POLICY,
    stepUp: { ...STEP_UP_POLICY.stepUp, factorMargin: 10 * MINUTE },
  });
  const decisionWith = (factors: readonly FactorFacts[], about?: SignalFactor) => {
    const input = resetWith(factors);
    const enrolled = signal('MFA_ENROLLED', 2 * HOUR, about === undefined ? {} : { factor: about });
    return decide(withSignals(input, enrolled), margin).decision;
  };
  const verified = { verifiedAt: JUST_NOW };

  test('is more than the margin, or none', () => {
    const at = (enrolledAt: number) => decisionWith([{ channel: 'TOTP', enrolledAt, ...verified }]);
    expect(at(NOW - HOUR - 1 * MINUTE)).toBe('HOLD');
    expect(at(NOW - HOUR - 10 * MINUTE)).toBe('HOLD');
    expect(at(NOW - HOUR - 10 * MINUTE - 1)).toBe('ALLOW');
  });

  test('is never more than that of the signal about it', () => {
    const named: FactorFacts = { channel: 'TOTP', id: 'his', enrolledAt: OLD, ...verified };
    expect(decisionWith([named])).toBe('ALLOW');
    expect(decisionWith([named], { channel: 'TOTP', id: 'hers' })).toBe('ALLOW');
    expect(decisionWith([named], { channel: 'PASSKEY' })).toBe('ALLOW');
    const recent = decide(
      withSignals(
        resetWith([named]),
        signal('MFA_ENROLLED', 30 * MINUTE, { factor: { channel: 'TOTP', id: 'his' } }),
      ),
      margin,
    );
    expect(recent).toMatchObject({ decision: 'HOLD', personOnly: true });
  });

  test('is that of the signal for the youngest of its channel, where an id is missing', () => {
    const about = (...factors: readonly FactorFacts[]) =>
      decide(
        withSignals(
          resetWith(factors),
          signal('MFA_CHANGED', 30 * MINUTE, { factor: { channel: 'TOTP', id: 'new' } }),
        ),
        margin,
      ).decision;
    const old: FactorFacts = { channel: 'TOTP', enrolledAt: OLD, ...verified };
    expect(about(old)).toBe('HOLD');
    expect(about(old, { channel: 'TOTP', enrolledAt: NOW - 30 * MINUTE })).toBe('ALLOW');
    expect(about(old, { channel: 'TOTP' })).toBe('ALLOW');
    expect(about(old, { channel: 'TOTP', enrolledAt: OLD - DAY })).toBe('STEP_UP');
  });
});

describe('the longest hold', () => {
  const heldFor = (input: AssessmentInput, ago: number): AssessmentInput => ({
    ...input,
    ledger: { ...input.ledger, holds: [{ withdrawal: 'digest-w-1', firstHeldAt: NOW - ago }] },
  });
  const policy = policyOf({ rules: [rule('RESET', 600, { kind: 'signal', types: ['PASSWORD_RESET'] })] });
  const input = resetWith([{ channel: 'TOTP', enrolledAt: OLD }]);

  test('turns a hold into a step-up, counted from the first hold of this withdrawal', () => {
    expect(decide(heldFor(input, 7 * DAY - 1), policy).decision).toBe('HOLD');
    const verdict = decide(heldFor(input, 7 * DAY), policy);
    expect(verdict).toMatchObject({ decision: 'STEP_UP', acceptableChannels: ['TOTP'] });
    expect(verdict.reasons.map((reason) => reason.code)).toContain('MAX_HOLD_REACHED');
    const other = { ...input.ledger, holds: [{ withdrawal: 'digest-other', firstHeldAt: NOW - 30 * DAY }] };
    expect(decide({ ...input, ledger: other }, policy).decision).toBe('HOLD');
  });

  test('does not end what only a person may end', () => {
    const locked = { ...policy, locks: [lock('LOCK', { release: 'PERSON' })] };
    const request = thiefRequest({ factors: [{ channel: 'TOTP', enrolledAt: OLD }] });
    expect(decide(heldFor({ ...input, request }, 30 * DAY), locked)).toMatchObject({
      decision: 'HOLD',
      personOnly: true,
    });
    expect(decide(heldFor(resetWith([]), 30 * DAY), policy)).toMatchObject({
      decision: 'HOLD',
      personOnly: true,
    });
  });
});

describe('a release', () => {
  const release = {
    withdrawal: 'digest-w-1',
    destination: 'destination-1',
    ceiling: 50_000,
    releasedAt: NOW - MINUTE,
  };
  const released = (
    overrides: Partial<typeof release> = {},
    extra: Partial<AssessmentInput> = {},
  ): AssessmentInput => {
    const input = resetWith([], extra);
    return { ...input, ledger: { ...input.ledger, releases: [{ ...release, ...overrides }] } };
  };

  test('lets the withdrawal go, and says so', () => {
    const verdict = decide(released(), HOLD_POLICY);
    expect(verdict).toMatchObject({ decision: 'ALLOW', score: 600, personOnly: false });
    expect(verdict.reasons).toMatchObject([
      { code: 'RESET' },
      { code: 'RELEASED', points: 0, source: 'POLICY' },
    ]);
  });

  test.each([
    { name: 'another withdrawal', overrides: { withdrawal: 'digest-other' } },
    { name: 'another destination', overrides: { destination: 'destination-2' } },
    { name: 'a lower ceiling', overrides: { ceiling: 49_999 } },
  ])('not for $name', ({ overrides }) => {
    expect(decide(released(overrides), HOLD_POLICY).decision).toBe('HOLD');
  });

  test('not for an unknown value', () => {
    const input = released();
    const { value: _, ...request } = input.request;
    expect(decide({ ...input, request }, HOLD_POLICY).decision).toBe('HOLD');
  });

  test('not when anything adverse was heard since, whenever it happened', () => {
    const receivedAt = NOW - MINUTE;
    const late = (extra: Partial<AssessmentInput>) => decide(released({}, extra), HOLD_POLICY).decision;
    expect(
      decide(withSignals(released(), signal('NEW_DEVICE', DAY, { receivedAt })), HOLD_POLICY).decision,
    ).toBe('HOLD');
    expect(late({ mailboxes: [viewOf([event('RISK_MEDIUM', DAY, { receivedAt })])] })).toBe('HOLD');
    expect(late({ mailboxes: [viewOf([event('CREDENTIAL_CHANGE_REQUIRED', DAY, { receivedAt })])] })).toBe(
      'HOLD',
    );
    expect(late({ mailboxes: [viewOf([event('RESECURED', DAY, { receivedAt })])] })).toBe('ALLOW');
    expect(late({ cohorts: [cohort({ issuedAt: receivedAt })] })).toBe('HOLD');
    expect(late({ cohorts: [cohort({ issuedAt: receivedAt - 1 })] })).toBe('ALLOW');
  });

  test('of several the latest counts', () => {
    const input = released({ releasedAt: NOW - 2 * HOUR });
    expect(decide(input, HOLD_POLICY).decision).toBe('HOLD');
    const releases = [...input.ledger.releases, release];
    expect(decide({ ...input, ledger: { ...input.ledger, releases } }, HOLD_POLICY).decision).toBe('ALLOW');
  });

  test('does not pass a deny list', () => {
    const deny = (decision: 'STEP_UP' | 'REJECT') => ({
      ...HOLD_POLICY,
      lists: [
        {
          ...text('DENY', 'POLICY'),
          name: 'deny',
          effect: { kind: 'deny' as const, decision },
          on: 'account' as const,
          entries: new Map([['a-1', { reason: 'r' }]]),
        },
      ],
    });
    expect(decide(released(), deny('REJECT')).decision).toBe('REJECT');
  });
});
