import { breakpointsAfter, onlyFades } from './breakpoints.js';
import { type Evaluation, evaluateAt } from './evaluate.js';
import type { AssessmentInput } from './input.js';
import type { CompiledPolicy } from './policy-model.js';
import { layOut, type Timeline } from './timeline.js';
import type { Verdict } from './verdict.js';
import { type Decision, type Release, sternnessOf, type UnixMs } from './vocabulary.js';

/** Ends of holds are told to the second. */
const GRID_MS = 1000;

/** How and when a hold ends. */
export interface HoldEnd {
  readonly release: Release;
  /** AUTOMATIC: the end. PERSON: when a review is due. */
  readonly at: UnixMs;
  /** AUTOMATIC: the decision at the end. */
  readonly decisionThen: Decision | undefined;
}

/**
 * When a hold ends: at the earliest second at which the same withdrawal with the same evidence would no longer be
 * held. Where no such second comes before a person has had time to look, the hold is a person's to end, and a review
 * is due no earlier than what would end by itself: so more adverse evidence never brings the end nearer (I4).
 */
export function holdEnd(input: AssessmentInput, policy: CompiledPolicy, verdict: Verdict): HoldEnd {
  const { now } = input;
  const timeline = layOut(input, policy, now);
  const fades = onlyFades(timeline, now);
  const moments = fades ? lastMoment(timeline, now) : breakpointsAfter(timeline, now);
  const automaticEnd = firstSecondAt(timeline, now, moments, (at) => isHeld(at.automatic)) ?? now;
  const reviewDue = Math.max(now + policy.hold.reviewAfter, automaticEnd);
  if (verdict.personOnly) return { release: 'PERSON', at: reviewDue, decisionThen: undefined };
  const end = firstSecondAt(timeline, now, moments, (at) => isHeld(at.decision));
  if (end === undefined || (end > automaticEnd && end > now + policy.hold.reviewAfter)) {
    return { release: 'PERSON', at: reviewDue, decisionThen: undefined };
  }
  return { release: 'AUTOMATIC', at: end, decisionThen: evaluateAt(timeline, end).decision };
}

function isHeld(decision: Decision): boolean {
  return sternnessOf(decision) >= sternnessOf('HOLD');
}

/** With nothing but fading ahead one bisection up to the last change is enough. */
function lastMoment(timeline: Timeline, now: UnixMs): readonly UnixMs[] {
  return breakpointsAfter(timeline, now).slice(-1);
}

/**
 * The first second, counted from `now`, at which `held` is false. Looks at each moment in turn, and bisects before the
 * first at which it is false.
 */
function firstSecondAt(
  timeline: Timeline,
  now: UnixMs,
  moments: readonly UnixMs[],
  held: (evaluation: Evaluation) => boolean,
): UnixMs | undefined {
  if (!held(evaluateAt(timeline, now))) return now;
  let heldSecond = 0;
  for (const moment of moments) {
    const second = Math.ceil((moment - now) / GRID_MS);
    if (second <= heldSecond) continue;
    if (held(evaluateAt(timeline, now + second * GRID_MS))) {
      heldSecond = second;
      continue;
    }
    return now + bisect(timeline, now, heldSecond, second, held) * GRID_MS;
  }
  return undefined;
}

/** INVARIANT held at `from`, not held at `to`: the result is not, and the second before it is. */
function bisect(
  timeline: Timeline,
  now: UnixMs,
  from: number,
  to: number,
  held: (evaluation: Evaluation) => boolean,
): number {
  let low = from;
  let high = to;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (held(evaluateAt(timeline, now + middle * GRID_MS))) low = middle;
    else high = middle;
  }
  return high;
}
