import { Drains } from '../../../src/decision/drains.js';
import type { ReleaseRecord } from '../../../src/decision/evidence.js';
import { coversTerms } from '../../../src/decision/held-terms.js';
import type { AssessmentInput, ProviderCap } from '../../../src/decision/input.js';
import { type Match, NO_MATCHES } from '../../../src/decision/match.js';
import type {
  CompiledPolicy,
  LockRule,
  ScoreRule,
  SequenceRule,
  SequenceStep,
} from '../../../src/decision/policy-model.js';
import { capsAtWork, withoutWords } from '../../../src/decision/provider-word.js';
import { otherSpends, type Spend } from '../../../src/decision/velocity.js';
import type { MinorUnits, Tenths, UnixMs } from '../../../src/decision/vocabulary.js';
import { matchesOf, type Scene } from './conditions.js';
import { type EvidenceIndex, indexEvidence } from './evidence-index.js';
import { type ListHit, listHits } from './lists.js';
import type { LockPlan } from './locks.js';
import { type QuestionPlan, questionPlans } from './questions.js';
import { validRelease } from './releases.js';
import { type Kinds, kindsOfPolicy, kindsPresent, type SequenceKinds, sequenceMayMatch } from './screen.js';
import { planSequence, type SequencePlan } from './sequences.js';

/** A rule with everything that meets its condition. */
export interface RulePlan {
  readonly rule: ScoreRule;
  readonly matches: readonly Match[];
}

/** Caps of one severity, and what would be known without everything that may not exceed it. */
export interface CapPlan {
  readonly most: ProviderCap['most'];
  /** Those of exactly this severity. */
  readonly caps: readonly ProviderCap[];
  readonly rest: Timeline;
}

const NO_CAP_PLANS: readonly CapPlan[] = [];

/**
 * One input under one policy, with all that does not depend on the present already found: `evaluateAt` answers for
 * any moment from it. Holds only rules that something meets.
 */
export interface Timeline {
  readonly input: AssessmentInput;
  readonly policy: CompiledPolicy;
  readonly evidence: EvidenceIndex;
  readonly spends: readonly Spend[];
  readonly drains: Drains;
  readonly questions: readonly QuestionPlan[];
  readonly rules: readonly RulePlan[];
  readonly sequences: readonly SequencePlan[];
  readonly locks: readonly LockPlan[];
  readonly listHits: readonly ListHit[];
  /** The largest prior of an operator of the account's mailboxes; 0 for none. */
  readonly domainPrior: Tenths;
  /** When what is asked was first held under this withdrawal; undefined if never. */
  readonly firstHeldAt: UnixMs | undefined;
  /** When this withdrawal was first held, whatever was asked then; undefined if never. */
  readonly everHeldAt: UnixMs | undefined;
  /** A person let this withdrawal go, and nothing adverse came since. */
  readonly release: ReleaseRecord | undefined;
  /** The sternest first. Nearly always empty. */
  readonly caps: readonly CapPlan[];
}

/**
 * Lays out an input.
 *
 * @param assumedHeldAt taken for the time of the first hold if there was none
 */
export function layOut(
  input: AssessmentInput,
  policy: CompiledPolicy,
  assumedHeldAt?: UnixMs,
  presentBalance?: MinorUnits,
): Timeline {
  const evidence = indexEvidence(input, policy);
  const spends = otherSpends(input);
  const drains = new Drains(input, presentBalance);
  const scene: Scene = { input, policy, evidence, spends, drains };
  const kinds = kindsOfPolicy(policy);
  const present = kindsPresent(input, evidence);
  return {
    input,
    policy,
    evidence,
    spends,
    drains,
    questions: questionPlans(policy.questions, scene),
    rules: rulePlans(policy.rules, kinds.rules, present, scene),
    sequences: sequencePlans(policy.sequences, kinds.sequences, present, scene),
    locks: lockPlans(policy.locks, kinds.locks, present, scene),
    listHits: listHits(input, policy),
    domainPrior: domainPriorOf(input, policy),
    firstHeldAt: firstHeldAt(input) ?? assumedHeldAt,
    everHeldAt: everHeldAt(input),
    release: validRelease(input, evidence),
    caps: input.caps === undefined ? NO_CAP_PLANS : capPlans(input, policy, assumedHeldAt, presentBalance),
  };
}

function capPlans(
  input: AssessmentInput,
  policy: CompiledPolicy,
  assumedHeldAt: UnixMs | undefined,
  presentBalance: MinorUnits | undefined,
): readonly CapPlan[] {
  const atWork = capsAtWork(input);
  if (atWork.length === 0) return NO_CAP_PLANS;
  const stepUps = atWork.filter(({ most }) => most === 'STEP_UP');
  const holds = atWork.filter(({ most }) => most === 'HOLD');
  const plan = (most: CapPlan['most'], caps: readonly ProviderCap[], silenced: readonly ProviderCap[]) => {
    const { caps: _, ...rest } = withoutWords(input, silenced);
    return { most, caps, rest: layOut(rest, policy, assumedHeldAt, presentBalance) };
  };
  const plans: CapPlan[] = [];
  if (holds.length > 0) plans.push(plan('HOLD', holds, atWork));
  if (stepUps.length > 0) plans.push(plan('STEP_UP', stepUps, stepUps));
  return plans;
}

/** By step; undefined if too few steps or not all required ones can be matched, whatever the time. */
function sequenceMatches(rule: SequenceRule, scene: Scene): readonly (readonly Match[])[] | undefined {
  const matches: (readonly Match[])[] = [];
  let left = rule.steps.length;
  for (const step of rule.steps) {
    const ofStep = stepMatches(step, scene);
    if (ofStep.length === 0) {
      left -= 1;
      if (step.required || left < rule.minSteps) return undefined;
    }
    matches.push(ofStep);
  }
  return left === 0 ? undefined : matches;
}

function rulePlans(
  rules: readonly ScoreRule[],
  kinds: readonly Kinds[],
  present: Kinds,
  scene: Scene,
): readonly RulePlan[] {
  const plans: RulePlan[] = [];
  for (let index = 0; index < rules.length; index += 1) {
    const rule = rules[index];
    if (rule === undefined || ((kinds[index] ?? 0) & present) === 0) continue;
    const matches = matchesOf(rule.when, scene);
    if (matches.length > 0) plans.push({ rule, matches });
  }
  return plans;
}

function lockPlans(
  rules: readonly LockRule[],
  kinds: readonly Kinds[],
  present: Kinds,
  scene: Scene,
): readonly LockPlan[] {
  const plans: LockPlan[] = [];
  for (let index = 0; index < rules.length; index += 1) {
    const rule = rules[index];
    if (rule === undefined || ((kinds[index] ?? 0) & present) === 0) continue;
    const triggers = matchesOf(rule.trigger, scene);
    if (triggers.length > 0) plans.push({ rule, triggers });
  }
  return plans;
}

function sequencePlans(
  rules: readonly SequenceRule[],
  kinds: readonly SequenceKinds[],
  present: Kinds,
  scene: Scene,
): readonly SequencePlan[] {
  const plans: SequencePlan[] = [];
  for (let index = 0; index < rules.length; index += 1) {
    const rule = rules[index];
    const ofRule = kinds[index];
    if (rule === undefined || ofRule === undefined || !sequenceMayMatch(rule, ofRule, present)) continue;
    const matches = sequenceMatches(rule, scene);
    if (matches !== undefined) plans.push(planSequence(rule, matches));
  }
  return plans;
}

function stepMatches(step: SequenceStep, scene: Scene): readonly Match[] {
  const [only] = step.any;
  if (only !== undefined && step.any.length === 1) return matchesOf(only, scene);
  let matches: Match[] | undefined;
  for (const condition of step.any) {
    for (const match of matchesOf(condition, scene)) {
      matches ??= [];
      matches.push(match);
    }
  }
  return matches ?? NO_MATCHES;
}

function domainPriorOf(input: AssessmentInput, policy: CompiledPolicy): Tenths {
  let largest = 0;
  for (const { link } of input.mailboxes) {
    if (link.operator === undefined) continue;
    largest = Math.max(largest, policy.domainPrior.get(link.operator) ?? 0);
  }
  return largest;
}

/** A change of destination or asset, or more of it, begins a hold anew. */
function firstHeldAt({ ledger, request }: AssessmentInput): UnixMs | undefined {
  let first: UnixMs | undefined;
  for (const held of ledger.holds) {
    if (held.withdrawal !== request.withdrawal || !coversTerms(held, request)) continue;
    first = Math.min(first ?? held.firstHeldAt, held.firstHeldAt);
  }
  return first;
}

function everHeldAt({ ledger, request }: AssessmentInput): UnixMs | undefined {
  let first: UnixMs | undefined;
  for (const held of ledger.holds) {
    if (held.withdrawal !== request.withdrawal) continue;
    const since = held.since ?? held.firstHeldAt;
    first = Math.min(first ?? since, since);
  }
  return first;
}
