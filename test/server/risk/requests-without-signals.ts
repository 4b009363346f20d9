import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { Channel } from '../../../src/gen/holdfast/v1/decision_pb.js';
import {
  type AssessWithdrawalRequest,
  AssessWithdrawalRequestSchema,
  DestinationKind,
  DestinationTagType,
} from '../../../src/gen/holdfast/v1/risk_service_pb.js';

const time = fc.record({
  seconds: fc.bigInt({ min: 0n, max: 2n ** 35n - 1n }),
  nanos: fc.nat({ max: 999_999_999 }),
});
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** Requests without signals, each field there or not. Their texts are of a unit of fast-check's strings. */
export function requestsWithoutSignals(
  unit: 'binary' | 'binary-ascii',
): fc.Arbitrary<AssessWithdrawalRequest> {
  const text = fc.string({ unit, maxLength: 20 });
  return fc
    .record({
      requestId: text,
      withdrawalId: text,
      accountId: text,
      email: text,
      asset: text,
      amount: text,
      referenceValue: maybe(fc.double()),
      destination: maybe(
        fc.record({
          address: fc.string({ unit, maxLength: 300 }),
          network: text,
          kind: fc.constantFrom(...enumNumbers(DestinationKind), 99),
          addedAt: maybe(time),
          firstUsedAt: maybe(time),
          allowlisted: maybe(fc.boolean()),
          ownershipVerified: maybe(fc.boolean()),
          tag: maybe(
            fc.record({
              state: fc.oneof(
                fc.constant({ case: undefined }),
                fc.record({ case: fc.constant('value' as const), value: text }),
                fc.record({ case: fc.constant('none' as const), value: fc.boolean() }),
              ),
              type: fc.constantFrom(...enumNumbers(DestinationTagType), 99),
            }),
          ),
        }),
      ),
      balanceShare: maybe(fc.double()),
      session: maybe(
        fc.record({
          deviceId: text,
          deviceFirstSeenAt: maybe(time),
          ip: text,
          country: text,
          factors: fc.array(
            fc.record({
              channel: fc.constantFrom(...enumNumbers(Channel), 99),
              enrolledAt: maybe(time),
              verifiedAt: maybe(time),
            }),
            { maxLength: 3 },
          ),
        }),
      ),
      account: maybe(fc.record({ openedAt: maybe(time), kycTier: text, lastGoodWithdrawalAt: maybe(time) })),
      atLeastAsFresh: text,
      dryRun: fc.boolean(),
    })
    .map((init) => create(AssessWithdrawalRequestSchema, init));
}

function enumNumbers(object: Readonly<Record<string, string | number>>): number[] {
  return Object.values(object).filter((value) => typeof value === 'number');
}
