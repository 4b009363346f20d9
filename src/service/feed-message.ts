import { create } from '@bufbuild/protobuf';
import { durationFromMs, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { DECISIONS, FEED_STATES, type UnixMs } from '../decision/vocabulary.js';
import type { Feed } from '../feed/feed.js';
import { isPaused } from '../feed/feed-record.js';
import type { FeedStatus } from '../feed/feed-table.js';
import type { Governor, GovernorStatus } from '../feed/governor/governor.js';
import { limitsOf } from '../feed/registry.js';
import { countNumbers, missingCount } from '../feed/sequence.js';
import {
  FeedDelivery,
  type Feed as FeedMessage,
  FeedSchema,
  type Governor as GovernorMessage,
  GovernorSchema,
  type ProviderLimits,
  ProviderLimitsSchema,
  QuarantineCountSchema,
  SequenceGapSchema,
} from '../gen/holdfast/v1/feed_service_pb.js';

/** Ranges of missing numbers that an answer lists; the count of missing numbers is always whole. */
const MAX_LISTED_GAPS = 64;

/** Where an answer about feeds gets what the feeds themselves do not know. */
export interface FeedSources {
  readonly feed: Feed;
  readonly governor: Governor;
  /** Mailboxes that the provider spoke of and no account is known to use. */
  readonly unnamedMailboxes: (provider: string) => number;
  /** Whose answers the governors count. */
  readonly tenant: string;
  readonly now: UnixMs;
}

/** A feed as the contract shows it. */
export function feedMessage({ provider, state, record }: FeedStatus, sources: FeedSources): FeedMessage {
  const { feed, governor, tenant, now } = sources;
  const { sequence } = record;
  const registered = feed.registry.providers.get(provider);
  const isPushed = registered?.push !== undefined;
  return create(FeedSchema, {
    provider,
    state: FEED_STATES.indexOf(state) + 1,
    acceptedCount: BigInt(record.acceptedCount),
    quarantined: Object.entries(record.refused).map(([reason, count]) =>
      create(QuarantineCountSchema, { reason, count: BigInt(count) }),
    ),
    missingCount: BigInt(missingCount(sequence)),
    pendingCount: isPushed ? 0n : BigInt(feed.pendingCount),
    lag: durationFromMs(isPushed ? 0 : feed.lagMs(now)),
    gaps: (sequence?.gaps ?? [])
      .slice(0, MAX_LISTED_GAPS)
      .map(([from, to]) => create(SequenceGapSchema, { from: BigInt(from), to: BigInt(to) })),
    duplicateCount: BigInt(record.duplicateCount),
    reusedCount: BigInt(record.reusedCount ?? 0),
    voidCount: BigInt(countNumbers(sequence?.voids ?? [])),
    parkedCount: BigInt(feed.parkedCount(provider)),
    limits: limitsMessage(provider, sources),
    governors: governor.statuses(tenant, provider, now).map(governorMessage),
    delivery: isPushed ? FeedDelivery.PUSH : FeedDelivery.STREAM,
    missingGuarantees: isPushed ? [] : [...feed.missingGuarantees],
    ...(registered === undefined ? {} : { heartbeatInterval: durationFromMs(registered.heartbeatMs) }),
    ...(record.watermark === undefined ? {} : { watermark: timestampFromMs(record.watermark) }),
    ...(record.heartbeatAt === undefined ? {} : { lastHeartbeatAt: timestampFromMs(record.heartbeatAt) }),
    ...(record.pausedAt === undefined || !isPaused(record)
      ? {}
      : { pausedAt: timestampFromMs(record.pausedAt) }),
    ...(record.resetAt === undefined ? {} : { resetAt: timestampFromMs(record.resetAt) }),
    ...(sequence === undefined ? {} : { lastSeq: BigInt(sequence.last) }),
  });
}

function limitsMessage(provider: string, { feed, unnamedMailboxes }: FeedSources): ProviderLimits {
  const { maxDecision, mailboxQuota } = limitsOf(feed.registry, provider);
  const registered = feed.registry.providers.get(provider);
  return create(ProviderLimitsSchema, {
    maxConfidence: registered?.maxConfidence ?? 0,
    maxDecision: DECISIONS.indexOf(maxDecision) + 1,
    cohorts: registered?.cohorts === 'own-domains',
    mailboxQuota: BigInt(mailboxQuota),
    unnamedMailboxCount: BigInt(unnamedMailboxes(provider)),
  });
}

/** A governor as the contract shows it. */
export function governorMessage({ word, limit, use, standing }: GovernorStatus): GovernorMessage {
  const { trippedAt, lifted } = standing;
  return create(GovernorSchema, {
    provider: word.provider,
    cohortId: word.cohortId ?? '',
    window: durationFromMs(limit.windowMs),
    maxAccounts: BigInt(limit.maxAccounts),
    maxValue: limit.maxValue === undefined ? '' : decimalOf(BigInt(limit.maxValue)),
    usedAccounts: BigInt(use.accounts),
    usedValue: decimalOf(use.value),
    tripped: standing.tripped,
    ...(trippedAt === undefined ? {} : { trippedAt: timestampFromMs(trippedAt) }),
    ...(lifted === undefined
      ? {}
      : { liftedAt: timestampFromMs(lifted.at), liftedBy: lifted.actor, liftReason: lifted.reason }),
  });
}

/** Minor units as a decimal with two places. */
function decimalOf(minorUnits: bigint): string {
  const digits = minorUnits.toString().padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
