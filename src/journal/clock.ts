import type { UnixMs } from '../decision/vocabulary.js';

/** The one clock of the service. Never goes backwards. */
export interface Clock {
  nowMs(): UnixMs;
}

/** Wall and monotonic time disagreed, or agree again. */
export type ClockEvent =
  /** The wall clock jumped by `stepMs` (negative: back); monotonic time is used until it is confirmed or undone. */
  | { readonly event: 'clock-step'; readonly stepMs: number }
  /** The wall clock came back by itself. */
  | { readonly event: 'clock-step-undone' }
  /** The wall clock kept the new time for {@link CONFIRM_AFTER_MS}; it is believed from now on. */
  | { readonly event: 'clock-step-confirmed'; readonly stepMs: number };

/**
 * A jump beyond this is a step. On Linux both clocks are slewed together, so they part only by steps, leap seconds
 * (1 s) and suspension.
 */
export const STEP_MS = 1_000;

/**
 * How long a step must last before it is believed. Long enough for a time daemon to take a wrong step back (it asks
 * every 64 s) and for an alert to reach a person before locks end early; short enough that a machine resumed
 * from suspension does not refuse honest signals as coming from the future for long.
 */
export const CONFIRM_AFTER_MS = 10 * 60_000;

/** After a confirmed step back our time runs at 1/2 speed until the wall clock has caught up: it may not go back. */
const SLEW_DIVISOR = 2;

export interface SteadyClockSources {
  /** Unix milliseconds; may step. */
  readonly wallMs: () => number;
  /** Milliseconds from any origin; never steps. */
  readonly monotonicMs: () => number;
  readonly onEvent?: (event: ClockEvent) => void;
}

/**
 * Wall time that cannot be stepped: small differences are followed (never backwards), a step is reported and ignored
 * until it has lasted for {@link CONFIRM_AFTER_MS}. So a wrong time server neither ends locks nor freezes time.
 */
export class SteadyClock implements Clock {
  readonly #sources: SteadyClockSources;
  /** Wall time minus monotonic time, as last believed. */
  #offset: number;
  #last: number;
  #lastMonotonic: number;
  /** Monotonic time at which a step was first seen; undefined while both agree. */
  #stepSince: number | undefined;

  constructor(sources: SteadyClockSources) {
    this.#sources = sources;
    this.#lastMonotonic = sources.monotonicMs();
    this.#last = Math.trunc(sources.wallMs());
    this.#offset = this.#last - this.#lastMonotonic;
  }

  nowMs(): UnixMs {
    const wall = this.#sources.wallMs();
    const monotonic = this.#sources.monotonicMs();
    const target = this.#believed(wall, monotonic);
    if (target >= this.#last) {
      this.#last = Math.trunc(target);
      this.#lastMonotonic = monotonic;
    } else {
      this.#slew(monotonic);
    }
    return this.#last;
  }

  /** Milliseconds by which the wall clock is ahead of what we believe (negative: behind). For a metric. */
  get disagreementMs(): number {
    return this.#sources.wallMs() - (this.#sources.monotonicMs() + this.#offset);
  }

  #believed(wall: number, monotonic: number): number {
    const drift = wall - (monotonic + this.#offset);
    if (Math.abs(drift) <= STEP_MS) {
      if (this.#stepSince !== undefined) {
        this.#stepSince = undefined;
        this.#sources.onEvent?.({ event: 'clock-step-undone' });
      }
      return wall;
    }
    if (this.#stepSince === undefined) {
      this.#stepSince = monotonic;
      this.#sources.onEvent?.({ event: 'clock-step', stepMs: Math.round(drift) });
    } else if (monotonic - this.#stepSince >= CONFIRM_AFTER_MS) {
      this.#stepSince = undefined;
      this.#offset = wall - monotonic;
      this.#sources.onEvent?.({ event: 'clock-step-confirmed', stepMs: Math.round(drift) });
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
}

/** The clock of a running service. */
export function systemClock(onEvent?: (event: ClockEvent) => void): SteadyClock {
  return new SteadyClock({
    wallMs: Date.now,
    monotonicMs: () => performance.now(),
    ...(onEvent === undefined ? {} : { onEvent }),
  });
}
