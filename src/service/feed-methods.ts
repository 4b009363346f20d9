import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { FEED_STATES } from '../decision/vocabulary.js';
import type { Feed } from '../feed/feed.js';
import type { FeedStatus } from '../feed/feed-table.js';
import type { QuarantinedMessage } from '../feed/quarantine.js';
import { REFUSAL_REASONS } from '../feed/refusal.js';
import { missingCount } from '../feed/sequence.js';
import {
  type Feed as FeedMessage,
  FeedSchema,
  FeedService,
  GetFeedResponseSchema,
  GetQuarantinedMessageResponseSchema,
  ListFeedsResponseSchema,
  ListQuarantinedMessagesResponseSchema,
  QuarantineCountSchema,
  type QuarantinedMessage as QuarantinedMessageMessage,
  QuarantinedMessageSchema,
  RetryOutcome,
  RetryQuarantinedMessageResponseSchema,
} from '../gen/holdfast/v1/feed_service_pb.js';
import { CallError, invalidArgument } from '../server/errors.js';
import { type MethodImplementation, unary } from '../server/grpc-adapter.js';

const DEFAULT_PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 500;
const KNOWN_REASONS: ReadonlySet<string> = new Set(REFUSAL_REASONS);

/** The FeedService. Without a registry there are no feeds, and it says so. */
export function feedMethods(feed: Feed | undefined): readonly MethodImplementation[] {
  const { method } = FeedService;
  return [
    unary(method.listFeeds, () =>
      create(ListFeedsResponseSchema, {
        feeds:
          feed === undefined ? [] : feed.statuses().map((status) => feedMessage(status, feed.pendingCount)),
      }),
    ),
    unary(method.getFeed, (request) => {
      requireField('provider', request.provider);
      const status = feed?.statuses().find(({ provider }) => provider === request.provider);
      if (feed === undefined || status === undefined) throw new CallError('FEED_NOT_FOUND');
      return create(GetFeedResponseSchema, { feed: feedMessage(status, feed.pendingCount) });
    }),
    unary(method.listQuarantinedMessages, (request) => {
      if (request.pageSize > MAX_PAGE_SIZE) {
        throw invalidArgument([
          { field: 'page_size', reason: 'OUT_OF_RANGE', description: `must be from 0 to ${MAX_PAGE_SIZE}` },
        ]);
      }
      const reason = REFUSAL_REASONS.find((known) => known === request.reason);
      if (request.reason !== '' && !KNOWN_REASONS.has(request.reason)) {
        throw invalidArgument([
          {
            field: 'reason',
            reason: 'UNKNOWN_REASON',
            description: 'must be a reason for which messages are refused',
          },
        ]);
      }
      const messages = feed?.listQuarantine({
        limit: request.pageSize === 0 ? DEFAULT_PAGE_SIZE : request.pageSize,
        ...(request.provider === '' ? {} : { provider: request.provider }),
        ...(reason === undefined ? {} : { reason }),
      });
      return create(ListQuarantinedMessagesResponseSchema, {
        messages: (messages ?? []).map(quarantinedMessage),
      });
    }),
    unary(method.getQuarantinedMessage, (request) => {
      requireField('id', request.id);
      const message = feed?.showQuarantined(request.id);
      if (message === undefined) throw new CallError('QUARANTINED_MESSAGE_NOT_FOUND');
      return create(GetQuarantinedMessageResponseSchema, { message: quarantinedMessage(message) });
    }),
    unary(method.retryQuarantinedMessage, async (request) => {
      requireField('id', request.id);
      const result = await feed?.retryQuarantined(request.id);
      if (result === undefined || result.kind === 'not-found')
        throw new CallError('QUARANTINED_MESSAGE_NOT_FOUND');
      if (result.kind === 'message-gone') {
        return create(RetryQuarantinedMessageResponseSchema, { outcome: RetryOutcome.MESSAGE_GONE });
      }
      if (result.kind === 'pushed') {
        return create(RetryQuarantinedMessageResponseSchema, { outcome: RetryOutcome.PUSHED });
      }
      const { outcome } = result;
      switch (outcome.kind) {
        case 'heartbeat':
        case 'evidence':
          return create(RetryQuarantinedMessageResponseSchema, { outcome: RetryOutcome.ACCEPTED });
        case 'duplicate':
          return create(RetryQuarantinedMessageResponseSchema, { outcome: RetryOutcome.DUPLICATE });
        case 'refused':
          return create(RetryQuarantinedMessageResponseSchema, {
            outcome: RetryOutcome.REFUSED,
            reason: outcome.reason,
          });
        default:
          return outcome satisfies never;
      }
    }),
  ];
}

function requireField(field: string, value: string): void {
  if (value === '') throw invalidArgument([{ field, reason: 'REQUIRED', description: 'is required' }]);
}

function feedMessage({ provider, state, record }: FeedStatus, pendingCount: number): FeedMessage {
  const refused = Object.entries(record.refused).map(([reason, count]) =>
    create(QuarantineCountSchema, { reason, count: BigInt(count) }),
  );
  return create(FeedSchema, {
    provider,
    state: FEED_STATES.indexOf(state) + 1,
    acceptedCount: BigInt(record.acceptedCount),
    quarantined: refused,
    missingCount: BigInt(missingCount(record.sequence)),
    pendingCount: BigInt(pendingCount),
    ...(record.watermark === undefined ? {} : { watermark: timestampFromMs(record.watermark) }),
    ...(record.heartbeatAt === undefined ? {} : { lastHeartbeatAt: timestampFromMs(record.heartbeatAt) }),
    ...(record.sequence === undefined ? {} : { lastSeq: BigInt(record.sequence.last) }),
  });
}

function quarantinedMessage(message: QuarantinedMessage): QuarantinedMessageMessage {
  return create(QuarantinedMessageSchema, {
    id: message.id,
    provider: message.provider,
    reason: message.reason,
    detail: message.detail,
    refusedAt: timestampFromMs(message.refusedAt),
    streamSequence: BigInt(message.sequence),
    digest: message.digest,
    sizeBytes: message.sizeBytes,
  });
}
