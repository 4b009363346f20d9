import type { DurationMs, FeedState, UnixMs } from '../decision/vocabulary.js';
import { type FeedRecord, isPaused } from './feed-record.js';
import { missingCount } from './sequence.js';

/** Events that wait in the broker longer than this make a feed LAGGING. */
export const LAGGING_AFTER_MS = 5_000;

/** A heartbeat may be late or lost once. */
export const SILENT_AFTER_INTERVALS = 2;

/** What is known of our link to the broker: shared by all feeds. A pure value. */
export interface LinkState {
  /** Connected, and the stream was checked and is being read. */
  readonly isUp: boolean;
  /** Messages that the broker holds for us, as last heard. */
  readonly pendingCount: number;
  /** An end of the stream that was not reached yet, and when it was seen. */
  readonly unreached?: { readonly sequence: number; readonly since: UnixMs };
}

export const LINK_DOWN: LinkState = { isUp: false, pendingCount: 0 };

/** How current a feed is, the gravest first. */
export function feedState(
  record: FeedRecord,
  heartbeatMs: DurationMs,
  link: LinkState,
  now: UnixMs,
): FeedState {
  if (record.resetAt !== undefined) return 'RESET';
  if (!link.isUp || missingCount(record.sequence) > 0) return 'STALE';
  const silentAt = (record.heartbeatAt ?? Number.NEGATIVE_INFINITY) + SILENT_AFTER_INTERVALS * heartbeatMs;
  if (isPaused(record) || now > silentAt) return 'SILENT';
  if (link.unreached !== undefined && now - link.unreached.since > LAGGING_AFTER_MS) return 'LAGGING';
  return 'FRESH';
}

/**
 * The link after we heard where the stream ends (`end`) and how far we have read (`reached`). Lag is measured by our
 * own clock between seeing an end and reaching it, so the broker's clock does not matter.
 */
export function observeProgress(link: LinkState, end: number, reached: number, now: UnixMs): LinkState {
  const pendingCount = Math.max(0, end - reached);
  const base: LinkState = { isUp: link.isUp, pendingCount };
  if (pendingCount === 0) return base;
  const isOldEndReached = link.unreached === undefined || reached >= link.unreached.sequence;
  const unreached = isOldEndReached ? { sequence: end, since: now } : link.unreached;
  return unreached === undefined ? base : { ...base, unreached };
}
