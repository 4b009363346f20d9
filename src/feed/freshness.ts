import type { DurationMs, FeedState, UnixMs } from '../decision/vocabulary.js';
import { type FeedRecord, isPaused } from './feed-record.js';
import { missingCount } from './sequence.js';

/** Events that wait, in the broker or for a key, longer than this make a feed LAGGING. */
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

/**
 * A message that waits for its key longer than this makes its feed LAGGING no more: a key set has then been looked at
 * several times, and a key that never comes must not make every answer careful for ever. It stays counted as parked.
 */
export const PARKED_LAGS_FOR_MS: DurationMs = 3_600_000;

/** Messages of one provider that wait for a key: when the first and the last of them came. */
export interface Parked {
  readonly oldestAt: UnixMs;
  readonly newestAt: UnixMs;
}

/** How current a feed is, the gravest first. */
export function feedState(
  record: FeedRecord,
  heartbeatMs: DurationMs,
  link: LinkState,
  now: UnixMs,
  parked?: Parked,
): FeedState {
  // Before all else: what was true when the link was lost is not known to be so now.
  if (!link.isUp) return 'STALE';
  if (record.resetAt !== undefined) return 'RESET';
  if (missingCount(record.sequence) > 0) return 'STALE';
  const silentAt = (record.heartbeatAt ?? Number.NEGATIVE_INFINITY) + SILENT_AFTER_INTERVALS * heartbeatMs;
  if (isPaused(record) || now > silentAt) return 'SILENT';
  if (link.unreached !== undefined && now - link.unreached.since > LAGGING_AFTER_MS) return 'LAGGING';
  if (parked !== undefined && isLagging(parked, now)) return 'LAGGING';
  return 'FRESH';
}

/** What a parked message says is not known, so the feed is not current; its number may be missed by nobody yet. */
function isLagging({ oldestAt, newestAt }: Parked, now: UnixMs): boolean {
  return now - oldestAt > LAGGING_AFTER_MS && now - newestAt < PARKED_LAGS_FOR_MS;
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
