import { describe, expect, test } from 'vitest';
import { decide, explain } from '../../src/decision/index.js';
import type { AssessmentInput, RequestFacts } from '../../src/decision/input.js';
import type { LockRule } from '../../src/decision/policy-model.js';
import {
  cohort,
  DAY,
  event,
  HOUR,
  inputOf,
  lock,
  NOW,
  policyOf,
  requestOf,
  rule,
  signal,
  thiefRequest,
  viewOf,
  withSignals,
} from './fixtures.js';

const DESTINATION = requestOf().destination;

/** An account whose password was reset, asking for this. */
function afterReset(
  request: RequestFacts,
  ago = HOUR,
  overrides: Partial<AssessmentInput> = {},
): AssessmentInput {
  return withSignals(inputOf({ request, ...overrides }), signal('PASSWORD_RESET', ago));
}

function decisionOf(input: AssessmentInput, rule: LockRule = lock('LOCK')): string {
  return decide(input, policyOf({ locks: [rule] })).decision;
}

describe('a composite lock', () => {
  const freshDestination = { ...DESTINATION, addedAt: NOW - HOUR, firstUsedAt: NOW };

  test.each<{ name: string; request: RequestFacts; is: string }>([
    { name: 'new destination, new device, large share', request: thiefRequest(), is: 'HOLD' },
    { name: 'known destination', request: thiefRequest({ destination: DESTINATION }), is: 'ALLOW' },
    {
      name: 'destination long added but never paid',
      request: thiefRequest({ destination: { ...freshDestination, addedAt: NOW - 30 * DAY } }),
      is: 'ALLOW',
    },
    {
      name: 'destination long paid, added again',
      request: thiefRequest({ destination: { ...freshDestination, firstUsedAt: NOW - 30 * DAY } }),
      is: 'ALLOW',
    },
    {
      name: 'destination almost long known',
      request: thiefRequest({ destination: { ...freshDestination, addedAt: NOW - 30 * DAY + 1 } }),
      is: 'HOLD',
    },
    {
      name: 'destination of unknown age, on the allowlist',
      request: thiefRequest({ destination: { id: 'd', suffix: 's', network: 'n', allowlisted: true } }),
      is: 'HOLD',
    },
    {
      name: 'old device, small share',
      request: thiefRequest({ deviceFirstSeenAt: NOW - 48 * HOUR, balanceShare: 0.49 }),
      is: 'ALLOW',
    },
    {
      name: 'device younger than the window, small share',
      request: thiefRequest({ deviceFirstSeenAt: NOW - 48 * HOUR + 1, balanceShare: 0.49 }),
      is: 'HOLD',
    },
    {
      name: 'old device, large share below the floor',
      request: thiefRequest({ deviceFirstSeenAt: NOW - 90 * DAY, value: 19_999 }),
      is: 'ALLOW',
    },
    {
      name: 'old device, large share at the floor',
      request: thiefRequest({ deviceFirstSeenAt: NOW - 90 * DAY, value: 20_000 }),
      is: 'HOLD',
    },
  ])('$name: $is', ({ request, is }) => {
    expect(decisionOf(afterReset(request))).toBe(is);
  });

  test('takes what is not known for the worse (I7)', () => {
    const { deviceFirstSeenAt: _device, ...unknownDevice } = thiefRequest({ balanceShare: 0 });
    expect(decisionOf(afterReset(unknownDevice))).toBe('HOLD');
    const { balanceShare: _share, ...unknownShare } = thiefRequest({ deviceFirstSeenAt: NOW - 90 * DAY });
    expect(decisionOf(afterReset(unknownShare))).toBe('HOLD');
    const { value: _value, ...unknownValue } = thiefRequest({ deviceFirstSeenAt: NOW - 90 * DAY });
    expect(decisionOf(afterReset(unknownValue))).toBe('HOLD');
  });

  test('needs neither device nor share beside trouble with the mailbox', () => {
    const request = thiefRequest({ deviceFirstSeenAt: NOW - 90 * DAY, balanceShare: 0.01 });
    expect(decisionOf(afterReset(request))).toBe('ALLOW');
    expect(
      decisionOf(afterReset(request, HOUR, { mailboxes: [viewOf([event('ACCOUNT_HIJACKED', DAY)])] })),
    ).toBe('HOLD');
    expect(decisionOf(afterReset(request, HOUR, { cohorts: [cohort()] }))).toBe('HOLD');
  });

  test('never comes of a new address alone', () => {
    expect(decisionOf(inputOf({ request: thiefRequest() }))).toBe('ALLOW');
  });

  test('ends with its window; the latest trigger counts', () => {
    expect(decisionOf(afterReset(thiefRequest(), 48 * HOUR - 1))).toBe('HOLD');
    expect(decisionOf(afterReset(thiefRequest(), 48 * HOUR))).toBe('ALLOW');
    const twice = withSignals(afterReset(thiefRequest(), 48 * HOUR), signal('PASSWORD_RESET', 10 * HOUR));
    const verdict = decide(twice, policyOf({ locks: [lock('LOCK')] }));
    expect(verdict.reasons).toMatchObject([
      { code: 'LOCK', points: 0, occurredAt: NOW - 10 * HOUR, expiresAt: NOW + 38 * HOUR },
    ]);
    expect(explain(twice, policyOf({ locks: [lock('LOCK')] }), verdict)).toMatchObject({
      holdUntil: NOW + 38 * HOUR,
      release: 'AUTOMATIC',
    });
  });

  test('lasts longer while a mailbox is in trouble, never shorter', () => {
    const named = { mailboxes: [viewOf([event('ACCOUNT_HIJACKED', 10 * DAY)])] };
    const longer = lock('LOCK', { windowWithMailboxTrouble: 120 * HOUR });
    expect(decisionOf(afterReset(thiefRequest(), 119 * HOUR), longer)).toBe('ALLOW');
    expect(decisionOf(afterReset(thiefRequest(), 119 * HOUR, named), longer)).toBe('HOLD');
    expect(decisionOf(afterReset(thiefRequest(), 120 * HOUR, named), longer)).toBe('ALLOW');
    const shorter = lock('LOCK', { windowWithMailboxTrouble: HOUR });
    expect(decisionOf(afterReset(thiefRequest(), 47 * HOUR, named), shorter)).toBe('HOLD');
  });

  test('is not triggered by what came under a guessed alias', () => {
    const onEvent = lock('LOCK', { trigger: { kind: 'event', types: ['RECOVERY_ACTIVATED'] } });
    const input = (form: 'exact' | 'guessed') =>
      inputOf({
        request: thiefRequest(),
        mailboxes: [viewOf([event('RECOVERY_ACTIVATED', HOUR)], { form })],
      });
    expect(decisionOf(input('exact'), onEvent)).toBe('HOLD');
    expect(decisionOf(input('guessed'), onEvent)).toBe('ALLOW');
  });

  test('takes trust away but changes no score of evidence', () => {
    const trust = rule('OLD', -50, { kind: 'accountAge', atLeast: DAY }, { source: 'REQUEST' });
    const reset = rule('RESET', 100, { kind: 'signal', types: ['PASSWORD_RESET'] });
    const input = afterReset(thiefRequest());
    expect(decide(input, policyOf({ rules: [trust, reset] })).score).toBe(50);
    expect(decide(input, policyOf({ rules: [trust, reset], locks: [lock('LOCK')] })).score).toBe(100);
  });

  test('of several, the latest end counts, not the sum', () => {
    const locks = [lock('SHORT', { window: 24 * HOUR }), lock('LONG', { window: 72 * HOUR })];
    const input = afterReset(thiefRequest());
    const verdict = decide(input, policyOf({ locks }));
    expect(explain(input, policyOf({ locks }), verdict).holdUntil).toBe(NOW + 71 * HOUR);
    expect(verdict.reasons.map((reason) => reason.code)).toEqual(['LONG', 'SHORT']);
  });

  test('that only a person may end says so while it holds', () => {
    const locks = [
      lock('PERSON', { release: 'PERSON', window: 24 * HOUR }),
      lock('LONG', { window: 72 * HOUR }),
    ];
    const young = afterReset(thiefRequest());
    expect(decide(young, policyOf({ locks })).personOnly).toBe(true);
    expect(decide(afterReset(thiefRequest(), 24 * HOUR), policyOf({ locks })).personOnly).toBe(false);
  });
});

describe('a timer lock', () => {
  const timer = lock('TIMER', { shape: 'timer' });

  test('holds by its trigger alone', () => {
    expect(decisionOf(afterReset(requestOf()), timer)).toBe('HOLD');
  });

  test('may spare destinations known for so long', () => {
    const sparing = lock('TIMER', { shape: 'timer', onlyDestinationsYoungerThan: 190 * DAY });
    expect(decisionOf(afterReset(requestOf()), sparing)).toBe('ALLOW');
    expect(decisionOf(afterReset(thiefRequest()), sparing)).toBe('HOLD');
    expect(
      decisionOf(afterReset(requestOf({ destination: { id: 'd', suffix: 's', network: 'n' } })), sparing),
    ).toBe('HOLD');
  });
});
