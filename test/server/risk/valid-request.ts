import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Channel } from '../../../src/gen/holdfast/v1/decision_pb.js';
import {
  type AssessWithdrawalRequest,
  AssessWithdrawalRequestSchema,
  DestinationKind,
  DestinationTagType,
} from '../../../src/gen/holdfast/v1/risk_service_pb.js';
import { type Signal, SignalSchema, SignalType } from '../../../src/gen/holdfast/v1/signal_pb.js';

export const NOW = Date.UTC(2026, 0, 15, 12);

const DAY_MS = 24 * 3_600_000;

/** Fields to set otherwise, in the form of an initialiser rather than of a whole message. */
type RequestChanges = Omit<MessageInitShape<typeof AssessWithdrawalRequestSchema>, '$typeName' | '$unknown'>;
type SignalChanges = Omit<MessageInitShape<typeof SignalSchema>, '$typeName' | '$unknown'>;

/** A request that keeps every rule and leaves nothing out. */
export function validRequest(changes: RequestChanges = {}): AssessWithdrawalRequest {
  return create(AssessWithdrawalRequestSchema, {
    requestId: 'r-1',
    withdrawalId: 'w-1',
    accountId: 'a-1',
    email: 'Someone@Example.com',
    asset: 'BTC',
    amount: '0.25',
    referenceValue: 1234.56,
    destination: {
      address: 'bc1qexample',
      network: 'bitcoin',
      kind: DestinationKind.SELF_HOSTED,
      addedAt: timestampFromMs(NOW - 40 * DAY_MS),
      firstUsedAt: timestampFromMs(NOW - 39 * DAY_MS),
      allowlisted: true,
      ownershipVerified: false,
      tag: { state: { case: 'value', value: '7' }, type: DestinationTagType.ID },
    },
    balanceShare: 0.1,
    session: {
      deviceId: 'laptop',
      deviceFirstSeenAt: timestampFromMs(NOW - 90 * DAY_MS),
      ip: '192.0.2.17',
      country: 'DE',
      factors: [
        {
          channel: Channel.TOTP,
          enrolledAt: timestampFromMs(NOW - 80 * DAY_MS),
          verifiedAt: timestampFromMs(NOW - 1_000),
        },
      ],
    },
    account: {
      openedAt: timestampFromMs(NOW - 400 * DAY_MS),
      kycTier: 'full',
      lastGoodWithdrawalAt: timestampFromMs(NOW - 8 * DAY_MS),
    },
    ...changes,
  });
}

/** A signal that keeps every rule and leaves nothing out. */
export function validSignal(changes: SignalChanges = {}): Signal {
  return create(SignalSchema, {
    signalId: 's-1',
    type: SignalType.PASSWORD_RESET,
    accountId: 'a-1',
    email: 'someone@example.com',
    occurredAt: timestampFromMs(NOW - 60_000),
    channel: Channel.EMAIL,
    attributes: { b: '2', a: '1' },
    ...changes,
  });
}

/** Addresses that exchanges have of customers and that are none by our rules. */
export const UNREADABLE_ADDRESSES = [
  'joe@my_host.example.com',
  '"joe smith"@example.com',
  '"joe"@example.com',
  'joe@example.com.',
  'joe@[192.0.2.1]',
  'joe@192.0.2.1',
  'joe@localhost',
  'joe@-example.com',
  'joe@ex..ample.com',
  'joe@xn--a.example',
  'joe@\u0430pple.com',
  'joe@b\u00fcc\u0433.de',
  'joe smith@example.com',
  'joe\u200b@example.com',
  '@example.com',
  'joe@',
  '+351 912 345 678',
  'none',
  ' ',
  `${'x'.repeat(65)}@example.com`,
] as const;
