import { describe, expect, test } from 'vitest';
import { Drains } from '../../src/decision/drains.js';
import type { LedgerRecord, OutflowRecord } from '../../src/decision/evidence.js';
import { decide, explain } from '../../src/decision/index.js';
import type { AssessmentInput, RequestFacts } from '../../src/decision/input.js';
import type { Question } from '../../src/decision/policy-model.js';
import { DAY, HOUR, inputOf, MINUTE, NOW, policyOf, requestOf, spend, text } from './fixtures.js';

const WEEK = 7 * DAY;
const MONTH = 30 * DAY;
const YOUNG = { id: 'to-young', suffix: 'x', network: 'bitcoin', addedAt: NOW - 29 * DAY };

function out(ago: number, value: number, overrides: Partial<OutflowRecord> = {}): OutflowRecord {
  const minute = Math.floor((NOW - ago) / MINUTE);
  return { withdrawal: `w${ago}`, minute, value, destination: 'to-young', young: true, ...overrides };
}

function asked(ledger: Partial<LedgerRecord>, request: Partial<RequestFacts> = {}): AssessmentInput {
  const input = inputOf({
    request: requestOf({ destination: YOUNG, value: 1_000, balanceShare: 0.1, ...request }),
  });
  return { ...input, ledger: { ...input.ledger, ...ledger } };
}

describe('what was moved', () => {
  const young = { scope: 'young', within: WEEK } as const;

  test('is all that counts in the window, the present withdrawal included', () => {
    const ledger = {
      spends: [
        spend(HOUR, 10, { young: true }),
        spend(HOUR, 1_000_000, { young: true, counted: false }),
        spend(2 * HOUR, 1_000_000, { young: true, pending: true }),
        spend(10 * MINUTE, 20, { young: true, pending: true }),
        spend(HOUR, 40),
      ],
      outflows: [out(6 * DAY, 100), out(8 * DAY, 200), out(2 * DAY, 400, { destination: 'elsewhere' })],
    };
    const drains = new Drains(asked(ledger));
    expect(drains.valueAt(young, NOW)).toBe(1_000 + 10 + 20 + 100 + 400);
    expect(drains.valueAt({ scope: 'young', within: MONTH }, NOW)).toBe(1_000 + 10 + 20 + 100 + 200 + 400);
    expect(drains.valueAt({ scope: 'account', within: WEEK }, NOW)).toBe(1_000 + 10 + 20 + 40 + 100 + 400);
    expect(drains.valueAt({ scope: 'destination', within: WEEK }, NOW)).toBe(1_000 + 10 + 20 + 40 + 100);
  });

  test('to an address of long is no drain; one of unknown age is young', () => {
    const old = { ...YOUNG, addedAt: NOW - MONTH };
    const { addedAt: _, ...unknown } = YOUNG;
    const ledger = { outflows: [out(DAY * 2, 100)] };
    expect(new Drains(asked(ledger, { destination: old })).valueAt(young, NOW)).toBe(0);
    expect(new Drains(asked(ledger, { destination: unknown })).valueAt(young, NOW)).toBe(1_100);
  });

  test('a sum counts for every destination, and for many', () => {
    const { destination: _, ...sum } = out(DAY * 2, 100, { withdrawal: '' });
    const drains = new Drains(asked({ outflows: [sum] }));
    expect(drains.valueAt({ scope: 'destination', within: WEEK }, NOW)).toBe(1_100);
    expect(drains.countAt(young, NOW)).toBeGreaterThan(48);
  });

  test('the same withdrawal asked again is not another', () => {
    const input = asked({ outflows: [out(DAY * 2, 100, { withdrawal: 'gest-w-1' })] });
    expect(new Drains(input).valueAt(young, NOW)).toBe(1_000);
  });

  test('its share is of the highest balance of the window', () => {
    const minute = Math.floor((NOW - 10 * DAY) / MINUTE);
    const drains = new Drains(asked({ balances: [{ minute, balance: 100_000 }] }));
    expect(drains.shareAt({ scope: 'young', within: MONTH }, NOW)).toBe(0.01);
    expect(drains.shareAt(young, NOW)).toBe(0.1);
    const { balanceShare: _, ...silent } = requestOf({ destination: YOUNG });
    expect(new Drains({ ...asked({}), request: silent }).shareAt(young, NOW)).toBeUndefined();
  });

  test('an unknown value is its share of the highest balance, else the most there is', () => {
    const { value: _, ...unknown } = requestOf({ destination: YOUNG, balanceShare: 0.25 });
    const balances = [{ minute: Math.floor((NOW - DAY) / MINUTE), balance: 400 }];
    expect(new Drains({ ...asked({ balances }), request: unknown }).valueAt(young, NOW)).toBe(100);
    expect(new Drains({ ...asked({}), request: unknown }).valueAt(young, NOW)).toBe(1e14);
  });
});

describe('a question', () => {
  const question: Question = {
    ...text('HALF', 'REQUEST'),
    when: [{ kind: 'drain', scope: 'young', within: WEEK, atLeast: { of: 'share', share: 0.5 } }],
  };
  const policy = policyOf({ questions: [question] });
  const half = asked({ outflows: [out(2 * DAY, 4_000)] });

  test('asks from exactly the threshold on, whatever the score', () => {
    expect(decide(half, policy)).toMatchObject({
      decision: 'STEP_UP',
      score: 0,
      reasons: [{ code: 'HALF' }],
    });
    expect(decide(asked({ outflows: [out(2 * DAY, 3_999)] }), policy).decision).toBe('ALLOW');
  });

  test('names the sum below which it would not ask', () => {
    const input = asked({ outflows: [out(2 * DAY, 4_500)] });
    const { releaseConditions } = explain(input, policy, decide(input, policy));
    expect(releaseConditions).toContainEqual(
      expect.objectContaining({ kind: 'LOWER_VALUE', maxValue: 499, decision: 'ALLOW' }),
    );
  });

  test('is asked in its tiers only', () => {
    expect(decide(half, policyOf({ questions: [{ ...question, tiers: ['large'] }] })).decision).toBe('ALLOW');
  });

  test('a factor enrolled since the first of the slices does not answer it', () => {
    const factors = [
      { channel: 'PASSKEY' as const, enrolledAt: NOW - DAY, verifiedAt: NOW - MINUTE },
      { channel: 'TOTP' as const, enrolledAt: NOW - 3 * DAY },
    ];
    const input = { ...half, request: { ...half.request, factors } };
    expect(decide(input, policy)).toMatchObject({ decision: 'STEP_UP', acceptableChannels: ['TOTP'] });
    const own = { ...half, request: { ...half.request, factors: factors.slice(0, 1) } };
    expect(decide(own, policy)).toMatchObject({ decision: 'HOLD', personOnly: true });
  });
});

test('the tier of a window is that of what went to young destinations in it', () => {
  const policy = policyOf({ tierWindow: WEEK });
  const input = asked({ outflows: [out(6 * DAY, 999_000)] });
  expect(decide(input, policy).tier).toBe('large');
  expect(decide(input, policyOf()).tier).toBe('small');
  expect(decide(asked({ outflows: [out(8 * DAY, 999_000)] }), policy).tier).toBe('small');
});
