import type { UnixMs } from '../decision/vocabulary.js';
import type { ClockDoubt } from './clock-doubt.js';

/** What a clock says at one moment. While it is confirmed all times are the same. */
export interface ClockReading {
  /** By the wall clock, as far as it is followed: for what comes in. */
  readonly nowMs: UnixMs;
  /** The last confirmed time and what has passed since by monotonic time. Keeps the order of the log. */
  readonly reckonedMs: UnixMs;
  /** The earlier of wall clock and reckoned time: the more cautious one for decay, the ends of holds, forgetting. */
  readonly earliestMs: UnixMs;
  /** The later of the two: the more cautious one for trust that runs out. */
  readonly latestMs: UnixMs;
  /** Why the wall clock is not believed; undefined while it is confirmed. */
  readonly doubt: ClockDoubt | undefined;
}

/** The one clock of the service. */
export interface Clock {
  nowMs(): UnixMs;
  /** Absent: always confirmed. */
  read?(): ClockReading;
}

/** Reads a clock; one that knows no doubt is confirmed. */
export function readClock(clock: Clock): ClockReading {
  const reading = clock.read?.();
  if (reading !== undefined) return reading;
  const nowMs = clock.nowMs();
  return { nowMs, reckonedMs: nowMs, earliestMs: nowMs, latestMs: nowMs, doubt: undefined };
}
