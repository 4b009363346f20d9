/**
 * Shortest pause between two commits of the state. Each is flushed to the same disk that the log waits for, and handed over
 * on the thread that answers, so small ones are over soon: at 1,000 answers a second a commit each 100 ms had some 300 rows,
 * its flush took 18 ms, and flushes of the log took seven times as long beside it.
 */
export const COMMIT_PAUSE_MS = 10;

/** A pause is this many times as long as the commit before it: small commits cost more a row, and a busy disk has none to spare. */
const PAUSE_PER_COMMIT = 2;

/** Longest pause that a slow commit brings about. A crash costs the replay of what was recorded since the last commit. */
const LONGEST_PAUSE_MS = 100;

/**
 * Pause before the next commit of the state.
 *
 * @param tookMs how long the last one took
 * @param shortestMs a pause is never shorter
 */
export function pauseAfterCommit(tookMs: number, shortestMs: number): number {
  return Math.max(shortestMs, Math.min(LONGEST_PAUSE_MS, tookMs * PAUSE_PER_COMMIT));
}
