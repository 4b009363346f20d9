import { holdEnd } from './hold-until.js';
import type { AssessmentInput } from './input.js';
import type { CompiledPolicy } from './policy-model.js';
import { releaseConditions } from './release-conditions.js';
import { layOut } from './timeline.js';
import type { Explanation, Verdict } from './verdict.js';

const NOTHING_TO_EXPLAIN: Explanation = { releaseConditions: [] };

/**
 * Explains a HOLD or a STEP_UP: when it ends, how, and what would change it. Pure, from the same input and policy that
 * gave the verdict; other verdicts need no explanation.
 */
export function explain(input: AssessmentInput, policy: CompiledPolicy, verdict: Verdict): Explanation {
  switch (verdict.decision) {
    case 'ALLOW':
    case 'REJECT':
      return NOTHING_TO_EXPLAIN;
    case 'STEP_UP':
      return { releaseConditions: releaseConditions(layOut(input, policy), verdict, undefined) };
    case 'HOLD': {
      const timeline = layOut(input, policy);
      const end = holdEnd(timeline, verdict);
      return {
        holdUntil: end.at,
        release: end.release,
        releaseConditions: releaseConditions(timeline, verdict, end),
      };
    }
    default:
      return verdict.decision satisfies never;
  }
}
