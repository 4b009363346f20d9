import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Channel } from '../../src/gen/holdfast/v1/decision_pb.js';
import { type AssessWithdrawalResponse, DestinationKind } from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { SignalType } from '../../src/gen/holdfast/v1/signal_pb.js';
import { bitcoinAddress } from '../../src/population/bitcoin-address.js';
import { type RequestInit, type SignalInit, START } from './harness.js';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** A time before the test's clock began. */
export function ago(ms: number) {
  return timestampFromMs(START - ms);
}

/** What a customer asks for every week: known device, known destination, a small share. Nothing speaks against it. */
export function usual(withdrawalId: string, changes: RequestInit = {}): RequestInit {
  return {
    withdrawalId,
    accountId: 'account-1',
    email: 'victor@att.net',
    asset: 'BTC',
    amount: '0.01',
    referenceValue: 500,
    balanceShare: 0.05,
    destination: {
      address: bitcoinAddress('savings'),
      network: 'bitcoin',
      kind: DestinationKind.SELF_HOSTED,
      addedAt: ago(300 * DAY_MS),
      firstUsedAt: ago(290 * DAY_MS),
    },
    session: {
      deviceId: 'laptop',
      deviceFirstSeenAt: ago(400 * DAY_MS),
      ip: '192.0.2.17',
      country: 'US',
      factors: [{ channel: Channel.TOTP, enrolledAt: ago(380 * DAY_MS) }],
    },
    account: { openedAt: ago(900 * DAY_MS), kycTier: 'full' },
    ...changes,
  };
}

/** What a thief asks for: everything is new, and most of the balance leaves. */
export function theft(withdrawalId: string, changes: RequestInit = {}): RequestInit {
  return usual(withdrawalId, {
    referenceValue: 5_000,
    balanceShare: 0.9,
    destination: { address: bitcoinAddress('elsewhere'), network: 'bitcoin', addedAt: ago(10 * MINUTE_MS) },
    session: { deviceId: 'unknown', deviceFirstSeenAt: ago(30 * MINUTE_MS) },
    ...changes,
  });
}

export function reset(changes: SignalInit = {}): SignalInit {
  return {
    accountId: 'account-1',
    email: 'victor@att.net',
    type: SignalType.PASSWORD_RESET,
    channel: Channel.EMAIL,
    occurredAt: ago(HOUR_MS),
    ...changes,
  };
}

export function codes(answer: AssessWithdrawalResponse): readonly string[] {
  return answer.reasons.map(({ code }) => code);
}

export function degradations(answer: AssessWithdrawalResponse): readonly string[] {
  return answer.degradations.map(({ code }) => code);
}
