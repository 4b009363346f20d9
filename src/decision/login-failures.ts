import type { LoginFailureHour } from './evidence.js';
import { type Match, NO_MATCHES } from './match.js';
import type { DurationMs } from './vocabulary.js';

const HOUR_MS = 3_600_000;

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
      count += hour.ids.length;
      if (count < atLeast) continue;
      matches.push({
        id: `login-failures-${newest.hour}`,
        at: newest.hour * HOUR_MS,
        until: (newest.hour + 1) * HOUR_MS,
        activeFrom: Number.NEGATIVE_INFINITY,
        activeUntil: (hour.hour + 1) * HOUR_MS + within,
        confidence: 1,
        solid: true,
        provider: undefined,
      });
    }
  }
  return matches;
}
