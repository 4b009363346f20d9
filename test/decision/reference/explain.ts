import type { AssessmentInput } from '../../../src/decision/input.js';
import type { CompiledPolicy } from '../../../src/decision/policy-model.js';
import type { Explanation, Verdict } from '../../../src/decision/verdict.js';
import { holdEnd } from './hold-until.js';
import { releaseConditions } from './release-conditions.js';

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
      return { releaseConditions: releaseConditions(input, policy, verdict, undefined) };
    case 'HOLD': {
      const end = holdEnd(input, policy, verdict);
      return {
        holdUntil: end.at,
        release: end.release,
        releaseConditions: releaseConditions(input, policy, verdict, end),
      };
    }
    default:
      return verdict.decision satisfies never;
  }
}
