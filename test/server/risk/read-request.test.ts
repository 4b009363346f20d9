import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import {
  type Account,
  type AssessWithdrawalRequest,
  AssessWithdrawalRequestSchema,
  type Destination,
  type Session,
} from '../../../src/gen/holdfast/v1/risk_service_pb.js';
import { networkOf } from '../../../src/identity/index.js';
import { type ReadRequest, readRequest, type ValidRequest } from '../../../src/server/risk/read-request.js';
import { NOW, UNREADABLE_ADDRESSES, validRequest, validSignal } from './valid-request.js';

const MINUTE_MS = 60_000;
const TOO_LATE = timestampFromMs(NOW + 5 * MINUTE_MS + 1);
const BEFORE_1970 = { $typeName: 'google.protobuf.Timestamp' as const, seconds: -1n, nanos: 0 };

type Mutation = (request: AssessWithdrawalRequest) => void;

function read(mutate: Mutation): ReadRequest {
  const request = validRequest();
  mutate(request);
  return readRequest(request, NOW);
}

function violations(mutate: Mutation): readonly string[] {
  const result = read(mutate);
  if (result.kind === 'valid') return [];
  return result.violations.map(({ field, reason }) => `${field} ${reason}`);
}

function accepted(mutate: Mutation): ValidRequest {
  const result = read(mutate);
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.violations));
  return result.request;
}

function inDestination(change: Partial<Destination>): Mutation {
  return ({ destination }) => Object.assign(destination ?? {}, change);
}

function inSession(change: Partial<Session>): Mutation {
  return ({ session }) => Object.assign(session ?? {}, change);
}

function inAccount(change: Partial<Account>): Mutation {
  return ({ account }) => Object.assign(account ?? {}, change);
}

function inRequest(change: Partial<AssessWithdrawalRequest>): Mutation {
  return (request) => Object.assign(request, change);
}

/** Of no enum of this version. A number, so that the compiler takes it for one of any enum. */
const UNKNOWN_NUMBER: number = 99;

const LONG = (length: number) => 'x'.repeat(length);
const FACTOR = { $typeName: 'holdfast.v1.Factor' as const, factorId: '', channel: 4 };

describe('every rule of the contract, broken alone, is reported with its field', () => {
  test.each<readonly [string, Mutation]>([
    ['request_id TOO_LONG', inRequest({ requestId: LONG(129) })],
    ['request_id CONTROL_CHARACTER', inRequest({ requestId: 'r\u0000' })],
    ['withdrawal_id REQUIRED', inRequest({ withdrawalId: '' })],
    ['withdrawal_id TOO_LONG', inRequest({ withdrawalId: LONG(129) })],
    ['withdrawal_id CONTROL_CHARACTER', inRequest({ withdrawalId: 'w\n' })],
    ['account_id REQUIRED', inRequest({ accountId: '' })],
    ['account_id TOO_LONG', inRequest({ accountId: LONG(129) })],
    ['account_id CONTROL_CHARACTER', inRequest({ accountId: 'a\u001fb' })],
    ['email TOO_LONG', inRequest({ email: `${LONG(250)}@x.de` })],
    ['email CONTROL_CHARACTER', inRequest({ email: 'a\u0007@example.com' })],
    ['asset REQUIRED', inRequest({ asset: '' })],
    ['asset TOO_LONG', inRequest({ asset: LONG(33) })],
    ['amount REQUIRED', inRequest({ amount: '' })],
    ['amount NOT_DECIMAL', inRequest({ amount: '1e999999999' })],
    ['amount NOT_DECIMAL', inRequest({ amount: '-1' })],
    ['amount NOT_DECIMAL', inRequest({ amount: '.' })],
    ['amount NOT_DECIMAL', inRequest({ amount: `1${'0'.repeat(38)}` })],
    ['amount NOT_DECIMAL', inRequest({ amount: `0.${'1'.repeat(39)}` })],
    ['amount NOT_POSITIVE', inRequest({ amount: '0.00' })],
    ['reference_value NOT_FINITE', inRequest({ referenceValue: Number.NaN })],
    ['reference_value NOT_FINITE', inRequest({ referenceValue: Number.POSITIVE_INFINITY })],
    ['reference_value OUT_OF_RANGE', inRequest({ referenceValue: -0.01 })],
    ['reference_value OUT_OF_RANGE', inRequest({ referenceValue: 1e12 + 1 })],
    ['destination REQUIRED', (request) => delete request.destination],
    ['destination.address REQUIRED', inDestination({ address: '' })],
    ['destination.kind UNKNOWN_ENUM_VALUE', inDestination({ kind: UNKNOWN_NUMBER })],
    ['destination.added_at IN_FUTURE', inDestination({ addedAt: TOO_LATE })],
    ['destination.first_used_at BEFORE_2009', inDestination({ firstUsedAt: BEFORE_1970 })],
    ['balance_share NOT_FINITE', inRequest({ balanceShare: Number.NaN })],
    ['balance_share OUT_OF_RANGE', inRequest({ balanceShare: 1.000001 })],
    ['balance_share OUT_OF_RANGE', inRequest({ balanceShare: -0.000001 })],
    ['session.device_id TOO_LONG', inSession({ deviceId: LONG(129) })],
    ['session.device_first_seen_at IN_FUTURE', inSession({ deviceFirstSeenAt: TOO_LATE })],
    ['session.ip NOT_AN_IP_ADDRESS', inSession({ ip: '300.1.1.1' })],
    ['session.country NOT_A_COUNTRY', inSession({ country: 'de' })],
    ['session.factors TOO_MANY', inSession({ factors: Array.from({ length: 17 }, () => FACTOR) })],
    ['session.factors[1].channel REQUIRED', inSession({ factors: [FACTOR, { ...FACTOR, channel: 0 }] })],
    [
      'session.factors[0].channel UNKNOWN_ENUM_VALUE',
      inSession({ factors: [{ ...FACTOR, channel: UNKNOWN_NUMBER }] }),
    ],
    [
      'session.factors[0].enrolled_at IN_FUTURE',
      inSession({ factors: [{ ...FACTOR, enrolledAt: TOO_LATE }] }),
    ],
    [
      'session.factors[0].verified_at IN_FUTURE',
      inSession({ factors: [{ ...FACTOR, verifiedAt: TOO_LATE }] }),
    ],
    ['account.opened_at IN_FUTURE', inAccount({ openedAt: TOO_LATE })],
    ['account.kyc_tier TOO_LONG', inAccount({ kycTier: LONG(33) })],
    ['account.last_good_withdrawal_at BEFORE_2009', inAccount({ lastGoodWithdrawalAt: BEFORE_1970 })],
    ['signals TOO_MANY', inRequest({ signals: Array.from({ length: 65 }, () => validSignal()) })],
    ['signals[1].type REQUIRED', inRequest({ signals: [validSignal(), validSignal({ type: 0 })] })],
    ['signals[0].account_id OTHER_ACCOUNT', inRequest({ signals: [validSignal({ accountId: 'a-2' })] })],
    ['at_least_as_fresh NOT_A_TOKEN', inRequest({ atLeastAsFresh: '17' })],
  ])('%s', (expected, mutate) => {
    expect(violations(mutate)).toEqual([expected]);
  });

  test('a token that is far too long is refused as such', () => {
    expect(violations(inRequest({ atLeastAsFresh: LONG(513) }))).toContain('at_least_as_fresh TOO_LONG');
  });

  test('all violations are reported at once', () => {
    expect(violations(inRequest({ accountId: '', amount: 'x', balanceShare: 2 }))).toEqual([
      'account_id REQUIRED',
      'amount NOT_DECIMAL',
      'balance_share OUT_OF_RANGE',
    ]);
  });

  test('no violation repeats what was sent', () => {
    const secret = 'canary-7f3a';
    const result = read((request) => {
      Object.assign(request, { email: `${secret} x@y`, amount: secret, atLeastAsFresh: secret });
      Object.assign(request.session ?? {}, { ip: secret, country: secret });
    });
    expect(result.kind).toBe('invalid');
    expect(JSON.stringify(result)).not.toContain(secret);
  });
});

describe('what is within the limits is taken', () => {
  test.each<readonly [string, Mutation]>([
    ['the longest ids', inRequest({ requestId: LONG(128), withdrawalId: LONG(128), accountId: LONG(128) })],
    ['ids of characters beyond the basic plane', inRequest({ withdrawalId: '𝒳'.repeat(128) })],
    ['the longest amount', inRequest({ amount: `${'9'.repeat(38)}.${'9'.repeat(38)}` })],
    ['no value and the highest', inRequest({ referenceValue: 1e12 })],
    ['a share of all', inRequest({ balanceShare: 1 })],
    ['an IPv6 address', inSession({ ip: '2001:db8::1' })],
    ['16 factors', inSession({ factors: Array.from({ length: 16 }, () => FACTOR) })],
    ['64 signals', inRequest({ signals: Array.from({ length: 64 }, () => validSignal()) })],
  ])('%s', (_, mutate) => {
    expect(violations(mutate)).toEqual([]);
  });
});

describe('presence', () => {
  test('what was not sent stays unknown, whatever its zero would mean', () => {
    const message = create(AssessWithdrawalRequestSchema, {
      withdrawalId: 'w',
      accountId: 'a',
      asset: 'BTC',
      amount: '1',
      destination: { address: 'x' },
    });
    const result = readRequest(message, NOW);
    expect(result).toMatchObject({
      kind: 'valid',
      request: {
        value: undefined,
        balanceShare: undefined,
        address: undefined,
        session: undefined,
        accountOpenedAt: undefined,
        lastGoodWithdrawalAt: undefined,
        destination: {
          kind: undefined,
          addedAt: undefined,
          allowlisted: undefined,
          ownershipVerified: undefined,
        },
      },
    });
  });

  test.each(UNREADABLE_ADDRESSES)('an address that cannot be read is not refused: %s', (email) => {
    const request = accepted(inRequest({ email }));
    expect([request.address, request.unreadableEmails]).toEqual([undefined, ['email']]);
    const inline = accepted(inRequest({ signals: [validSignal(), validSignal({ email })] }));
    expect([inline.signals.length, inline.unreadableEmails]).toEqual([2, ['signals.email']]);
  });

  test('a false that was sent is a fact', () => {
    expect(accepted(inDestination({ allowlisted: false })).destination.allowlisted).toBe(false);
  });

  test.each([0, -0, 0.001, 0.00499])('a value of %d for a positive amount is unknown', (referenceValue) => {
    expect(accepted(inRequest({ referenceValue })).value).toBeUndefined();
  });

  test('the smallest value is a fact', () => {
    expect(accepted(inRequest({ referenceValue: 0.005 })).value).toBe(1);
  });

  test('no share for a positive amount is unknown; the smallest is a fact', () => {
    expect(accepted(inRequest({ balanceShare: 0 })).balanceShare).toBeUndefined();
    expect(accepted(inRequest({ balanceShare: 1e-12 })).balanceShare).toBe(1e-12);
  });

  test('an address, a tag and a network may be anything: what is wrong with them is a doubt of the answer', () => {
    const { destination } = accepted(
      inDestination({ address: `${LONG(1_000)}\n`, network: `e\u0007th${LONG(100)}` }),
    );
    expect(destination.address).toHaveLength(1_001);
    // Kept in clear, so cut and cleaned; still longer than any that is known.
    expect(destination.network).toMatch(/^e\uFFFDth.{60}…$/u);
    expect(networkOf(destination.network)).toBeUndefined();
    expect(
      networkOf(accepted(inDestination({ network: `eth${' '.repeat(70)}sepolia` })).destination.network),
    ).toBe(undefined);
  });

  test('a network of nothing but space is unknown', () => {
    expect(accepted(inDestination({ network: '  ' })).destination.network).toBe('');
  });

  test('no factors named is not the same as none held', () => {
    expect(accepted(inSession({ factors: [] })).session?.factors).toBeUndefined();
  });

  test('a time up to five minutes ahead is taken as now', () => {
    const request = accepted(inSession({ deviceFirstSeenAt: timestampFromMs(NOW + 5 * MINUTE_MS) }));
    expect(request.session?.deviceFirstSeenAt).toBe(NOW);
  });

  test('a value becomes whole minor units', () => {
    expect(accepted(inRequest({ referenceValue: 1234.565 })).value).toBe(123_457);
  });

  test('an inline signal without an account is about the account of the request', () => {
    const [signal] = accepted(inRequest({ signals: [validSignal({ accountId: '' })] })).signals;
    expect(signal?.accountId).toBe('a-1');
  });
});
