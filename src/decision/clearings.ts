import { CLOSES_ANY, CLOSES_OWN, CLOSES_WATCH } from './event-effects.js';
import type { EventMatch } from './exposures.js';
import type { UnixMs } from './vocabulary.js';

/** Times at which something ended, ascending once settled. */
interface Times {
  /** Of what did not come under a guessed alias. */
  readonly solid: UnixMs[];
  readonly all: UnixMs[];
}

/** What ends the exposures and watches of one mailbox. */
export interface Clearings {
  readonly ofAny: Times;
  readonly byProvider: ReadonlyMap<string, Times>;
  readonly ofWatches: Times;
}

const NOTHING: Times = { solid: [], all: [] };

/** What clears nothing. */
export const NO_CLEARINGS: Clearings = { ofAny: NOTHING, byProvider: new Map(), ofWatches: NOTHING };

/** The clearing events, apart by mailbox and in order: mailboxes may have hundreds of openings and of clearings. */
export function clearingsByMailbox(events: readonly EventMatch[]): ReadonlyMap<number, Clearings> {
  const clearings = new Map<number, { ofAny: Times; byProvider: Map<string, Times>; ofWatches: Times }>();
  for (const event of events) {
    if ((event.bit & (CLOSES_ANY | CLOSES_OWN | CLOSES_WATCH)) === 0) continue;
    let ofMailbox = clearings.get(event.mailbox);
    if (ofMailbox === undefined) {
      ofMailbox = { ofAny: noTimes(), byProvider: new Map(), ofWatches: noTimes() };
      clearings.set(event.mailbox, ofMailbox);
    }
    if ((event.bit & CLOSES_ANY) !== 0) addTime(ofMailbox.ofAny, event);
    if ((event.bit & CLOSES_WATCH) !== 0) addTime(ofMailbox.ofWatches, event);
    if ((event.bit & CLOSES_OWN) === 0) continue;
    let own = ofMailbox.byProvider.get(event.record.provider);
    if (own === undefined) {
      own = noTimes();
      ofMailbox.byProvider.set(event.record.provider, own);
    }
    addTime(own, event);
  }
  for (const { ofAny, byProvider, ofWatches } of clearings.values()) {
    settle(ofAny);
    settle(ofWatches);
    for (const own of byProvider.values()) settle(own);
  }
  return clearings;
}

function noTimes(): Times {
  return { solid: [], all: [] };
}

function addTime({ solid, all }: Times, event: EventMatch): void {
  all.push(event.at);
  if (event.solid) solid.push(event.at);
}

function settle({ solid, all }: Times): void {
  if (all.length > 1) all.sort(ascending);
  if (solid.length > 1) solid.sort(ascending);
}

function ascending(a: UnixMs, b: UnixMs): number {
  return a - b;
}

/**
 * The earliest clearing of the mailbox that strictly postdates the opening: on a tie compromise wins. What came under a
 * guessed alias clears only what came under one.
 *
 * @returns infinite if nothing does
 */
export function closedAt(opening: EventMatch, { ofAny, byProvider }: Clearings): UnixMs {
  const closed = firstAfter(ofAny, opening.solid, opening.at);
  const own = byProvider.size === 0 ? undefined : byProvider.get(opening.record.provider);
  return own === undefined ? closed : Math.min(closed, firstAfter(own, opening.solid, opening.at));
}

/** A customer's report is no provider's to clear, except by securing the mailbox. Infinite if nothing does. */
export function reportClosedAt(occurredAt: UnixMs, { ofAny }: Clearings): UnixMs {
  return firstAfter(ofAny, true, occurredAt);
}

/** When the watch on an app password ends early; infinite if it does not. */
export function watchClosedAt(opening: EventMatch, { ofWatches }: Clearings): UnixMs {
  return firstAfter(ofWatches, opening.solid, opening.at);
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
