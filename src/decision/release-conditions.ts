import { evaluateAt } from './evaluate.js';
import type { HoldEnd } from './hold-until.js';
import type { AssessmentInput, RequestFacts } from './input.js';
import type { CompiledPolicy } from './policy-model.js';
import { layOut } from './timeline.js';
import { otherSpends, rollingDayValue } from './velocity.js';
import type { ReleaseCondition, Verdict } from './verdict.js';
import { type Decision, type MinorUnits, sternnessOf } from './vocabulary.js';

/** An age at which every policy takes a destination for long known: ten years. */
const LONG_KNOWN_MS = 10 * 365 * 86_400_000;

/** The smallest changes, each alone, that would make the decision milder. None rests on an untrusted channel. */
export function releaseConditions(
  input: AssessmentInput,
  policy: CompiledPolicy,
  verdict: Verdict,
  end: HoldEnd | undefined,
): readonly ReleaseCondition[] {
  const conditions: ReleaseCondition[] = [];
  if (end?.release === 'AUTOMATIC' && end.decisionThen !== undefined) {
    conditions.push({
      kind: 'WAIT',
      summary: 'wait until the hold ends',
      customerSummary: 'Wait until the time shown.',
      decision: end.decisionThen,
      at: end.at,
    });
  }
  if (verdict.decision === 'STEP_UP') {
    conditions.push({
      kind: 'VERIFY',
      summary: 'confirm over a channel enrolled before the trouble began',
      customerSummary: 'Confirm this withdrawal.',
      decision: 'ALLOW',
      channels: verdict.acceptableChannels,
    });
  }
  const lower = lowerValue(input, policy, verdict);
  if (lower !== undefined) conditions.push(lower);
  const known = knownDestination(input, policy, verdict);
  if (known !== undefined) conditions.push(known);
  if (end?.release === 'PERSON') {
    conditions.push({
      kind: 'REVIEW',
      summary: 'a person reviews and releases',
      customerSummary: 'A member of our team will look at this withdrawal.',
      decision: 'ALLOW',
    });
  }
  return conditions;
}

/** What would be decided if the request were another; undefined if that is no milder. */
function milderIf(
  input: AssessmentInput,
  policy: CompiledPolicy,
  verdict: Verdict,
  request: RequestFacts,
): Decision | undefined {
  const { decision } = evaluateAt(layOut({ ...input, request }, policy), input.now);
  return sternnessOf(decision) < sternnessOf(verdict.decision) ? decision : undefined;
}

function lowerValue(
  input: AssessmentInput,
  policy: CompiledPolicy,
  verdict: Verdict,
): ReleaseCondition | undefined {
  for (const value of lowerValues(input, policy)) {
    const decision = milderIf(input, policy, verdict, { ...input.request, value });
    if (decision === undefined) continue;
    return {
      kind: 'LOWER_VALUE',
      summary: 'withdraw less at once',
      customerSummary: 'Withdraw a smaller amount.',
      decision,
      maxValue: value,
    };
  }
  return undefined;
}

/** Largest first: only at a bound of a tier, or at the floor of locks, does a smaller value change anything. */
function lowerValues(input: AssessmentInput, policy: CompiledPolicy): readonly MinorUnits[] {
  const rolling = rollingDayValue(otherSpends(input), input.now);
  const present = input.request.value ?? Number.POSITIVE_INFINITY;
  const values = [policy.lockShape.valueFloor - 1];
  for (const { below } of policy.tiers) if (below !== undefined) values.push(below - rolling - 1);
  return values.filter((value) => value > 0 && value < present).sort((a, b) => b - a);
}

function knownDestination(
  input: AssessmentInput,
  policy: CompiledPolicy,
  verdict: Verdict,
): ReleaseCondition | undefined {
  const { request, now } = input;
  const since = Math.max(0, now - LONG_KNOWN_MS);
  const destination = { ...request.destination, addedAt: since, firstUsedAt: since };
  const decision = milderIf(input, policy, verdict, { ...request, destination });
  if (decision === undefined) return undefined;
  return {
    kind: 'KNOWN_DESTINATION',
    summary: 'send to a destination that was used long ago',
    customerSummary: 'Send to an address that you have used before.',
    decision,
  };
}
