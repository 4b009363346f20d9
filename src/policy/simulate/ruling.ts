import { evaluateAt, type Outcome } from '../../decision/evaluate.js';
import { holdEnd } from '../../decision/hold-until.js';
import type { AssessmentInput } from '../../decision/input.js';
import type { CompiledPolicy } from '../../decision/policy-model.js';
import { layOut, type Timeline } from '../../decision/timeline.js';
import type { Decision, DurationMs, Tenths } from '../../decision/vocabulary.js';

/** A verdict without its wording: all that simulations count. */
export interface Ruling {
  readonly decision: Decision;
  /** 0 to 1000. */
  readonly score: Tenths;
  readonly tier: string;
  /** HOLD only, else 0: until it ends by itself, or until a person is to look at it. */
  readonly holdMs: DurationMs;
  readonly outcome: Outcome;
}

/** Decides without putting the answer into words: about half the cost of `decide`. The end is sought for holds only. */
export function ruleOn(input: AssessmentInput, policy: CompiledPolicy): Ruling {
  const timeline = layOut(input, policy);
  return rulingOf(timeline, evaluateAt(timeline, input.now));
}

/** The ruling that an outcome of this timeline comes to. */
export function rulingOf(timeline: Timeline, outcome: Outcome): Ruling {
  const { decision, sheet, tier } = outcome;
  const holdMs = decision === 'HOLD' ? holdEnd(timeline, outcome).at - timeline.input.now : 0;
  return { decision, score: sheet.score, tier, holdMs, outcome };
}
