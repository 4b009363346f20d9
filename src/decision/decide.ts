import { degradationsOf } from './degradations.js';
import { evaluateAt, type Outcome } from './evaluate.js';
import { missingFacts } from './facts-given.js';
import type { AssessmentInput } from './input.js';
import type { CompiledPolicy } from './policy-model.js';
import { reasonsOf } from './reasons.js';
import { layOut } from './timeline.js';
import type { Verdict } from './verdict.js';

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
  const { noticeChannels, cappedBy } = outcome;
  if (noticeChannels.length === 0 && cappedBy.length === 0) return verdict;
  return {
    ...verdict,
    ...(noticeChannels.length > 0 && { noticeChannels }),
    ...(cappedBy.length > 0 && { cappedBy }),
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
