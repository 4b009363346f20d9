import type { DurationMs, UnixMs } from '../decision/vocabulary.js';
import { firstRanges } from './control-message.js';
import { type Gap, missingCount, type SequenceState } from './sequence.js';

/** A gap that closes by itself within this was a message out of order: nobody is asked for it. */
export const SETTLE_MS = 2_000;

/** Pause after the first ask. It doubles with each ask that brings nothing. */
export const FIRST_ASK_PAUSE_MS = 5_000;

/** Longest pause: a provider that was away for days learns of its gaps within this. */
export const LAST_ASK_PAUSE_MS = 300_000;

/** When to ask one provider for what is missing. A pure value. */
export interface AskState {
  /** Numbers missing when last looked. */
  readonly missing: number;
  readonly nextAt: UnixMs;
  /** Pause after the next ask. */
  readonly pauseMs: DurationMs;
}

export interface AskStep {
  /** Undefined when nothing is missing. */
  readonly state: AskState | undefined;
  /** What to ask for now; absent: nothing. */
  readonly ask?: readonly Gap[];
}

/**
 * What to do at `now`. Nothing before a gap has settled; then an ask, repeated with growing pauses, because core NATS
 * does not keep it for a provider that is away. While numbers come in, no ask: the answer is under way.
 */
export function nextAsk(
  before: AskState | undefined,
  sequence: SequenceState | undefined,
  now: UnixMs,
): AskStep {
  const missing = missingCount(sequence);
  if (sequence === undefined || missing === 0) return { state: undefined };
  if (before === undefined || missing < before.missing) {
    return { state: { missing, nextAt: now + SETTLE_MS, pauseMs: FIRST_ASK_PAUSE_MS } };
  }
  // A gap more does not wait for the long pause of an older one that nobody can fill.
  const nextAt = missing > before.missing ? Math.min(before.nextAt, now + SETTLE_MS) : before.nextAt;
  if (now < nextAt) return { state: { ...before, missing, nextAt } };
  const pauseMs = Math.min(before.pauseMs * 2, LAST_ASK_PAUSE_MS);
  return { state: { missing, nextAt: now + before.pauseMs, pauseMs }, ask: firstRanges(sequence.gaps) };
}
