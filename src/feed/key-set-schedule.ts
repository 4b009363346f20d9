import type { DurationMs, UnixMs } from '../decision/vocabulary.js';

/** When key sets are looked at. */
export interface KeySetTimes {
  /** However short a set says that it is fresh, it is not asked for oftener. */
  readonly floorMs: DurationMs;
  /** After a failure; doubles with each up to the usual interval. */
  readonly firstRetryMs: DurationMs;
  /** A missed key may ask for a look this often: what a provider signs must not make us flood its own server. */
  readonly missedMs: DurationMs;
  /** For one look, redirects and body included. */
  readonly timeoutMs: DurationMs;
}

export const KEY_SET_TIMES: KeySetTimes = {
  floorMs: 60_000,
  firstRetryMs: 5_000,
  missedMs: 30_000,
  timeoutMs: 5_000,
};

/** Retries do not get rarer than this, whatever the usual interval. */
const MAX_RETRY_MS: DurationMs = 15 * 60_000;

/** Looks are spread over this part of their interval, so that many deployments do not come at once. */
const JITTER_SHARE = 0.1;

/**
 * How long until the next look after one that succeeded: as long as the set says that it is fresh, not below the floor,
 * not above what the registry says.
 *
 * @param random from 0 to 1
 */
export function nextLookMs(
  freshMs: DurationMs | undefined,
  refreshMs: DurationMs,
  times: KeySetTimes,
  random: number,
): DurationMs {
  const intervalMs = Math.min(refreshMs, Math.max(times.floorMs, freshMs ?? refreshMs));
  return intervalMs * (1 - JITTER_SHARE * random);
}

/**
 * How long until the next look after `failures` in a row.
 *
 * @param random from 0 to 1
 */
export function nextRetryMs(
  failures: number,
  refreshMs: DurationMs,
  times: KeySetTimes,
  random: number,
): DurationMs {
  const limitMs = Math.min(refreshMs, MAX_RETRY_MS);
  const backOffMs = Math.min(limitMs, times.firstRetryMs * 2 ** Math.min(failures - 1, 20));
  // Half is spread: those that failed together do not come back together.
  return backOffMs * (1 - random / 2);
}

/** How long until a missed key may ask for a look, when the last one began at `lastLookAt`. */
export function untilMissedLookMs(
  lastLookAt: UnixMs | undefined,
  now: UnixMs,
  times: KeySetTimes,
): DurationMs {
  return lastLookAt === undefined ? 0 : Math.max(0, lastLookAt + times.missedMs - now);
}

/** Freshness that an answer's headers give (RFC 9111 5.2.2.1, less its age); undefined if they give none. */
export function freshnessMs(cacheControl: string | null, age: string | null): DurationMs | undefined {
  const maxAge = /(?:^|[\s,])max-age\s*=\s*"?(\d{1,10})"?/i.exec(cacheControl ?? '')?.[1];
  if (maxAge === undefined) return undefined;
  const spentS = /^\s*(\d{1,10})\s*$/.exec(age ?? '')?.[1] ?? '0';
  return Math.max(0, Number(maxAge) - Number(spentS)) * 1000;
}
