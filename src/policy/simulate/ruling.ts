import { evaluateAt, type Outcome } from '../../decision/evaluate.js';
import { holdEnd } from '../../decision/hold-until.js';
import type { AssessmentInput } from '../../decision/input.js';
import type { CompiledPolicy } from '../../decision/policy-model.js';
import { layOut } from '../../decision/timeline.js';
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
  return rulingOf(input, policy, evaluateAt(layOut(input, policy), input.now));
}

/** The ruling that an outcome comes to. */
export function rulingOf(input: AssessmentInput, policy: CompiledPolicy, outcome: Outcome): Ruling {
  const { decision, sheet, tier } = outcome;
  const holdMs = decision === 'HOLD' ? holdEnd(input, policy, outcome).at - input.now : 0;
  return { decision, score: sheet.score, tier, holdMs, outcome };
}
