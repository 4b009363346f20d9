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
  /**
   * The last moment that it may be of, where events must follow one another: equal to `at` but for what stands for
   * several, of which one may be of any moment in between.
   */
  readonly latest: UnixMs;
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

/** Where a match's times have no bound. */
export const EVER: UnixMs = Number.NEGATIVE_INFINITY;
export const FOREVER: UnixMs = Number.POSITIVE_INFINITY;

export const NO_MATCHES: readonly Match[] = [];

/**
 * A match that holds its times itself.
 *
 * One class for all of them, not an object literal at each place that makes one. V8 keeps the layout of a literal's first
 * objects with the literal: when a confidence of 0.8 came after many of 1, it went on to make objects of the old layout,
 * and threw away and compiled anew, without end, what was optimised for the new one. A decision then took four times as
 * long, for every account, until the process ended.
 */
export class PlainMatch implements Match {
  constructor(
    readonly id: string,
    readonly at: UnixMs,
    readonly until: UnixMs,
    readonly activeFrom: UnixMs,
    readonly activeUntil: UnixMs,
    readonly confidence: number,
    readonly solid: boolean,
    readonly provider: string | undefined,
  ) {}

  get latest(): UnixMs {
    return this.at;
  }
}

/** A match that stands for several: see {@link Match.latest}. */
export class CrowdMatch extends PlainMatch {
  readonly #latest: UnixMs;

  constructor(match: Match, latest: UnixMs) {
    const { id, at, until, activeFrom, activeUntil, confidence, solid, provider } = match;
    super(id, at, until, activeFrom, activeUntil, confidence, solid, provider);
    this.#latest = latest;
  }

  override get latest(): UnixMs {
    return this.#latest;
  }
}

/** A fact of the request with the time at which it became so, and how long it counts. */
export function requestMatch(id: string, at: UnixMs, activeFrom: UnixMs, activeUntil: UnixMs): Match {
  return new PlainMatch(id, at, at, activeFrom, activeUntil, 1, true, undefined);
}

/** Whether the match counts at `now`, leaving aside any rule's window. */
export function isActive(match: Match, now: UnixMs): boolean {
  return match.activeFrom <= now && now < match.activeUntil;
}

/** Milliseconds since the match ended; 0 while it lasts, and for times ahead of ours. */
export function ageOf(match: Match, now: UnixMs): number {
  return now > match.until ? now - match.until : 0;
}
