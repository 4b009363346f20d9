import type { SignalMatch } from './evidence-index.js';
import type { EventMatch } from './exposures.js';
import { type Match, NO_MATCHES } from './match.js';
import type { DurationMs } from './vocabulary.js';

/** A signal with what is known of the events that it followed. */
interface Follower {
  readonly signal: SignalMatch;
  /** The surest event so far; minus infinity before the first. */
  confidence: number;
  /** The surest of those that do not rest on a guessed alias. */
  solidConfidence: number;
}

/**
 * Signals that came at most `within` after an event. The match is the signal, under the signal's name and time, said by
 * the event's provider.
 *
 * A signal may follow hundreds of events. Of those the first is named, the first that rests on no guess, and, where it
 * counts, each that is surer than those before: none of the others could be told from them in any answer. In the order
 * of the events, then of the signals.
 */
export function followedMatches(
  events: readonly EventMatch[],
  signals: readonly SignalMatch[],
  within: DurationMs,
  byConfidence: boolean,
): readonly Match[] {
  if (signals.length === 0) return NO_MATCHES;
  const matches: Match[] = [];
  let waiting = signals.map((signal): Follower => {
    return { signal, confidence: Number.NEGATIVE_INFINITY, solidConfidence: Number.NEGATIVE_INFINITY };
  });
  for (const event of events) {
    let isAnyDone = false;
    for (const follower of waiting) {
      const after = follower.signal.at - event.at;
      if (after < 0 || after > within || !tellsMore(follower, event, byConfidence)) continue;
      const { confidence, solid, provider } = event;
      const { id, at, until, activeFrom, activeUntil } = follower.signal;
      matches.push({ id, at, until, activeFrom, activeUntil, confidence, solid, provider });
      follower.confidence = Math.max(follower.confidence, confidence);
      if (solid) follower.solidConfidence = Math.max(follower.solidConfidence, confidence);
      isAnyDone ||= solid && !byConfidence;
    }
    if (!isAnyDone) continue;
    waiting = waiting.filter(({ solidConfidence }) => solidConfidence === Number.NEGATIVE_INFINITY);
    if (waiting.length === 0) break;
  }
  return matches;
}

function tellsMore(follower: Follower, { confidence, solid }: EventMatch, byConfidence: boolean): boolean {
  if (byConfidence) {
    return confidence > follower.confidence || (solid && confidence > follower.solidConfidence);
  }
  if (follower.confidence === Number.NEGATIVE_INFINITY) return true;
  return solid && follower.solidConfidence === Number.NEGATIVE_INFINITY;
}
