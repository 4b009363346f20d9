import type { DurationMs, UnixMs } from '../decision/vocabulary.js';
import type { Clock, ClockReading } from './clock.js';
import {
  AGREEMENT_MS,
  type ClockDoubt,
  CONFIRM_AFTER_MS,
  type ConfirmedBy,
  confirmAfterMs,
  directed,
  doubtAtStart,
  isFar,
  isNormalGap,
  NORMAL_GAP_MS,
  type OlderDoubt,
} from './clock-doubt.js';

/** Wall and monotonic time disagreed, or agree again. */
export type ClockEvent =
  /** The wall clock jumped by `stepMs` (negative: back); monotonic time is used until it is followed or undone. */
  | { readonly event: 'clock-step'; readonly stepMs: number }
  /** The wall clock came back by itself. */
  | { readonly event: 'clock-step-undone' }
  /** The wall clock kept the new time for {@link CONFIRM_AFTER_MS}; it is followed from now on. */
  | { readonly event: 'clock-step-confirmed'; readonly stepMs: number }
  /** Nothing is forgotten or ended on its word from now on. */
  | { readonly event: 'clock-unconfirmed'; readonly doubt: ClockDoubt }
  | { readonly event: 'clock-confirmed'; readonly by: ConfirmedBy };

/**
 * A jump beyond this is a step. On Linux both clocks are slewed together, so they part only by steps, leap seconds
 * (1 s) and suspension.
 */
export const STEP_MS = 1_000;

/** After a small step back our time runs at 1/2 speed until the wall clock has caught up: it does not go back. */
const SLEW_DIVISOR = 2;

export interface SteadyClockSources {
  /** Unix milliseconds; may step. */
  readonly wallMs: () => number;
  /** Milliseconds from any origin; never steps. */
  readonly monotonicMs: () => number;
  readonly onEvent?: (event: ClockEvent) => void;
}

interface OpenDoubt {
  readonly doubt: ClockDoubt;
  /** Reckoned time minus monotonic time. */
  readonly offset: number;
  /** Of a doubt of the start: the wall clock may be this far ahead of reckoned time and count as set right. */
  readonly normalGapMs: DurationMs;
  /** Monotonic time since which the wall clock has run without a step. */
  steadySince: number;
}

/**
 * Wall time that may be wrong. Small differences are followed, never backwards. A step is reported, ignored for
 * {@link CONFIRM_AFTER_MS}, then followed; but until it is confirmed there is a doubt, and with it a second time, reckoned from the
 * last confirmed one, by which nothing ends early. Only a far step back that is followed takes the time back.
 */
export class SteadyClock implements Clock {
  readonly #sources: SteadyClockSources;
  /** Wall time minus monotonic time, as last followed. */
  #offset: number;
  #last: number;
  #lastMonotonic: number;
  /** Monotonic time at which a step was first seen; undefined while both agree. */
  #stepSince: number | undefined;
  #open: OpenDoubt | undefined;
  /** Reckoned time never goes back while a doubt lasts. */
  #lastReckoned = 0;
  /** A person said that the clock is right: what providers sign is no longer held against it. */
  #isAccepted = false;

  constructor(sources: SteadyClockSources) {
    this.#sources = sources;
    this.#lastMonotonic = sources.monotonicMs();
    this.#last = Math.trunc(sources.wallMs());
    this.#offset = this.#last - this.#lastMonotonic;
  }

  nowMs(): UnixMs {
    return this.#advance(this.#sources.wallMs(), this.#sources.monotonicMs());
  }

  read(): ClockReading {
    const wall = this.#sources.wallMs();
    const monotonic = this.#sources.monotonicMs();
    const nowMs = this.#advance(wall, monotonic);
    if (this.#open === undefined) {
      return { nowMs, reckonedMs: nowMs, earliestMs: nowMs, latestMs: nowMs, doubt: undefined };
    }
    const reckonedMs = Math.max(this.#lastReckoned, Math.trunc(monotonic + this.#open.offset));
    this.#lastReckoned = reckonedMs;
    const wallMs = Math.trunc(wall);
    return {
      nowMs,
      reckonedMs,
      earliestMs: Math.min(wallMs, nowMs, reckonedMs),
      latestMs: Math.max(wallMs, nowMs, reckonedMs),
      doubt: this.#open.doubt,
    };
  }

  /** Why the wall clock is not believed; undefined while it is confirmed. */
  get doubt(): ClockDoubt | undefined {
    return this.#open?.doubt;
  }

  /** Milliseconds by which the wall clock is ahead of what we believe (negative: behind). For a metric. */
  get disagreementMs(): DurationMs {
    const offset = this.#open?.offset ?? this.#offset;
    return this.#sources.wallMs() - (this.#sources.monotonicMs() + offset);
  }

  /**
   * Compares the wall clock with the newest time that is known to be right. Call it at a start, before anything is appended.
   *
   * @param referenceMs of the newest entry that was taken under a confirmed clock; undefined: there is none
   * @param older the doubt in which the process before this one ended: no start ends it by itself
   */
  compareWith(referenceMs: UnixMs | undefined, older?: OlderDoubt): void {
    const found = doubtAtStart(this.nowMs(), referenceMs, older);
    if (found === undefined || referenceMs === undefined) return;
    this.#doubt(found.doubt, referenceMs - this.#sources.monotonicMs(), found.normalGapMs);
  }

  /** A provider signed this `iat`, and the signature is good: it is not earlier than that. Says nothing against an old one. */
  signedAt(issuedAtMs: UnixMs): void {
    if (this.#open?.doubt.direction !== 'AHEAD') return;
    if (Math.abs(this.#sources.wallMs() - issuedAtMs) <= AGREEMENT_MS) this.#confirm('PROVIDER');
  }

  /** Enough providers signed times ahead of ours that it is ours which must be behind. */
  signedAhead(issuedAtMs: UnixMs): void {
    if (this.#isAccepted || this.#open !== undefined) return;
    const differenceMs = this.nowMs() - issuedAtMs;
    if (-differenceMs <= AGREEMENT_MS) return;
    this.#doubt({ ...directed(differenceMs), cause: 'PROVIDERS' }, issuedAtMs - this.#sources.monotonicMs());
  }

  /** A person says that the wall clock is right. */
  accept(): void {
    this.#isAccepted = true;
    if (this.#open !== undefined) this.#confirm('OPERATOR');
  }

  #advance(wall: number, monotonic: number): UnixMs {
    if (this.#open !== undefined && this.#hasReturned(this.#open, wall, monotonic)) this.#confirm('RETURN');
    const target = this.#followed(wall, monotonic);
    if (target > this.#last) {
      this.#last = Math.trunc(target);
      this.#lastMonotonic = monotonic;
    } else {
      this.#slew(monotonic);
    }
    const open = this.#open;
    const isSteady = this.#stepSince === undefined;
    if (open !== undefined && isSteady && monotonic - open.steadySince >= confirmAfterMs(open.doubt)) {
      this.#confirm('TIME');
    }
    return this.#last;
  }

  #hasReturned({ doubt, offset, normalGapMs }: OpenDoubt, wall: number, monotonic: number): boolean {
    const difference = wall - (monotonic + offset);
    return doubt.cause === 'STEP' ? Math.abs(difference) <= STEP_MS : isNormalGap(difference, normalGapMs);
  }

  #followed(wall: number, monotonic: number): number {
    const drift = wall - (monotonic + this.#offset);
    if (Math.abs(drift) <= STEP_MS) {
      if (this.#stepSince !== undefined) {
        this.#stepSince = undefined;
        this.#tell({ event: 'clock-step-undone' });
      }
      return wall;
    }
    if (this.#stepSince === undefined) {
      this.#stepSince = monotonic;
      this.#tell({ event: 'clock-step', stepMs: Math.round(drift) });
      if (this.#open === undefined)
        this.#doubt({ ...directed(Math.round(drift)), cause: 'STEP' }, this.#offset);
      else this.#open.steadySince = monotonic;
    } else if (monotonic - this.#stepSince >= CONFIRM_AFTER_MS) {
      this.#stepSince = undefined;
      this.#offset = wall - monotonic;
      this.#tell({ event: 'clock-step-confirmed', stepMs: Math.round(drift) });
      this.#goBackIfFar(wall);
      return wall;
    }
    return monotonic + this.#offset;
  }

  #slew(monotonic: number): void {
    const gained = Math.floor((monotonic - this.#lastMonotonic) / SLEW_DIVISOR);
    if (gained <= 0) return;
    this.#last += gained;
    this.#lastMonotonic = monotonic;
  }

  /** To wait at half the speed for a wall clock that is far back would take days. */
  #goBackIfFar(wall: number): void {
    if (this.#last <= wall || !isFar(this.#last - wall)) return;
    this.#last = Math.trunc(wall);
    this.#lastMonotonic = this.#sources.monotonicMs();
  }

  #doubt(doubt: ClockDoubt, offset: number, normalGapMs: DurationMs = NORMAL_GAP_MS): void {
    this.#lastReckoned = 0;
    this.#open = { doubt, offset, normalGapMs, steadySince: this.#sources.monotonicMs() };
    this.#tell({ event: 'clock-unconfirmed', doubt });
  }

  #confirm(by: ConfirmedBy): void {
    const wall = this.#sources.wallMs();
    this.#offset = wall - this.#sources.monotonicMs();
    if (this.#stepSince !== undefined) {
      this.#stepSince = undefined;
      if (by === 'RETURN') this.#tell({ event: 'clock-step-undone' });
    }
    this.#goBackIfFar(wall);
    this.#open = undefined;
    this.#tell({ event: 'clock-confirmed', by });
  }

  #tell(event: ClockEvent): void {
    this.#sources.onEvent?.(event);
  }
}

/** The clock of a running service. */
export function systemClock(onEvent?: (event: ClockEvent) => void): SteadyClock {
  return new SteadyClock({
    wallMs: Date.now,
    monotonicMs: () => performance.now(),
    ...(onEvent === undefined ? {} : { onEvent }),
  });
}
