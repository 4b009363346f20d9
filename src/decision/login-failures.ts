import type { LoginFailureHour } from './evidence.js';
import { EVER, type Match, NO_MATCHES, PlainMatch } from './match.js';
import type { DurationMs } from './vocabulary.js';

const HOUR_MS = 3_600_000;

/** Failed sign-ins counted exactly in one hour; beyond it is an attack whatever the number. */
export const MAX_LOGIN_FAILURES_PER_HOUR = 64;

/** How many there were in the hour: infinitely many once there are more than can be counted, so that none is missed. */
export function failuresIn({ ids, count = ids.length }: LoginFailureHour): number {
  return count < MAX_LOGIN_FAILURES_PER_HOUR ? count : Number.POSITIVE_INFINITY;
}

/**
 * Runs of failed sign-ins: one match for each hour at which, looking back over `within`, at least `atLeast` distinct
 * ones can be counted. A match lasts its hour and counts until too many of its run have left the window.
 *
 * @param hours newest first
 */
export function loginFailureMatches(
  hours: readonly LoginFailureHour[],
  atLeast: number,
  within: DurationMs,
): readonly Match[] {
  if (hours.length === 0) return NO_MATCHES;
  const matches: Match[] = [];
  for (const [index, newest] of hours.entries()) {
    let count = 0;
    for (let i = index; i < hours.length && count < atLeast; i++) {
      const hour = hours[i];
      if (hour === undefined) break;
      count += failuresIn(hour);
      if (count < atLeast) continue;
      const id = `login-failures-${newest.hour}`;
      const at = newest.hour * HOUR_MS;
      const activeUntil = (hour.hour + 1) * HOUR_MS + within;
      matches.push(new PlainMatch(id, at, at + HOUR_MS, EVER, activeUntil, 1, true, undefined));
    }
  }
  return matches;
}
