import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { durationFromMs, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import { CircuitBreaker } from '../../../clients/typescript/src/circuit-breaker.js';
import { mayGo } from '../../../clients/typescript/src/fail-posture.js';
import { Decision } from '../../../clients/typescript/src/gen/holdfast/v1/decision_pb.js';
import {
  AssessWithdrawalRequestSchema,
  type FailPosture,
  FailPostureSchema,
} from '../../../clients/typescript/src/gen/holdfast/v1/risk_service_pb.js';
import { HourlyAllowance } from '../../../clients/typescript/src/hourly-allowance.js';
import { SternerAnswers } from '../../../clients/typescript/src/sterner-answers.js';

const WALL_MS = Date.UTC(2026, 5, 1);
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

const POSTURE = create(FailPostureSchema, {
  currency: 'USD',
  tiers: [
    { name: 'small', belowHundredths: 100_000n, decision: Decision.ALLOW },
    { name: 'large', decision: Decision.HOLD },
  ],
  destinationUsedFor: durationFromMs(30 * DAY_MS),
  accountHourlyHundredths: 80_000n,
  accountHourlyCount: 4,
  hourlyHundredths: 200_000n,
  validFor: durationFromMs(600_000),
});

type Init = Omit<MessageInitShape<typeof AssessWithdrawalRequestSchema>, '$typeName' | '$unknown'>;

function ask(changes: Init = {}, facts: Partial<Parameters<typeof mayGo>[1]> = {}): boolean {
  const request = create(AssessWithdrawalRequestSchema, {
    withdrawalId: 'w-1',
    accountId: 'a-1',
    asset: 'BTC',
    amount: '0.1',
    referenceValue: 100,
    destination: { address: 'bc1q', firstUsedAt: timestampFromMs(WALL_MS - 31 * DAY_MS) },
    ...changes,
  });
  return mayGo(request, {
    known: { posture: POSTURE, heardAtMs: 0 },
    allowance: new HourlyAllowance(),
    instances: 1,
    monotonicMs: 1_000,
    wallMs: WALL_MS,
    ...facts,
  });
}

const withPosture = (changes: Partial<FailPosture>) => ({
  known: { posture: { ...POSTURE, ...changes }, heardAtMs: 0 },
});

describe('what may go without an answer', () => {
  test('a small amount to a destination paid long ago', () => {
    expect(ask()).toBe(true);
  });

  test.each<[string, Init]>([
    ['an amount of the next tier', { referenceValue: 1000 }],
    ['more than an account may take in an hour', { referenceValue: 801 }],
    ['an unknown value', { referenceValue: undefined }],
    ['a value of 0', { referenceValue: 0 }],
    ['a negative value', { referenceValue: -5 }],
    ['a value that is no number', { referenceValue: Number.NaN }],
    ['a value without end', { referenceValue: Number.POSITIVE_INFINITY }],
    ['no destination', { destination: undefined }],
    ['a destination never paid', { destination: { address: 'bc1q' } }],
    [
      'one paid lately',
      { destination: { address: 'b', firstUsedAt: timestampFromMs(WALL_MS - 29 * DAY_MS) } },
    ],
    ['one with an empty time', { destination: { address: 'b', firstUsedAt: { seconds: 0n } } }],
    ['signals that nobody has judged', { signals: [{ accountId: 'a-1' }] }],
    ['no account', { accountId: '' }],
    ['an id that the service would refuse', { withdrawalId: 'x'.repeat(129) }],
    ['an id with a control character', { accountId: 'a\u0007' }],
    ['an amount that is none', { amount: 'much' }],
    ['an amount of nothing', { amount: '0.00' }],
  ])('not %s', (_what, changes) => {
    expect(ask(changes)).toBe(false);
  });

  test.each<[string, Parameters<typeof ask>[1]]>([
    ['without a posture', { known: undefined }],
    ['with one that is too old', { monotonicMs: 600_000 }],
    ['with an empty one', { known: { posture: create(FailPostureSchema), heardAtMs: 0 } }],
    ['with one without a destination rule', withPosture({ destinationUsedFor: undefined })],
    ['with one without a cap for accounts', withPosture({ accountHourlyHundredths: 0n })],
    ['with one without a count', withPosture({ accountHourlyCount: 0 })],
    ['with one without a cap for all', withPosture({ hourlyHundredths: 0n })],
    ['with one that is valid for no time', withPosture({ validFor: undefined })],
    ['where the count divided is none', { instances: 5 }],
  ])('nothing %s', (_what, facts) => {
    expect(ask({}, facts)).toBe(false);
  });

  test('the caps are divided among instances', () => {
    expect(ask({ referenceValue: 400 }, { instances: 2 })).toBe(true);
    expect(ask({ referenceValue: 401 }, { instances: 2 })).toBe(false);
  });

  test('no more than the caps in any hour, and again when it is over', () => {
    const allowance = new HourlyAllowance();
    allowance.take('a-1', 75_000, 1_000);
    expect(ask({}, { allowance })).toBe(false);
    expect(ask({ accountId: 'a-2' }, { allowance })).toBe(true);
    allowance.take('a-3', 120_000, 1_000);
    expect(ask({ accountId: 'a-2' }, { allowance })).toBe(false);
    const later = { posture: POSTURE, heardAtMs: HOUR_MS };
    expect(ask({}, { allowance, known: later, monotonicMs: HOUR_MS + 1_001 })).toBe(true);
  });

  test('no more withdrawals of an account than counted', () => {
    const allowance = new HourlyAllowance();
    for (let count = 0; count < 4; count += 1) {
      expect(ask({ referenceValue: 1 }, { allowance })).toBe(true);
      allowance.take('a-1', 100, 1_000);
    }
    expect(ask({ referenceValue: 1 }, { allowance })).toBe(false);
  });
});

test('a full memory of what went lets nothing go', () => {
  const allowance = new HourlyAllowance();
  for (let count = 0; count < 10_000; count += 1) allowance.take(`b-${count}`, 1, 1_000);
  expect(ask({ referenceValue: 1 }, { allowance })).toBe(false);
});

test('an account answered sternly is remembered for a day, and pushing it out gains nothing', () => {
  const sterner = new SternerAnswers();
  sterner.noted('thief', false, 0);
  for (let count = 0; count < 10_000; count += 1) sterner.noted(`other-${count}`, false, 1);
  expect(sterner.includes('thief', 2)).toBe(true);
  expect(sterner.includes('anybody', 2)).toBe(true);
  expect(sterner.includes('anybody', DAY_MS + 2)).toBe(false);
  const calm = new SternerAnswers();
  calm.noted('a', false, 0);
  calm.noted('a', true, 1);
  expect(calm.includes('a', 2)).toBe(false);
});

test('the circuit opens after five failures, lets one call try, and closes when it is answered', () => {
  const breaker = new CircuitBreaker();
  for (let count = 0; count < 5; count += 1) {
    expect(breaker.mayCall(0)).toBe(true);
    breaker.failed(0);
  }
  expect(breaker.mayCall(999)).toBe(false);
  expect([breaker.mayCall(1_000), breaker.mayCall(1_000)]).toEqual([true, false]);
  breaker.failed(1_000);
  expect(breaker.mayCall(1_500)).toBe(false);
  expect(breaker.mayCall(2_000)).toBe(true);
  breaker.succeeded();
  expect([breaker.mayCall(2_000), breaker.mayCall(2_000)]).toEqual([true, true]);
});
