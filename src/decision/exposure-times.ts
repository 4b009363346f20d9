import type { Opening } from './exposure-openings.js';
import { FOREVER } from './match.js';
import type { CompiledPolicy } from './policy-model.js';
import type { UnixMs } from './vocabulary.js';

/** When one exposure is what. Each time is no earlier than those above it, but for `agesFrom`. */
export interface ExposureTimes {
  readonly from: UnixMs;
  /** When it happened or was discovered. */
  readonly openedAt: UnixMs;
  /** Open before this; infinite while nothing ends it. */
  readonly openUntil: UnixMs;
  /** Somebody else may be reading the mailbox before this: it is open, or half open. */
  readonly readableUntil: UnixMs;
  /** Counts before this. */
  readonly activeUntil: UnixMs;
  /** What happened inside it counts before this. */
  readonly insideUntil: UnixMs;
  /** Ages from here on, though it may still be open. */
  readonly agesFrom: UnixMs;
}

/** @param left the last moment at which the account still used the mailbox; infinite if it does */
export function timesOf(opening: Opening, left: UnixMs, { exposure }: CompiledPolicy): ExposureTimes {
  const { from, openedAt, saidAt, isRecycled, fullyEnded, halfEnded } = opening;
  const { keepAfter, halfOpen = 0, untilClosed } = exposure;
  // Whoever has a recycled address now is not our customer, so that nothing he does to secure it is of use to him.
  const isForGood = isRecycled && untilClosed === true;
  const closed = isForGood ? left : Math.min(fullyEnded, left);
  const openUntil = isForGood ? left : Math.min(closed, halfEnded);
  // Of what was said after the half end nobody knows yet whether that was the thief's.
  const readableUntil = isForGood ? left : Math.min(closed, Math.max(halfEnded, saidAt) + halfOpen);
  if (untilClosed === true) {
    return {
      from,
      openedAt,
      openUntil,
      readableUntil,
      activeUntil: readableUntil + keepAfter,
      insideUntil: FOREVER,
      agesFrom: isRecycled ? FOREVER : saidAt + keepAfter,
    };
  }
  const ended = Math.min(readableUntil, openedAt + keepAfter);
  const isEnded = readableUntil < FOREVER;
  const activeUntil = isEnded ? readableUntil + keepAfter : ended;
  return {
    from,
    openedAt,
    openUntil: isEnded ? openUntil : ended,
    readableUntil: isEnded ? readableUntil : ended,
    activeUntil,
    insideUntil: activeUntil,
    agesFrom: FOREVER,
  };
}
