import type { DurationMs, UnixMs } from '../decision/vocabulary.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** At a start the wall clock may be this far past the log's newest entry: a weekend's outage, a holiday's. */
export const NORMAL_GAP_MS: DurationMs = 7 * DAY_MS;

/** At a start the wall clock may be this far behind the log's newest entry: what a time daemon corrects after a boot. */
export const BEHIND_TOLERANCE_MS: DurationMs = MINUTE_MS;

/** What differs by more is far: believed early, it would break promises that are made in days. */
const FAR_MS: DurationMs = HOUR_MS;

/**
 * How long a step must last before the wall clock is followed. Long enough for a time daemon to take a wrong step back
 * (it asks every 64 s) and for an alert to reach a person; short enough that a machine resumed from suspension does
 * not refuse honest signals as coming from the future for long.
 */
export const CONFIRM_AFTER_MS: DurationMs = 10 * MINUTE_MS;

/**
 * How long a clock that is far off must run on without a step before it is believed. All that waits for it is the room
 * that forgotten records take, so it may be long: a day, in which somebody looks at an alert.
 */
export const CONFIRM_FAR_AFTER_MS: DurationMs = DAY_MS;

/** A provider's `iat` that is this near to the wall clock speaks for it. */
export const AGREEMENT_MS: DurationMs = 5 * MINUTE_MS;

/** Why the wall clock is not believed. */
export interface ClockDoubt {
  readonly direction: 'AHEAD' | 'BEHIND';
  /** `LOG`: the newest entry. `STEP`: it moved while running. `PROVIDERS`: they sign later times than ours. */
  readonly cause: 'LOG' | 'STEP' | 'PROVIDERS';
  /** Wall clock minus reckoned time when the doubt arose: negative when it is behind. */
  readonly differenceMs: DurationMs;
}

/**
 * What ended a doubt. `TIME`: the clock ran on without a step. `PROVIDER`: one signed a time that agrees with it.
 * `OPERATOR`: `holdfast clock accept`. `RETURN`: the wall clock came back to what was reckoned.
 */
export type ConfirmedBy = 'TIME' | 'PROVIDER' | 'OPERATOR' | 'RETURN';

/** A doubt that had not ended when its process did. */
export interface OlderDoubt {
  readonly doubt: ClockDoubt;
  /** What the wall clock said when the doubt arose. */
  readonly sinceMs: UnixMs;
}

export interface DoubtAtStart {
  readonly doubt: ClockDoubt;
  /** The wall clock counts as set right once it is no further ahead of reckoned time. */
  readonly normalGapMs: DurationMs;
}

/**
 * Compares the wall clock at a start with the newest time that was taken under a confirmed clock. A clock that had stepped ahead
 * and has not been set back is believed no sooner for a start in between, however small the gap is.
 *
 * @param referenceMs absent: nothing is known yet, so that nothing can be lost by a wrong clock
 */
export function doubtAtStart(
  wallMs: UnixMs,
  referenceMs: UnixMs | undefined,
  older?: OlderDoubt,
): DoubtAtStart | undefined {
  if (referenceMs === undefined) return undefined;
  const differenceMs = wallMs - referenceMs;
  const doubt: ClockDoubt = { ...directed(differenceMs), cause: 'LOG' };
  if (!isNormalGap(differenceMs)) return { doubt, normalGapMs: NORMAL_GAP_MS };
  const isStillAhead = older?.doubt.direction === 'AHEAD' && wallMs >= older.sinceMs && differenceMs > 0;
  return isStillAhead ? { doubt, normalGapMs: older.sinceMs - referenceMs - 1 } : undefined;
}

/**
 * @param differenceMs of the wall clock to the newest entry, or to the time that is reckoned from it
 * @param normalGapMs how far it may be ahead
 */
export function isNormalGap(differenceMs: DurationMs, normalGapMs: DurationMs = NORMAL_GAP_MS): boolean {
  return differenceMs >= -BEHIND_TOLERANCE_MS && differenceMs <= normalGapMs;
}

export function isFar(differenceMs: DurationMs): boolean {
  return Math.abs(differenceMs) > FAR_MS;
}

/** For how long the clock must run on without a step. */
export function confirmAfterMs({ differenceMs }: ClockDoubt): DurationMs {
  return isFar(differenceMs) ? CONFIRM_FAR_AFTER_MS : CONFIRM_AFTER_MS;
}

export function directed(differenceMs: DurationMs): Pick<ClockDoubt, 'direction' | 'differenceMs'> {
  return { direction: differenceMs > 0 ? 'AHEAD' : 'BEHIND', differenceMs };
}
