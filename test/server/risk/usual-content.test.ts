import { create, type DescMessage, type Message, toBinary } from '@bufbuild/protobuf';
import { TimestampSchema } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  AccountSchema,
  type AssessWithdrawalRequest,
  AssessWithdrawalRequestSchema,
  DestinationSchema,
  DestinationTagSchema,
  FactorSchema,
  SessionSchema,
} from '../../../src/gen/holdfast/v1/risk_service_pb.js';
import { usualContent } from '../../../src/server/risk/usual-content.js';
import { ReusedBytes } from '../../../src/store/codec/reused-bytes.js';
import { requestsWithoutSignals } from './requests-without-signals.js';
import { validRequest, validSignal } from './valid-request.js';

const UNKNOWN = [{ no: 900, wireType: 0, data: new Uint8Array([1]) }];

function contentOf(request: AssessWithdrawalRequest): Buffer | undefined {
  const bytes = usualContent(request, new ReusedBytes());
  return bytes === undefined ? undefined : Buffer.from(bytes);
}

function generated(request: AssessWithdrawalRequest): Buffer {
  const content = { ...request, requestId: '', atLeastAsFresh: '' };
  return Buffer.from(toBinary(AssessWithdrawalRequestSchema, content));
}

describe('the content of a request without signals', () => {
  test('is what the generated encoder writes', () => {
    fc.assert(
      fc.property(requestsWithoutSignals('binary'), (request) => {
        expect(contentOf(request)).toEqual(generated(request));
      }),
    );
  });

  test.each([
    { seconds: -62_135_596_800n, nanos: 0, what: 'the first' },
    { seconds: -1n, nanos: 999_999_999, what: 'one before 1970' },
    { seconds: 253_402_300_799n, nanos: 999_999_999, what: 'the last' },
  ])('$what time that protobuf has', ({ seconds, nanos }) => {
    const request = validRequest({ account: { openedAt: { seconds, nanos } } });
    expect(contentOf(request)).toEqual(generated(request));
  });
});

describe('every field of the contract is written', () => {
  // Whoever adds one to the contract adds it to the encoder and to `requestsWithoutSignals` first: else two requests that
  // differ in nothing else would count as the same.
  test.each<readonly [DescMessage, number]>([
    [AssessWithdrawalRequestSchema, 15],
    [DestinationSchema, 8],
    [DestinationTagSchema, 3],
    [SessionSchema, 5],
    [FactorSchema, 4],
    [AccountSchema, 3],
    [TimestampSchema, 2],
  ])('of %s', ({ fields }, count) => {
    expect(fields.map(({ number }) => number)).toEqual(Array.from({ length: count }, (_, at) => at + 1));
  });
});

describe('left to the generated encoder', () => {
  test('a request with signals', () => {
    expect(contentOf(validRequest({ signals: [validSignal()] }))).toBeUndefined();
  });

  test('a request with notices', () => {
    expect(contentOf(validRequest({ notices: [{ channel: 1 }] }))).toBeUndefined();
  });

  test.each<readonly [string, (request: AssessWithdrawalRequest) => Message | undefined]>([
    ['request', (request) => request],
    ['account', ({ account }) => account],
    ['session', ({ session }) => session],
    ['factor', ({ session }) => session?.factors[0]],
    ['destination', ({ destination }) => destination],
    ['account.opened_at', ({ account }) => account?.openedAt],
    ['account.last_good_withdrawal_at', ({ account }) => account?.lastGoodWithdrawalAt],
    ['session.device_first_seen_at', ({ session }) => session?.deviceFirstSeenAt],
    ['factor.enrolled_at', ({ session }) => session?.factors[0]?.enrolledAt],
    ['factor.verified_at', ({ session }) => session?.factors[0]?.verifiedAt],
    ['destination.added_at', ({ destination }) => destination?.addedAt],
    ['destination.first_used_at', ({ destination }) => destination?.firstUsedAt],
  ])('a field that only a newer contract knows, in %s', (_, part) => {
    const request = create(AssessWithdrawalRequestSchema, validRequest());
    const message = part(request);
    if (message === undefined) throw new Error('a valid request has all parts');
    message.$unknown = UNKNOWN;
    expect(contentOf(request)).toBeUndefined();
    expect(generated(request)).not.toEqual(generated(validRequest()));
  });
});
