import { create } from '@bufbuild/protobuf';
import { type Timestamp, TimestampSchema } from '@bufbuild/protobuf/wkt';
import type { FeedView } from '../../../src/decision/evidence.js';
import type { Degradation, Reason, ReleaseCondition } from '../../../src/decision/verdict.js';
import type { Tenths, UnixMs } from '../../../src/decision/vocabulary.js';
import {
  Audience,
  type Degradation as DegradationMessage,
  DegradationSchema,
  type FeedFreshness,
  FeedFreshnessSchema,
  PolicyRevisionRefSchema,
  type Reason as ReasonMessage,
  ReasonSchema,
  type ReleaseCondition as ReleaseConditionMessage,
  ReleaseConditionSchema,
} from '../../../src/gen/holdfast/v1/decision_pb.js';
import {
  type AssessWithdrawalResponse,
  AssessWithdrawalResponseSchema,
} from '../../../src/gen/holdfast/v1/risk_service_pb.js';
import type { AnswerParts } from '../../../src/server/risk/answer.js';
import { MINOR_UNITS_PER_UNIT } from '../../../src/server/risk/limits.js';
import {
  CHANNEL_NUMBERS,
  DECISION_NUMBERS,
  FEED_STATE_NUMBERS,
  LEVEL_NUMBERS,
  REASON_SOURCE_NUMBERS,
  RELEASE_CONDITION_KIND_NUMBERS,
  RELEASE_NUMBERS,
} from '../../../src/server/risk/wire.js';

/** Tenths as the contract's double with one decimal. */
function pointsOf(tenths: Tenths): number {
  return tenths / 10;
}

function timestampOf(time: UnixMs): Timestamp {
  const seconds = Math.floor(time / 1000);
  return create(TimestampSchema, { seconds: BigInt(seconds), nanos: (time - seconds * 1000) * 1_000_000 });
}

function reasonMessage(reason: Reason): ReasonMessage {
  return create(ReasonSchema, {
    code: reason.code,
    points: pointsOf(reason.points),
    summary: reason.summary,
    customerSummary: reason.customerSummary,
    source: REASON_SOURCE_NUMBERS[reason.source],
    provider: reason.provider ?? '',
    cappedPoints: pointsOf(reason.capped),
    ...(reason.occurredAt === undefined ? {} : { occurredAt: timestampOf(reason.occurredAt) }),
    ...(reason.expiresAt === undefined ? {} : { expiresAt: timestampOf(reason.expiresAt) }),
  });
}

function conditionMessage(condition: ReleaseCondition): ReleaseConditionMessage {
  return create(ReleaseConditionSchema, {
    kind: RELEASE_CONDITION_KIND_NUMBERS[condition.kind],
    summary: condition.summary,
    customerSummary: condition.customerSummary,
    audience: condition.customerSummary === '' ? Audience.ANALYST : Audience.CUSTOMER,
    decision: DECISION_NUMBERS[condition.decision],
    channels: (condition.channels ?? []).map((channel) => CHANNEL_NUMBERS[channel]),
    ...(condition.at === undefined ? {} : { at: timestampOf(condition.at) }),
    ...(condition.maxValue === undefined
      ? {}
      : { maxReferenceValue: condition.maxValue / MINOR_UNITS_PER_UNIT }),
  });
}

function degradationMessage(degradation: Degradation): DegradationMessage {
  return create(DegradationSchema, degradation);
}

function feedMessage(feed: FeedView): FeedFreshness {
  return create(FeedFreshnessSchema, {
    provider: feed.provider,
    state: FEED_STATE_NUMBERS[feed.state],
    ...(feed.watermark === undefined ? {} : { watermark: timestampOf(feed.watermark) }),
  });
}

/** The answer as a message of the contract: what the encoder, written by hand, is held to. */
export function answerMessage(parts: AnswerParts): AssessWithdrawalResponse {
  const { verdict, explanation } = parts;
  return create(AssessWithdrawalResponseSchema, {
    assessmentId: parts.assessmentId,
    decision: DECISION_NUMBERS[verdict.decision],
    score: pointsOf(verdict.score),
    level: LEVEL_NUMBERS[verdict.level],
    reasons: verdict.reasons.map(reasonMessage),
    untrustedChannels: verdict.untrustedChannels.map((channel) => CHANNEL_NUMBERS[channel]),
    acceptableChannels: verdict.acceptableChannels.map((channel) => CHANNEL_NUMBERS[channel]),
    releaseConditions: (explanation?.releaseConditions ?? []).map(conditionMessage),
    policyRevision: create(PolicyRevisionRefSchema, { number: parts.policyNumber, hash: parts.policyHash }),
    asOf: parts.asOf,
    degradations: verdict.degradations.map(degradationMessage),
    feeds: parts.feeds.map(feedMessage),
    missingFacts: [...verdict.missingFacts],
    ...(explanation?.holdUntil === undefined ? {} : { holdUntil: timestampOf(explanation.holdUntil) }),
    ...(explanation?.release === undefined ? {} : { release: RELEASE_NUMBERS[explanation.release] }),
  });
}
