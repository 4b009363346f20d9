import { degradationsOf } from '../../../src/decision/degradations.js';
import { missingFacts } from '../../../src/decision/facts-given.js';
import type { AssessmentInput } from '../../../src/decision/input.js';
import type { CompiledPolicy } from '../../../src/decision/policy-model.js';
import type { Verdict } from '../../../src/decision/verdict.js';
import { evaluateAt, type Outcome } from './evaluate.js';
import { reasonsOf } from './reasons.js';
import { layOut } from './timeline.js';

/**
 * Decides on one withdrawal. Pure: the same input under the same policy gives the same verdict, byte for byte, on
 * every machine (I1). More adverse evidence never gives a milder one (I4), provided that the policy's custom rules
 * are true of more evidence whenever they are true of less.
 *
 * Never throws for an input and policy of the right types.
 */
export function decide(input: AssessmentInput, policy: CompiledPolicy): Verdict {
  const outcome = evaluateAt(layOut(input, policy), input.now);
  const verdict = verdictOf(input, outcome);
  return {
    ...verdict,
    ...(outcome.noticeChannels.length > 0 && { noticeChannels: outcome.noticeChannels }),
    ...(outcome.cappedBy.length > 0 && { cappedBy: outcome.cappedBy }),
  };
}

function verdictOf(input: AssessmentInput, outcome: Outcome): Verdict {
  return {
    decision: outcome.decision,
    score: outcome.sheet.score,
    level: outcome.level,
    tier: outcome.tier,
    personOnly: outcome.personOnly,
    reasons: reasonsOf(outcome),
    untrustedChannels: outcome.untrusted,
    acceptableChannels: outcome.acceptable,
    degradations: degradationsOf(input, outcome.sheet.failedRules),
    missingFacts: missingFacts(input.request),
    degradedAllow: outcome.degradedAllow,
  };
}
