import type { SignalMatch } from './evidence-index.js';
import type { EventMatch } from './exposures.js';
import { CrowdMatch, EVER, FOREVER, type Match, NO_MATCHES, PlainMatch } from './match.js';
import type { DurationMs, UnixMs } from './vocabulary.js';

/** A signal with what is known of the events that it followed. */
interface Follower {
  readonly signal: SignalMatch;
  readonly at: UnixMs;
  /** Among the signals as given. */
  readonly place: number;
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
  const followers = signals.map(followerOf).sort((a, b) => a.at - b.at);
  const crowds = followers.filter(({ signal }) => signal.latest > signal.at);
  // Those that follow no event yet, and those that follow none but under guessed aliases.
  const unnamed = new Remaining(followers);
  const unsure = new Remaining(followers);
  const matches: Match[] = [];
  for (const event of events) {
    const { at, latest, solid } = event;
    const remaining = solid ? unsure : unnamed;
    const told: Follower[] = [];
    // A crowd that began before the event follows it all the same if one of it may have.
    for (const crowd of crowds) {
      if (crowd.at >= at || crowd.signal.latest < at || !tellsMore(crowd, event)) continue;
      noteEvent(crowd, event);
      told.push(crowd);
    }
    for (let index = remaining.firstFrom(at); index < followers.length; index = remaining.next(index + 1)) {
      const follower = followers[index];
      if (follower === undefined || follower.at - latest > within) break;
      if (byConfidence) {
        if (!tellsMore(follower, event)) continue;
      } else {
        unnamed.remove(index);
        if (solid) unsure.remove(index);
      }
      noteEvent(follower, event);
      told.push(follower);
    }
    if (told.length > 1) told.sort((a, b) => a.place - b.place);
    for (const { signal } of told) matches.push(followedMatch(signal, event));
  }
  return matches;
}

function followerOf(signal: SignalMatch, place: number): Follower {
  const none = Number.NEGATIVE_INFINITY;
  return { signal, at: signal.at, place, confidence: none, solidConfidence: none };
}

function noteEvent(follower: Follower, { confidence, solid }: EventMatch): void {
  follower.confidence = Math.max(follower.confidence, confidence);
  if (solid) follower.solidConfidence = Math.max(follower.solidConfidence, confidence);
}

function followedMatch({ id, at, latest }: SignalMatch, { confidence, solid, provider }: EventMatch): Match {
  const match = new PlainMatch(id, at, latest, EVER, FOREVER, confidence, solid, provider);
  return at === latest ? match : new CrowdMatch(match, latest);
}

function tellsMore(follower: Follower, { confidence, solid }: EventMatch): boolean {
  return confidence > follower.confidence || (solid && confidence > follower.solidConfidence);
}

/** Which followers are still to be named. Those that are not are passed over at once, however many. */
class Remaining {
  readonly #followers: readonly Follower[];
  /** By place: where to go on looking; the place itself while it remains. */
  readonly #goOn: number[];

  /** @param followers ascending by time */
  constructor(followers: readonly Follower[]) {
    this.#followers = followers;
    this.#goOn = followers.map((_, index) => index);
  }

  remove(index: number): void {
    this.#goOn[index] = index + 1;
  }

  /** The first that remains at this place or after it; beyond the last if none does. */
  next(index: number): number {
    let found = index;
    for (let goOn = this.#goOn[found]; goOn !== undefined && goOn !== found; goOn = this.#goOn[found])
      found = goOn;
    for (let at = index; at < found; ) {
      const goOn = this.#goOn[at] ?? found;
      this.#goOn[at] = found;
      at = goOn;
    }
    return found;
  }

  /** The first that remains and is not before this moment. */
  firstFrom(moment: UnixMs): number {
    let low = 0;
    let high = this.#followers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#followers[middle]?.at ?? moment) < moment) low = middle + 1;
      else high = middle;
    }
    return this.next(low);
  }
}
