import { create, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AssessWithdrawalRequestSchema } from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { SignalType } from '../../src/gen/holdfast/v1/signal_pb.js';
import { malformedPlace } from '../../src/server/malformed-place.js';

const GOOD = toBinary(
  AssessWithdrawalRequestSchema,
  create(AssessWithdrawalRequestSchema, {
    withdrawalId: 'w-1',
    email: 'canary@att.net',
    destination: { address: 'address-1', network: 'bitcoin' },
    signals: [
      { signalId: 'first', type: SignalType.PASSWORD_RESET },
      { signalId: 'second', attributes: { key: 'value' } },
    ],
  }),
);

function place(bytes: Uint8Array) {
  return malformedPlace(AssessWithdrawalRequestSchema, bytes, 16);
}

/** The same bytes with one text made invalid. */
function broken(text: string): Uint8Array {
  const bytes = Buffer.from(GOOD);
  bytes[bytes.indexOf(text)] = 0xff;
  return bytes;
}

test.each([
  ['w-1', 'withdrawal_id'],
  ['bitcoin', 'destination.network'],
  ['first', 'signals[0].signal_id'],
  ['second', 'signals[1].signal_id'],
])('a broken text `%s` is found at %s', (text, field) => {
  expect(place(broken(text))).toEqual({ field, reason: 'MALFORMED', description: 'is not UTF-8' });
});

test('a good message has no such place; one nested too deep is said to be', () => {
  expect(place(GOOD)).toBeUndefined();
  expect(malformedPlace(AssessWithdrawalRequestSchema, GOOD, 1)).toMatchObject({
    field: 'destination',
    description: 'is nested too deep',
  });
});

test('any bytes: never throws, and quotes nothing', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc
          .tuple(fc.nat(GOOD.length - 1), fc.nat(255), fc.nat(GOOD.length))
          .map(([at, byte, end]) =>
            Buffer.from(GOOD.map((old, index) => (index === at ? byte : old))).subarray(0, end),
          ),
      ),
      (bytes) => {
        expect(JSON.stringify(place(bytes)) ?? '').not.toContain('canary');
      },
    ),
    { numRuns: 1_000 },
  );
});
