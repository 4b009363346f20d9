import type { LogPosition } from '../../store/ports.js';

/** The one wait on the hot path that is not for the disk, and its limit (invariant I6). */
export const MAX_FRESHNESS_WAIT_MS = 25;
/** Kept of the caller's deadline for the answer itself. */
export const DEADLINE_RESERVE_MS = 5;

/** What tells how far the log has come. */
export interface LogHead {
  readonly head: LogPosition;
}

/**
 * Waits until the log has reached a position, for at most {@link MAX_FRESHNESS_WAIT_MS} and never into the last
 * {@link DEADLINE_RESERVE_MS} before the deadline.
 *
 * @param deadlineAt on the clock of `performance.now()`, or Infinity
 * @returns whether the position was reached
 */
export async function whenFresh(log: LogHead, position: LogPosition, deadlineAt: number): Promise<boolean> {
  const giveUpAt =
    performance.now() + Math.min(MAX_FRESHNESS_WAIT_MS, deadlineAt - performance.now() - DEADLINE_RESERVE_MS);
  while (log.head < position) {
    const leftMs = giveUpAt - performance.now();
    if (leftMs <= 0) return false;
    await new Promise((resolve) => setTimeout(resolve, Math.min(1, leftMs)));
  }
  return true;
}
