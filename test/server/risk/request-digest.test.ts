import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AssessWithdrawalRequest,
  AssessWithdrawalRequestSchema,
} from '../../../src/gen/holdfast/v1/risk_service_pb.js';
import { requestContent } from '../../../src/server/risk/request-digest.js';
import { validRequest, validSignal } from './valid-request.js';

const attributeEntries = fc.uniqueArray(
  fc.tuple(fc.stringMatching(/^[a-z0-9]{1,8}$/), fc.string({ maxLength: 8 })),
  { maxLength: 16, selector: ([key]) => key },
);

function withAttributes(entries: readonly (readonly [string, string])[]): AssessWithdrawalRequest {
  return validRequest({ signals: [validSignal({ attributes: Object.fromEntries(entries) })] });
}

describe('what makes two requests the same', () => {
  test('the order in which attributes came does not matter', () => {
    fc.assert(
      fc.property(
        attributeEntries.chain((entries) =>
          fc.tuple(fc.constant(entries), fc.shuffledSubarray(entries, { minLength: entries.length })),
        ),
        ([entries, shuffled]) => {
          expect(requestContent(withAttributes(shuffled))).toBe(requestContent(withAttributes(entries)));
        },
      ),
    );
  });

  test('request_id and at_least_as_fresh do not matter', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (requestId, atLeastAsFresh) => {
        expect(requestContent(validRequest({ requestId, atLeastAsFresh }))).toBe(
          requestContent(validRequest({ requestId: '', atLeastAsFresh: '' })),
        );
      }),
    );
  });

  test('the form in which it travelled does not matter', () => {
    const sent = withAttributes([
      ['z', '1'],
      ['a', '2'],
    ]);
    const received = fromBinary(AssessWithdrawalRequestSchema, toBinary(AssessWithdrawalRequestSchema, sent));
    expect(requestContent(received)).toBe(requestContent(sent));
  });

  test('forming it changes nothing in the request', () => {
    const request = withAttributes([
      ['z', '1'],
      ['a', '2'],
    ]);
    const before = structuredClone(request);
    requestContent(request);
    expect(request).toEqual(before);
  });
});

describe('what makes them differ', () => {
  test.each<readonly [string, AssessWithdrawalRequest]>([
    ['withdrawal', validRequest({ withdrawalId: 'w-2' })],
    ['account', validRequest({ accountId: 'a-2' })],
    ['e-mail', validRequest({ email: 'other@example.com' })],
    ['amount', validRequest({ amount: '0.250' })],
    ['value', validRequest({ referenceValue: 0 })],
    ['destination', validRequest({ destination: { address: 'elsewhere' } })],
    ['signals', validRequest({ signals: [validSignal()] })],
    ['dry run', validRequest({ dryRun: true })],
  ])('%s', (_, other) => {
    expect(requestContent(other)).not.toBe(requestContent(validRequest()));
  });

  test('an absent value is not a value of zero', () => {
    const absent = validRequest();
    delete absent.referenceValue;
    expect(requestContent(absent)).not.toBe(requestContent(validRequest({ referenceValue: 0 })));
  });

  test('a field that only a newer contract knows', () => {
    const newer = create(AssessWithdrawalRequestSchema, validRequest());
    newer.$unknown = [{ no: 900, wireType: 0, data: new Uint8Array([1]) }];
    expect(requestContent(newer)).not.toBe(requestContent(validRequest()));
  });
});
