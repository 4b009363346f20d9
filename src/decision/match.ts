import type { UnixMs } from './vocabulary.js';

/**
 * One thing that meets a condition, with the times at which it does. A match does not know what time it is: the same
 * matches serve `decide` now and the search for the end of a hold later.
 */
export interface Match {
  /** Names the record behind it. One record may not serve two steps of a sequence. */
  readonly id: string;
  /** When it began. {@link ALWAYS_NOW} for facts that are simply true at the time of asking. */
  readonly at: UnixMs;
  /** Age counts from here: equal to `at` for what happened at one moment, the end for what lasted. */
  readonly until: UnixMs;
  /** Counts from here on. */
  readonly activeFrom: UnixMs;
  /** Counts before this. */
  readonly activeUntil: UnixMs;
  /** 0 to 1. */
  readonly confidence: number;
  /** False: rests on an alias that we only guessed, so alone it is at most STEP_UP. */
  readonly solid: boolean;
  /** Registry id of who said it. */
  readonly provider: string | undefined;
}

/** The time of facts that have none of their own. Later than every time, so it is cut to the present. */
export const ALWAYS_NOW: UnixMs = Number.POSITIVE_INFINITY;

export const NO_MATCHES: readonly Match[] = [];

/** A fact of the request with the time at which it became so, and how long it counts. */
export function requestMatch(id: string, at: UnixMs, activeFrom: UnixMs, activeUntil: UnixMs): Match {
  return { id, at, until: at, activeFrom, activeUntil, confidence: 1, solid: true, provider: undefined };
}

/** Whether the match counts at `now`, leaving aside any rule's window. */
export function isActive(match: Match, now: UnixMs): boolean {
  return match.activeFrom <= now && now < match.activeUntil;
}

/** Milliseconds since the match ended; 0 while it lasts, and for times ahead of ours. */
export function ageOf(match: Match, now: UnixMs): number {
  return now > match.until ? now - match.until : 0;
}
