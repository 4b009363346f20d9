import { create, type DescField, type DescMessage, fromBinary, ScalarType } from '@bufbuild/protobuf';
import { FeatureSet_FieldPresence, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import { Channel } from '../../../src/gen/holdfast/v1/decision_pb.js';
import {
  AccountSchema,
  type AssessWithdrawalRequest,
  AssessWithdrawalRequestSchema,
  DestinationSchema,
  DestinationTagSchema,
  FactorSchema,
  NoticeSchema,
  SessionSchema,
} from '../../../src/gen/holdfast/v1/risk_service_pb.js';
import { type Signal, SignalFactorSchema, SignalSchema } from '../../../src/gen/holdfast/v1/signal_pb.js';
import { FieldRules } from '../../../src/server/risk/field-rules.js';
import { readRequest } from '../../../src/server/risk/read-request.js';
import { readSignal } from '../../../src/server/risk/read-signal.js';
import { NOW, validRequest, validSignal } from './valid-request.js';

/** What clients send for a time that they never set: nothing, `Timestamp{}`, and the zero time of Go and C#. */
const UNSET_TIMES = [0n, -62_135_596_800n].map((seconds) => ({
  $typeName: 'google.protobuf.Timestamp' as const,
  seconds,
  nanos: 0,
}));

/** `absent`: taken as if it were not there. Else the reason of a refusal that names the field. */
type Unset = 'absent' | 'BEFORE_2009' | 'REQUIRED';

/** What becomes of each field of the contract as a client in another language leaves it unset. */
const REQUEST_FIELDS: Readonly<Record<string, Unset>> = {
  request_id: 'absent',
  withdrawal_id: 'REQUIRED',
  account_id: 'REQUIRED',
  email: 'absent',
  asset: 'REQUIRED',
  amount: 'REQUIRED',
  reference_value: 'absent',
  destination: 'REQUIRED',
  'destination.address': 'REQUIRED',
  'destination.network': 'absent',
  'destination.kind': 'absent',
  'destination.added_at': 'BEFORE_2009',
  'destination.first_used_at': 'BEFORE_2009',
  'destination.allowlisted': 'absent',
  'destination.ownership_verified': 'absent',
  'destination.tag': 'absent',
  balance_share: 'absent',
  session: 'absent',
  'session.device_id': 'absent',
  'session.device_first_seen_at': 'BEFORE_2009',
  'session.ip': 'absent',
  'session.country': 'absent',
  'session.factors': 'absent',
  'session.factors[0].channel': 'REQUIRED',
  'session.factors[0].factor_id': 'absent',
  'session.factors[0].enrolled_at': 'BEFORE_2009',
  'session.factors[0].verified_at': 'BEFORE_2009',
  account: 'absent',
  'account.opened_at': 'BEFORE_2009',
  'account.kyc_tier': 'absent',
  'account.last_good_withdrawal_at': 'BEFORE_2009',
  signals: 'absent',
  at_least_as_fresh: 'absent',
  dry_run: 'absent',
  notices: 'absent',
  'notices[0].channel': 'REQUIRED',
  'notices[0].sent_at': 'BEFORE_2009',
};

const SIGNAL_FIELDS: Readonly<Record<string, Unset>> = {
  signal_id: 'absent',
  type: 'REQUIRED',
  account_id: 'REQUIRED',
  email: 'absent',
  occurred_at: 'BEFORE_2009',
  channel: 'absent',
  attributes: 'absent',
  factor: 'absent',
  'factor.channel': 'REQUIRED',
  'factor.factor_id': 'absent',
  'factor.enrolled_at': 'BEFORE_2009',
  'factor.verified_at': 'BEFORE_2009',
};

type Fields = Record<string, unknown>;

/** Where each field of a request is, in a message that leaves nothing out. */
const PARTS: readonly [
  prefix: string,
  schema: DescMessage,
  part: (request: AssessWithdrawalRequest) => unknown,
][] = [
  ['', AssessWithdrawalRequestSchema, (request) => request],
  ['destination.', DestinationSchema, ({ destination }) => destination],
  ['session.', SessionSchema, ({ session }) => session],
  ['session.factors[0].', FactorSchema, ({ session }) => session?.factors[0]],
  ['account.', AccountSchema, ({ account }) => account],
  ['notices[0].', NoticeSchema, ({ notices }) => notices[0]],
];

/** How clients write an unset field: left out as protobuf has it, and with the zero of its type written out. */
function zerosOf(field: DescField): readonly unknown[] {
  switch (field.fieldKind) {
    case 'message':
      if (field.message.typeName === 'google.protobuf.Timestamp') return UNSET_TIMES;
      return [undefined, create(field.message)];
    case 'list':
      return [[]];
    case 'map':
      return [{}];
    case 'enum':
      return [0];
    default:
      return [field.scalar === ScalarType.STRING ? '' : field.scalar === ScalarType.BOOL ? false : 0];
  }
}

/** Fields whose zero is no fact, though it is as good as none: they are told apart from absent, and earn nothing. */
const FALSE_IS_A_FACT = new Set(['destination.allowlisted', 'destination.ownership_verified']);

/** A request that leaves nothing out. */
function fullRequest(): AssessWithdrawalRequest {
  const sentAt = timestampFromMs(NOW - 1_000);
  return validRequest({ notices: [{ channel: Channel.SMS, sentAt }] });
}

function reading(request: AssessWithdrawalRequest): unknown {
  const read = readRequest(request, NOW);
  return read.kind === 'valid'
    ? read.request
    : read.violations.map(({ field, reason }) => `${field} ${reason}`);
}

const CASES = PARTS.flatMap(([prefix, schema, part]) =>
  schema.fields.map((field) => ({ path: prefix + field.name, field, part })),
);

const SIGNAL_CASES = [
  ...SignalSchema.fields.map((field) => ({
    path: field.name,
    field,
    part: (signal: Signal): unknown => signal,
  })),
  ...SignalFactorSchema.fields.map((field) => ({
    path: `factor.${field.name}`,
    field,
    part: ({ factor }: Signal): unknown => factor,
  })),
];

test('every field of a request and of a signal is in the tables', () => {
  expect(CASES.map(({ path }) => path).sort()).toEqual(Object.keys(REQUEST_FIELDS).sort());
  expect(SIGNAL_CASES.map(({ path }) => path).sort()).toEqual(Object.keys(SIGNAL_FIELDS).sort());
});

describe('a request as a client in another language leaves it unset', () => {
  test.each(CASES)('$path', ({ path, field, part }) => {
    for (const zero of zerosOf(field)) {
      const unset = fullRequest();
      (part(unset) as Fields)[field.localName] = zero;
      const expected = REQUEST_FIELDS[path];
      if (expected !== 'absent') {
        const violations = reading(unset);
        // An empty destination is not one that was left out: it is told what it lacks.
        const named = path === 'destination' && zero !== undefined ? 'destination.address' : path;
        expect(violations).toEqual([`${named} ${expected}`]);
        continue;
      }
      const absent = fullRequest();
      if (field.presence === FeatureSet_FieldPresence.EXPLICIT)
        delete (part(absent) as Fields)[field.localName];
      else (part(absent) as Fields)[field.localName] = create(schemaOf(field))[field.localName as never];
      const read = reading(unset);
      expect(Array.isArray(read)).toBe(false);
      if (FALSE_IS_A_FACT.has(path)) continue;
      expect(withoutEmptyParts(read)).toEqual(withoutEmptyParts(reading(absent)));
    }
  });

  function schemaOf(field: DescField): DescMessage {
    return field.parent;
  }

  /** A session without facts says as much as none. */
  function withoutEmptyParts(read: unknown): unknown {
    const { session, ...rest } = read as { readonly session?: Readonly<Record<string, unknown>> };
    const isEmpty = Object.values(session ?? {}).every((fact) => fact === undefined || fact === '');
    return { ...rest, session: isEmpty ? undefined : session };
  }
});

describe('a tag as clients in other languages leave it unset', () => {
  const told = (bytes: readonly number[] | undefined): unknown => {
    const request = fullRequest();
    const { destination } = request;
    if (destination === undefined) throw new Error('the request has no destination');
    if (bytes === undefined) delete destination.tag;
    else destination.tag = fromBinary(DestinationTagSchema, new Uint8Array(bytes));
    const read = readRequest(request, NOW);
    return read.kind === 'valid' ? read.request.destination.tag : read.violations;
  };

  test.each<readonly [string, readonly number[] | undefined]>([
    ['no message', undefined],
    ['an empty message', []],
    ['an empty text that was set: Go and Java write it', [0x0a, 0x00]],
    ['`none` that was set to false', [0x10, 0x00]],
    ['a type alone', [0x18, 0x02]],
    ['a type and an empty text', [0x0a, 0x00, 0x18, 0x01]],
  ])('%s is not told', (_name, bytes) => {
    expect(told(bytes)).toEqual({ kind: 'not-told' });
  });

  test('0 is a value, and none is none', () => {
    expect(told([0x0a, 0x01, 0x30])).toEqual({ kind: 'value', value: '0' });
    expect(told([0x10, 0x01])).toEqual({ kind: 'none' });
    expect(told([0x0a, 0x01, 0x37, 0x18, 0x02])).toEqual({ kind: 'value', value: '7', type: 'id' });
  });

  test('a kind that nobody knows, control characters and long texts are a doubt, and no error', () => {
    expect(told([0x0a, 0x01, 0x37, 0x18, 0x63])).toEqual({ kind: 'value', value: '7', type: 'unknown' });
    expect(told([0x0a, 0x01, 0x07])).toEqual({ kind: 'value', value: '\u0007' });
    const long = '7'.repeat(257);
    expect(told([0x0a, 0x81, 0x02, ...Buffer.from(long)])).toEqual({ kind: 'value', value: long });
  });
});

describe('a signal as a client in another language leaves it unset', () => {
  test.each(SIGNAL_CASES)('$path', ({ path, field, part }) => {
    for (const zero of zerosOf(field)) {
      const signal = validSignal({ factor: { channel: Channel.TOTP } });
      (part(signal) as Fields)[field.localName] = zero;
      const rules = new FieldRules(NOW);
      const read = readSignal(signal, rules);
      const expected = SIGNAL_FIELDS[path];
      const violations = rules.violations.map(({ field: name, reason }) => `${name} ${reason}`);
      // An empty factor is not one that was left out: it is told what it lacks.
      if (path === 'factor' && zero !== undefined) expect(violations).toEqual(['factor.channel REQUIRED']);
      else expect(violations).toEqual(expected === 'absent' ? [] : [`${path} ${expected}`]);
      expect(read === undefined).toBe(violations.length > 0);
    }
  });
});
