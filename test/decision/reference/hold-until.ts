import type { AssessmentInput } from '../../../src/decision/input.js';
import type { CompiledPolicy } from '../../../src/decision/policy-model.js';
import type { Verdict } from '../../../src/decision/verdict.js';
import type { Decision, UnixMs } from '../../../src/decision/vocabulary.js';
import { breakpointsAfter, onlyFades } from './breakpoints.js';
import { evaluateAt, isHeldAt } from './evaluate.js';
import { layOut, type Timeline } from './timeline.js';

/** Ends of holds are told to the second, counted from `now`. */
const SECOND_MS = 1000;

/** How and when a hold ends. */
export type HoldEnd =
  | { readonly release: 'AUTOMATIC'; readonly at: UnixMs; readonly decisionThen: Decision }
  /** `at` is when a review is due. */
  | { readonly release: 'PERSON'; readonly at: UnixMs };

/**
 * When a hold ends. AUTOMATIC: at the earliest second at which the same request with the same evidence would no longer
 * be held; one second earlier it would. PERSON: a review is due after the policy's time, and no earlier than the hold
 * would have ended by itself, so that more adverse evidence never brings the end nearer (I4).
 */
export function holdEnd(
  input: AssessmentInput,
  policy: CompiledPolicy,
  verdict: Pick<Verdict, 'personOnly'>,
): HoldEnd {
  const { now } = input;
  const timeline = layOut(input, policy, now);
  const since = timeline.firstHeldAt ?? now;
  const { notices = [] } = input.request;
  const noticeHold = policy.stepUp.notice?.hold;
  const told = notices.map(({ sentAt }) =>
    noticeHold === undefined ? 0 : Math.max(sentAt, since) + noticeHold,
  );
  const longest = secondsUntil(now, Math.max(since + policy.hold.maxHold, ...told));
  const second = firstMilderSecond(timeline, now, Math.max(1, longest));
  const end = now + (second ?? Math.max(1, longest)) * SECOND_MS;
  // Only rules that grow sterner with time leave an automatic hold without an end: then a person must see to it (I9).
  if (verdict.personOnly || second === undefined) {
    return { release: 'PERSON', at: Math.max(now + policy.hold.reviewAfter, end) };
  }
  return { release: 'AUTOMATIC', at: end, decisionThen: evaluateAt(timeline, end).decision };
}

function secondsUntil(now: UnixMs, moment: UnixMs): number {
  return Math.ceil((moment - now) / SECOND_MS);
}

/** The first second after `now`, up to `longest`, at which the decision is milder than HOLD. */
function firstMilderSecond(timeline: Timeline, now: UnixMs, longest: number): number | undefined {
  const isHeld = (second: number): boolean => isHeldAt(timeline, now + second * SECOND_MS);
  let held = 0;
  for (const second of secondsToTry(timeline, now, longest)) {
    if (isHeld(second)) held = second;
    else return bisect(held, second, isHeld);
  }
  return undefined;
}

/**
 * Where to look, ascending. If all that can happen is that things fade, the end is enough; else each second at which
 * something begins or ends, and the one before it, where what fades in between has faded most.
 */
function secondsToTry(timeline: Timeline, now: UnixMs, longest: number): readonly number[] {
  if (onlyFades(timeline, now)) return [longest];
  const seconds = new Set<number>([longest]);
  for (const moment of breakpointsAfter(timeline, now)) {
    const second = secondsUntil(now, moment);
    if (second > longest) break;
    if (second > 1) seconds.add(second - 1);
    seconds.add(second);
  }
  return [...seconds].sort((a, b) => a - b);
}

/** INVARIANT held at `from`, not at `to`: so is it at the second before the result, and not at the result. */
function bisect(from: number, to: number, isHeld: (second: number) => boolean): number {
  let low = from;
  let high = to;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isHeld(middle)) low = middle;
    else high = middle;
  }
  return high;
}
