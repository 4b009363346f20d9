import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { Feed } from '../feed/feed.js';
import type { Governor } from '../feed/governor/governor.js';
import type { QuarantinedMessage } from '../feed/quarantine.js';
import { REFUSAL_REASONS } from '../feed/refusal.js';
import {
  FeedService,
  GetFeedResponseSchema,
  GetQuarantinedMessageResponseSchema,
  ListFeedsResponseSchema,
  ListQuarantinedMessagesResponseSchema,
  type QuarantinedMessage as QuarantinedMessageMessage,
  QuarantinedMessageSchema,
  RetryOutcome,
  RetryQuarantinedMessageResponseSchema,
} from '../gen/holdfast/v1/feed_service_pb.js';
import type { Clock } from '../journal/index.js';
import { CallError, invalidArgument } from '../server/errors.js';
import { type MethodImplementation, unary } from '../server/grpc-adapter.js';
import { type FeedSources, feedMessage } from './feed-message.js';
import { liftGovernor } from './lift-governor.js';
import type { Stores } from './stores.js';

const DEFAULT_PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 500;
const KNOWN_REASONS: ReadonlySet<string> = new Set(REFUSAL_REASONS);

export interface FeedParts {
  /** Undefined without a registry: then there are no feeds, and the methods say so. */
  readonly feed: Feed | undefined;
  readonly governor: Governor;
  readonly stores: Stores;
  readonly clock: Clock;
}

/** The FeedService. */
export function feedMethods(parts: FeedParts): readonly MethodImplementation[] {
  const { method } = FeedService;
  const { feed, governor, stores, clock } = parts;
  const sources = (known: Feed, tenant: string): FeedSources => ({
    feed: known,
    governor,
    unnamedMailboxes: (provider) => stores.view.unnamed.count(provider),
    tenant,
    now: clock.nowMs(),
  });
  return [
    unary(method.listFeeds, (_request, { tenant }) =>
      create(ListFeedsResponseSchema, {
        feeds:
          feed === undefined
            ? []
            : feed.statuses().map((status) => feedMessage(status, sources(feed, tenant))),
      }),
    ),
    unary(method.getFeed, (request, { tenant }) => {
      requireField('provider', request.provider);
      const status = feed?.statuses().find(({ provider }) => provider === request.provider);
      if (feed === undefined || status === undefined) throw new CallError('FEED_NOT_FOUND');
      return create(GetFeedResponseSchema, { feed: feedMessage(status, sources(feed, tenant)) });
    }),
    unary(method.liftGovernor, (request, { tenant }) => liftGovernor(parts, request, tenant)),
    unary(
      method.listQuarantinedMessages,
      (request) => {
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
          limit: request.pageSize === 0 ? DEFAULT_PAGE_SIZE : Math.min(request.pageSize, MAX_PAGE_SIZE),
          ...(request.provider === '' ? {} : { provider: request.provider }),
          ...(reason === undefined ? {} : { reason }),
        });
        return create(ListQuarantinedMessagesResponseSchema, {
          messages: (messages ?? []).map(quarantinedMessage),
        });
      },
      { readsAtLength: true },
    ),
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
