import type { Condition, ScoreRule, SequenceRule, SequenceStep } from '../../decision/policy-model.js';
import type { ReasonSource } from '../../decision/vocabulary.js';
import type { RuleDocument, SequenceDocument } from '../policy-document.js';
import type { DocumentPath } from '../policy-problem.js';
import { canEarnTrust, compileCondition, leastAge, sourceOf } from './compile-conditions.js';
import type { Draft } from './draft.js';
import { reasonText } from './reason-text.js';

export function compileRules(draft: Draft): ScoreRule[] {
  return (draft.document.rules ?? []).map((rule, index) => compileRule(draft, ['rules', index], rule));
}

function compileRule(draft: Draft, path: DocumentPath, rule: RuleDocument): ScoreRule {
  const when = compileCondition(draft, [...path, 'when'], rule.when);
  const points = draft.points([...path, 'points'], rule.points);
  const window = rule.window === undefined ? undefined : draft.duration([...path, 'window'], rule.window);
  draft.claimCode([...path, 'code'], rule.code);
  if (points === 0) draft.problem([...path, 'points'], 'a rule of 0 points does nothing');
  if (points < 0 && !canEarnTrust(when)) {
    draft.problem(
      [...path, 'points'],
      'negative points are for facts that speak for the customer: destination_used, destination_allowlisted, destination_owned, last_good_withdrawal, or an age with `at_least` alone',
    );
  }
  if (points < 0 && rule.group !== undefined) {
    draft.problem([...path, 'group'], 'groups cap positive points; `trust_floor` bounds negative ones');
  }
  if (rule.alone_at_most !== undefined && points < 0) {
    draft.problem([...path, 'alone_at_most'], 'has no meaning beside negative points');
  }
  if (rule.times_confidence === true && when.kind !== 'event' && when.kind !== 'exposure') {
    draft.problem([...path, 'times_confidence'], 'only events and exposures have a confidence');
  }
  if (window !== undefined && window <= leastAge(when)) {
    draft.problem([...path, 'window'], 'can never fire: every match is older than this window');
  }
  return {
    ...reasonText(rule, sourceOf(when)),
    when,
    points,
    ...(rule.half_life !== undefined && { halfLife: draft.duration([...path, 'half_life'], rule.half_life) }),
    ...(window !== undefined && { window }),
    ...draft.group([...path, 'group'], rule.group),
    aloneAtMostStepUp: rule.alone_at_most === 'STEP_UP',
    timesConfidence: rule.times_confidence ?? false,
  };
}

export function compileSequences(draft: Draft): SequenceRule[] {
  return (draft.document.sequences ?? []).map((sequence, index) =>
    compileSequence(draft, ['sequences', index], sequence),
  );
}

function compileSequence(draft: Draft, path: DocumentPath, sequence: SequenceDocument): SequenceRule {
  draft.claimCode([...path, 'code'], sequence.code);
  const steps = sequence.steps.map(
    (step, index): SequenceStep => ({
      name: step.name,
      any: step.any.map((when, place) =>
        compileCondition(draft, [...path, 'steps', index, 'any', place], when),
      ),
      points: draft.points([...path, 'steps', index, 'points'], step.points),
      required: step.required ?? false,
    }),
  );
  if (sequence.min_steps > steps.length) {
    draft.problem([...path, 'min_steps'], `can never fire: there are only ${steps.length} steps`);
  }
  if (steps.every((step) => step.points === 0)) draft.problem([...path, 'steps'], 'no step gives points');
  const names = new Set<string>();
  steps.forEach((step, index) => {
    if (names.has(step.name)) {
      draft.problem([...path, 'steps', index, 'name'], `the step \`${step.name}\` comes twice`);
    }
    names.add(step.name);
  });
  const required = steps.flatMap((step) => (step.required ? [...step.any] : []));
  if (required.length === 0) {
    draft.problem([...path, 'steps'], 'make at least one step `required`, or the sequence tells no story');
  }
  return {
    ...reasonText(sequence, sequenceSource(required)),
    steps,
    minSteps: sequence.min_steps,
    maxGap: draft.duration([...path, 'max_gap'], sequence.max_gap),
    window: draft.duration([...path, 'window'], sequence.window),
    ...(sequence.half_life !== undefined && {
      halfLife: draft.duration([...path, 'half_life'], sequence.half_life),
    }),
    ...draft.group([...path, 'group'], sequence.group),
  };
}

/** A sequence is the provider's word if it needs a provider's word, the exchange's own if it does not. */
function sequenceSource(required: readonly Condition[]): ReasonSource {
  const sources = required.map(sourceOf);
  if (sources.includes('SIGNAL')) return 'SIGNAL';
  if (sources.includes('PROVIDER')) return 'PROVIDER';
  if (sources.includes('COHORT')) return 'COHORT';
  return 'REQUEST';
}
