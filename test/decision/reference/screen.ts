import type { AssessmentInput } from '../../../src/decision/input.js';
import type { CompiledPolicy, Condition, SequenceRule } from '../../../src/decision/policy-model.js';
import { SIGNAL_TYPES, type SignalType } from '../../../src/decision/vocabulary.js';
import type { EvidenceIndex } from './evidence-index.js';

/**
 * What a condition looks at, and what an input has, as bits of one integer. A condition none of whose bits an input has
 * cannot be met, so most of a policy is passed over with one comparison a rule.
 *
 * INVARIANT a set bit promises nothing, a bit that is not set is sure: passing over changes no answer.
 */
export type Kinds = number;

const SIGNAL_BITS: ReadonlyMap<SignalType, Kinds> = new Map(
  SIGNAL_TYPES.map((type, index) => [type, 1 << index]),
);
const EVENTS: Kinds = 1 << SIGNAL_TYPES.length;
const EXPOSURES: Kinds = EVENTS << 1;
const COHORTS: Kinds = EVENTS << 2;
const WATCHES: Kinds = EVENTS << 3;
const LOGIN_FAILURES: Kinds = EVENTS << 4;
/** Facts of the request are cheap to look at, so every input is taken to have them. */
const REQUEST: Kinds = EVENTS << 5;

/** What of a sequence must be there for it to match at all. */
export interface SequenceKinds {
  /** By step. */
  readonly steps: readonly Kinds[];
}

/** What each rule, sequence and lock of a policy looks at, in their order. */
export interface PolicyKinds {
  readonly rules: readonly Kinds[];
  readonly sequences: readonly SequenceKinds[];
  readonly locks: readonly Kinds[];
}

/** Follows from the policy alone, so it is found once for each. */
const KINDS_OF_POLICIES = new WeakMap<CompiledPolicy, PolicyKinds>();

/** What a policy looks at. */
export function kindsOfPolicy(policy: CompiledPolicy): PolicyKinds {
  let kinds = KINDS_OF_POLICIES.get(policy);
  if (kinds === undefined) {
    kinds = {
      rules: policy.rules.map((rule) => kindsOf(rule.when)),
      sequences: policy.sequences.map((rule) => ({ steps: rule.steps.map((step) => anyKinds(step.any)) })),
      locks: policy.locks.map((lock) => kindsOf(lock.trigger)),
    };
    KINDS_OF_POLICIES.set(policy, kinds);
  }
  return kinds;
}

/** What an input has. */
export function kindsPresent(input: AssessmentInput, evidence: EvidenceIndex): Kinds {
  let present = REQUEST;
  for (const { type } of input.account.signals) present |= SIGNAL_BITS.get(type) ?? 0;
  if (evidence.events.length > 0) present |= EVENTS;
  if (evidence.exposures.length > 0) present |= EXPOSURES;
  if (evidence.cohorts.length > 0) present |= COHORTS;
  if (evidence.watches.length > 0) present |= WATCHES;
  if (input.account.loginFailures.length > 0) present |= LOGIN_FAILURES;
  return present;
}

/** Whether enough steps can be met, and each that is required. */
export function sequenceMayMatch(rule: SequenceRule, { steps }: SequenceKinds, present: Kinds): boolean {
  let possible = 0;
  for (let index = 0; index < rule.steps.length; index += 1) {
    if (((steps[index] ?? 0) & present) !== 0) possible += 1;
    else if (rule.steps[index]?.required === true) return false;
  }
  return possible >= rule.minSteps;
}

function anyKinds(conditions: readonly Condition[]): Kinds {
  let kinds = 0;
  for (const condition of conditions) kinds |= kindsOf(condition);
  return kinds;
}

function kindsOf(condition: Condition): Kinds {
  switch (condition.kind) {
    case 'signal':
      if (condition.inExposure === 'named') return EXPOSURES;
      if (condition.inExposure === 'cohort') return COHORTS;
      return condition.types.reduce((kinds, type) => kinds | (SIGNAL_BITS.get(type) ?? 0), 0);
    case 'event':
      return EVENTS;
    case 'exposure':
      return EXPOSURES;
    case 'cohort':
      return COHORTS;
    case 'watch':
      return WATCHES;
    case 'loginFailures':
      return LOGIN_FAILURES;
    case 'destinationAge':
    case 'destinationUsed':
    case 'destinationNotUsed':
    case 'destinationAllowlisted':
    case 'destinationOwned':
    case 'deviceAge':
    case 'balanceShare':
    case 'accountAge':
    case 'lastGoodWithdrawal':
    case 'withdrawalCount':
    case 'unproven':
    case 'drain':
      return REQUEST;
    default:
      return unreachable(condition);
  }
}

function unreachable(condition: never): never {
  throw new TypeError(`no such condition: ${JSON.stringify(condition)}`);
}
