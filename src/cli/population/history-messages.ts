import { create } from '@bufbuild/protobuf';
import { type Timestamp, timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  type AssessWithdrawalRequest,
  AssessWithdrawalRequestSchema,
} from '../../gen/holdfast/v1/risk_service_pb.js';
import { type Signal, SignalSchema } from '../../gen/holdfast/v1/signal_pb.js';
import type { SyntheticSignal, SyntheticWithdrawal } from '../../population/index.js';
import { CHANNEL_NUMBERS, SIGNAL_TYPE_NUMBERS } from '../../server/risk/wire.js';

/** What a coin costs in the history, in the reference currency: only the value matters to a decision. */
const COIN_PRICE = 50_000;
const COIN_DECIMALS = 8;

/** A withdrawal as an exchange asks about it. */
export function assessRequest(asked: SyntheticWithdrawal, withdrawalId: string): AssessWithdrawalRequest {
  const value = asked.value / 100;
  return create(AssessWithdrawalRequestSchema, {
    withdrawalId,
    accountId: asked.accountId,
    email: asked.email,
    asset: 'BTC',
    amount: (value / COIN_PRICE).toFixed(COIN_DECIMALS),
    referenceValue: value,
    balanceShare: asked.balanceShare,
    destination: {
      address: asked.destination.address,
      network: 'bitcoin',
      addedAt: at(asked.destination.addedAt),
      allowlisted: asked.destination.allowlisted,
      ...(asked.destination.firstUsedAt === undefined
        ? {}
        : { firstUsedAt: at(asked.destination.firstUsedAt) }),
    },
    session: {
      deviceId: asked.deviceId,
      deviceFirstSeenAt: at(asked.deviceFirstSeenAt),
      factors: asked.factors.map(({ channel, enrolledAt }) => ({
        channel: CHANNEL_NUMBERS[channel],
        enrolledAt: at(enrolledAt),
      })),
    },
    account: {
      openedAt: at(asked.openedAt),
      ...(asked.lastGoodWithdrawalAt === undefined
        ? {}
        : { lastGoodWithdrawalAt: at(asked.lastGoodWithdrawalAt) }),
    },
  });
}

/** A signal as an exchange reports it. */
export function signalMessage(signal: SyntheticSignal, signalId: string): Signal {
  return create(SignalSchema, {
    signalId,
    type: SIGNAL_TYPE_NUMBERS[signal.type],
    accountId: signal.accountId,
    occurredAt: at(signal.at),
    ...(signal.email === undefined ? {} : { email: signal.email }),
    ...(signal.channel === undefined ? {} : { channel: CHANNEL_NUMBERS[signal.channel] }),
  });
}

function at(ms: number): Timestamp {
  return timestampFromMs(ms);
}
