import { CLOSES_ANY, CLOSES_OWN, CLOSES_WATCH, LEAVES_HALF_OPEN } from './event-effects.js';
import type { EventMatch } from './exposures.js';
import type { UnixMs } from './vocabulary.js';

/** Times at which something ended, ascending once settled. */
interface Times {
  /** Of what did not come under a guessed alias. */
  readonly solid: UnixMs[];
  readonly all: UnixMs[];
}

/** What ends the exposures of one mailbox in one way. */
interface Ends {
  /** Those of any provider. */
  readonly ofAny: Times;
  /** Those that the same provider opened. */
  readonly byProvider: Map<string, Times>;
}

/** What ends the exposures and watches of one mailbox. */
export interface Clearings {
  /** Closes exposures. */
  readonly fully: Ends;
  /** Leaves them half open. */
  readonly half: Ends;
  readonly ofWatches: Times;
}

/** What clears nothing. */
export const NO_CLEARINGS: Clearings = noClearings();

/**
 * The clearing events, apart by mailbox and in order: mailboxes may have hundreds of openings and of clearings.
 *
 * @param knowsHalfOpen the policy has exposures half open after what a thief can bring about; else that closes them
 */
export function clearingsByMailbox(
  events: readonly EventMatch[],
  knowsHalfOpen: boolean,
): ReadonlyMap<number, Clearings> {
  const clearings = new Map<number, Clearings>();
  for (const event of events) {
    if ((event.bit & (CLOSES_ANY | CLOSES_OWN | CLOSES_WATCH)) === 0) continue;
    // When each of a crowd happened is not known, so none of them ends anything.
    if (event.record.since !== undefined) continue;
    let ofMailbox = clearings.get(event.mailbox);
    if (ofMailbox === undefined) {
      ofMailbox = noClearings();
      clearings.set(event.mailbox, ofMailbox);
    }
    const isHalf = knowsHalfOpen && (event.bit & LEAVES_HALF_OPEN) !== 0;
    addEnd(isHalf ? ofMailbox.half : ofMailbox.fully, event);
    if ((event.bit & CLOSES_WATCH) !== 0) addTime(ofMailbox.ofWatches, event);
  }
  for (const { fully, half, ofWatches } of clearings.values()) {
    settleEnds(fully);
    settleEnds(half);
    settle(ofWatches);
  }
  return clearings;
}

function noClearings(): Clearings {
  return {
    fully: { ofAny: noTimes(), byProvider: new Map() },
    half: { ofAny: noTimes(), byProvider: new Map() },
    ofWatches: noTimes(),
  };
}

function noTimes(): Times {
  return { solid: [], all: [] };
}

function addEnd(ends: Ends, event: EventMatch): void {
  if ((event.bit & CLOSES_ANY) !== 0) addTime(ends.ofAny, event);
  if ((event.bit & CLOSES_OWN) === 0) return;
  const { provider } = event.record;
  let own = ends.byProvider.get(provider);
  if (own === undefined) {
    own = noTimes();
    ends.byProvider.set(provider, own);
  }
  addTime(own, event);
}

function addTime({ solid, all }: Times, event: EventMatch): void {
  all.push(event.at);
  if (event.solid) solid.push(event.at);
}

function settleEnds({ ofAny, byProvider }: Ends): void {
  settle(ofAny);
  for (const own of byProvider.values()) settle(own);
}

function settle({ solid, all }: Times): void {
  if (all.length > 1) all.sort(ascending);
  if (solid.length > 1) solid.sort(ascending);
}

function ascending(a: UnixMs, b: UnixMs): number {
  return a - b;
}

/**
 * The earliest end in this way that strictly postdates the opening: on a tie compromise wins. What came under a guessed
 * alias clears only what came under one.
 *
 * @returns infinite if nothing does
 */
export function endedAt(opening: EventMatch, { ofAny, byProvider }: Ends): UnixMs {
  const ended = firstAfter(ofAny, opening.solid, opening.latest);
  const own = byProvider.size === 0 ? undefined : byProvider.get(opening.record.provider);
  return own === undefined ? ended : Math.min(ended, firstAfter(own, opening.solid, opening.latest));
}

/** A customer's report is no provider's to clear, except by securing the mailbox. Infinite if nothing does. */
export function reportEndedAt(occurredAt: UnixMs, { ofAny }: Ends): UnixMs {
  return firstAfter(ofAny, true, occurredAt);
}

/** When the watch on an app password ends early; infinite if it does not. */
export function watchClosedAt(opening: EventMatch, { ofWatches }: Clearings): UnixMs {
  return firstAfter(ofWatches, opening.solid, opening.latest);
}

function firstAfter(times: Times, solidOnly: boolean, moment: UnixMs): UnixMs {
  return firstFrom(solidOnly ? times.solid : times.all, moment, true);
}

/**
 * The first of ascending times that is not before a moment.
 *
 * @param strictly later than the moment
 * @returns infinite if there is none
 */
export function firstFrom(times: readonly UnixMs[], moment: UnixMs, strictly: boolean): UnixMs {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const time = times[middle] ?? Number.POSITIVE_INFINITY;
    if (time < moment || (strictly && time === moment)) low = middle + 1;
    else high = middle;
  }
  return times[low] ?? Number.POSITIVE_INFINITY;
}
