/** `holdfast/provider`: what a mail provider needs to publish events to an exchange that runs Holdfast. */
export { ALGORITHMS, type Algorithm } from '../jwks.js';
export type { Gap } from '../sequence.js';
export type { FeedReport, RecentRefusal } from '../status-message.js';
export type { BackfillResult } from './backfill.js';
export {
  createFeedPublisher,
  DEFAULT_AUDIENCE,
  type FeedPublisher,
  type FeedPublisherOptions,
} from './feed-publisher.js';
export { generateSigningKey, readSigningKey, writeSigningKey } from './key-files.js';
export { DEFAULT_RETENTION } from './outbox.js';
export type { Retention } from './outbox-segments.js';
export { ProviderToolError, type ProviderToolErrorCode } from './provider-tool-error.js';
export type { Published } from './publish-token.js';
export { type PushTarget, pushToken } from './push-delivery.js';
export type { SigningKey } from './sign-token.js';
export type { CohortStatement, MailboxStatement } from './statements.js';
export type { PublishedEvent } from './token-sender.js';
