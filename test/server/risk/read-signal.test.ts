import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import { type Signal, type SignalFactor, SignalType } from '../../../src/gen/holdfast/v1/signal_pb.js';
import { FieldRules } from '../../../src/server/risk/field-rules.js';
import { readSignal, tooOldToCount } from '../../../src/server/risk/read-signal.js';
import { NOW, UNREADABLE_ADDRESSES, validSignal } from './valid-request.js';

// Numbers, so that the compiler takes them for values of an enum.
const AFTER_THE_LAST_TYPE: number = 21;
const AFTER_THE_LAST_CHANNEL: number = 9;
const NEGATIVE: number = -1;

const TOO_LATE = timestampFromMs(NOW + 5 * 60_000 + 1);

function factorOf(changes: Partial<SignalFactor>): SignalFactor {
  return { $typeName: 'holdfast.v1.SignalFactor', channel: 4, factorId: 'totp-1', ...changes };
}

function refused(signal: Signal, requestAccountId?: string): readonly string[] {
  const rules = new FieldRules(NOW);
  expect(readSignal(signal, rules, requestAccountId)).toBeUndefined();
  return rules.violations.map(({ field, reason }) => `${field} ${reason}`);
}

function taken(signal: Signal) {
  const rules = new FieldRules(NOW);
  const read = readSignal(signal, rules);
  expect(rules.violations).toEqual([]);
  return read;
}

function attributes(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']));
}

describe('each broken rule is reported with its field', () => {
  test.each<readonly [string, Signal]>([
    ['signal_id TOO_LONG', validSignal({ signalId: 'x'.repeat(129) })],
    ['signal_id CONTROL_CHARACTER', validSignal({ signalId: 'x\t' })],
    ['type REQUIRED', validSignal({ type: 0 })],
    ['type UNKNOWN_ENUM_VALUE', validSignal({ type: AFTER_THE_LAST_TYPE })],
    ['type UNKNOWN_ENUM_VALUE', validSignal({ type: NEGATIVE })],
    ['account_id REQUIRED', validSignal({ accountId: '' })],
    ['account_id TOO_LONG', validSignal({ accountId: 'x'.repeat(129) })],
    ['email TOO_LONG', validSignal({ email: `${'x'.repeat(250)}@x.de` })],
    ['occurred_at IN_FUTURE', validSignal({ occurredAt: timestampFromMs(NOW + 5 * 60_000 + 1) })],
    ['channel UNKNOWN_ENUM_VALUE', validSignal({ channel: AFTER_THE_LAST_CHANNEL })],
    ['factor.channel REQUIRED', validSignal({ factor: factorOf({ channel: 0 }) })],
    [
      'factor.channel UNKNOWN_ENUM_VALUE',
      validSignal({ factor: factorOf({ channel: AFTER_THE_LAST_CHANNEL }) }),
    ],
    ['factor.factor_id TOO_LONG', validSignal({ factor: factorOf({ factorId: 'x'.repeat(129) }) })],
    ['factor.factor_id CONTROL_CHARACTER', validSignal({ factor: factorOf({ factorId: 'x\n' }) })],
    ['factor.enrolled_at IN_FUTURE', validSignal({ factor: factorOf({ enrolledAt: TOO_LATE }) })],
    ['factor.verified_at IN_FUTURE', validSignal({ factor: factorOf({ verifiedAt: TOO_LATE }) })],
    ['attributes TOO_MANY', validSignal({ attributes: attributes(17) })],
    ['attributes REQUIRED', validSignal({ attributes: { '': 'v' } })],
    ['attributes TOO_LONG', validSignal({ attributes: { ['k'.repeat(65)]: 'v' } })],
    ['attributes TOO_LONG', validSignal({ attributes: { k: 'v'.repeat(257) } })],
    ['attributes CONTROL_CHARACTER', validSignal({ attributes: { k: 'a\u0000' } })],
  ])('%s', (expected, signal) => {
    expect(refused(signal)).toEqual([expected]);
  });

  test('a signal without a time', () => {
    const signal = validSignal();
    delete signal.occurredAt;
    expect(refused(signal)).toEqual(['occurred_at REQUIRED']);
  });

  test('an inline signal of another account', () => {
    expect(refused(validSignal(), 'a-2')).toEqual(['account_id OTHER_ACCOUNT']);
  });
});

describe('what is too old to count', () => {
  const HOUR_MS = 3_600_000;
  const tooOld = (type: SignalType, ageMs: number) => {
    const signal = taken(validSignal({ type, occurredAt: timestampFromMs(NOW - ageMs) }));
    if (signal === undefined) throw new Error('refused');
    return tooOldToCount(signal, NOW);
  };

  test.each([
    [SignalType.PASSWORD_RESET, 180 * 24 * HOUR_MS, 'must not be more than 180 days ago'],
    [SignalType.EMAIL_CHANGED, 180 * 24 * HOUR_MS, 'must not be more than 180 days ago'],
    [SignalType.LOGIN_FAILED, 48 * HOUR_MS, 'must not be more than 48 hours ago'],
  ])('type %d', (type, retentionMs, rule) => {
    expect(tooOld(type, retentionMs)).toBeUndefined();
    expect(tooOld(type, retentionMs + 1)).toMatchObject({
      field: 'occurred_at',
      reason: 'TOO_OLD',
      description: expect.stringContaining(rule),
    });
  });

  test('never what counts for good: a mailbox that a customer reported, a change that names its factor', () => {
    const YEARS_MS = 3 * 365 * 24 * HOUR_MS;
    expect(tooOld(SignalType.EMAIL_REPORTED_COMPROMISED, YEARS_MS)).toBeUndefined();
    const occurredAt = timestampFromMs(NOW - YEARS_MS);
    const changed = taken(validSignal({ type: SignalType.EMAIL_CHANGED, occurredAt, factor: factorOf({}) }));
    expect(changed && tooOldToCount(changed, NOW)).toBeUndefined();
  });
});

describe('what is taken', () => {
  test.each(UNREADABLE_ADDRESSES)('a signal whose address cannot be read: %s', (email) => {
    expect(taken(validSignal({ email }))).toMatchObject({ address: undefined, unreadableEmail: email });
  });

  test('words for numbers, the exact form of the address, attributes by key', () => {
    expect(taken(validSignal({ email: ' Someone@EXAMPLE.com' }))).toEqual({
      signalId: 's-1',
      type: 'PASSWORD_RESET',
      accountId: 'a-1',
      address: { exact: 'someone@example.com', local: 'someone', domain: 'example.com' },
      occurredAt: NOW - 60_000,
      statedAt: NOW - 60_000,
      channel: 'EMAIL',
      attributes: [
        ['a', '1'],
        ['b', '2'],
      ],
    });
  });

  test('the factor that it speaks of, with what is known of it', () => {
    const enrolledAt = timestampFromMs(NOW - 9_000);
    expect(taken(validSignal({ factor: factorOf({ enrolledAt }) }))?.factor).toEqual({
      channel: 'TOTP',
      factorId: 'totp-1',
      enrolledAt: NOW - 9_000,
      verifiedAt: undefined,
    });
    expect(taken(validSignal())?.factor).toBeUndefined();
  });

  test('a little ahead is taken as now, and remembered as stated', () => {
    const stated = NOW + 4 * 60_000;
    expect(taken(validSignal({ occurredAt: timestampFromMs(stated) }))).toMatchObject({
      occurredAt: NOW,
      statedAt: stated,
    });
  });

  test('16 attributes', () => {
    expect(taken(validSignal({ attributes: attributes(16) }))?.attributes).toHaveLength(16);
  });

  test('what may be left out', () => {
    const signal = validSignal({ signalId: '', email: '', channel: 0, attributes: {} });
    expect(taken(signal)).toMatchObject({ address: undefined, channel: undefined, attributes: [] });
  });
});
