import type { CompiledPolicy } from '../decision/policy-model.js';
import { compileCustomRules } from './cel/compile-custom-rules.js';
import { checkReach } from './compile/check-reach.js';
import { compileExposure, compileStepUp } from './compile/compile-exposure.js';
import { compileLists } from './compile/compile-lists.js';
import { compileLockShape, compileLocks } from './compile/compile-locks.js';
import { compileQuestions } from './compile/compile-questions.js';
import { compileRules, compileSequences } from './compile/compile-rules.js';
import { compileTiers } from './compile/compile-tiers.js';
import { compileWithoutAnswer } from './compile/compile-without-answer.js';
import { Draft } from './compile/draft.js';
import { reasonText } from './compile/reason-text.js';
import type { ListPseudonyms } from './list-pseudonyms.js';
import type { PolicyDocument } from './policy-document.js';
import type { PolicyProblem } from './policy-problem.js';
import { type ShapeResult, shapeCheck } from './schema/check-shape.js';
import { POLICY_SCHEMA } from './schema/policy-schema.js';
import { soundPart } from './schema/sound-part.js';
import { policyHash } from './text/canonical-text.js';
import { readYaml, type YamlSource } from './text/yaml-source.js';

/** What compiling needs from outside. */
export interface PolicyContext {
  readonly pseudonyms: ListPseudonyms;
  /**
   * The log holds the text already, so it was once accepted: what is found wrong only since then refuses it no more, and it
   * means what it meant. Absent: false.
   */
  readonly isRecorded?: boolean;
}

export type PolicyResult =
  | {
      readonly kind: 'valid';
      readonly policy: CompiledPolicy;
      readonly document: PolicyDocument;
      /** What is no mistake for sure, and hardly what was meant. */
      readonly notes: readonly PolicyProblem[];
    }
  | { readonly kind: 'invalid'; readonly problems: readonly PolicyProblem[] };

/** A text of which everything is known that needs nothing from outside: it can be compiled for several contexts. */
export interface ParsedPolicy {
  readonly text: string;
  readonly reading:
    | { readonly kind: 'yaml'; readonly source: YamlSource; readonly shape: ShapeResult<PolicyDocument> }
    | { readonly kind: 'invalid'; readonly problems: readonly PolicyProblem[] };
}

const checkPolicyShape = shapeCheck<PolicyDocument>(POLICY_SCHEMA);

/**
 * Checks and compiles a policy's text. Pure. Of a text that is YAML all problems are reported at once, in the order of
 * the text: those of shape, and those of meaning in what has no wrong shape.
 */
export function readPolicy(text: string, context: PolicyContext): PolicyResult {
  return compilePolicy(parsePolicy(text), context);
}

/** The part of {@link readPolicy} that takes most of its time and is the same in every context. */
export function parsePolicy(text: string): ParsedPolicy {
  const yaml = readYaml(text);
  if (yaml.kind === 'invalid') return { text, reading: yaml };
  return { text, reading: { kind: 'yaml', source: yaml.source, shape: checkPolicyShape(yaml.source) } };
}

/** The other part of {@link readPolicy}. */
export function compilePolicy({ text, reading }: ParsedPolicy, context: PolicyContext): PolicyResult {
  if (reading.kind === 'invalid') return { kind: 'invalid', problems: inOrder(reading.problems) };
  const { source, shape } = reading;
  if (shape.kind === 'invalid') {
    const meaning = problemsOfRest(source, shape.problems, text, context);
    return { kind: 'invalid', problems: inOrder([...shape.problems, ...meaning]) };
  }

  const draft = new Draft(shape.document, source, context.isRecorded ?? false);
  const policy = compile(draft, text, context);
  // What the rules reach is only known when each of them is sound.
  if (draft.problems.length === 0) checkReach(draft, policy);
  if (draft.problems.length > 0) return { kind: 'invalid', problems: inOrder(draft.problems) };
  return { kind: 'valid', policy, document: shape.document, notes: inOrder(draft.notes) };
}

/** What is wrong with the meaning of those parts of a document whose shape is right. */
function problemsOfRest(
  source: YamlSource,
  shapeProblems: readonly PolicyProblem[],
  text: string,
  context: PolicyContext,
): readonly PolicyProblem[] {
  const rest = soundPart(source, shapeProblems);
  if (rest === undefined) return [];
  const shape = checkPolicyShape(rest);
  if (shape.kind === 'invalid') return [];
  const draft = new Draft(shape.document, rest, context.isRecorded ?? false);
  compile(draft, text, context);
  return draft.problems;
}

function compile(draft: Draft, text: string, context: PolicyContext): CompiledPolicy {
  const { document } = draft;
  const locks = compileLocks(draft);
  const tiers = compileTiers(draft);
  const withoutAnswer = compileWithoutAnswer(draft, tiers);
  const policy: CompiledPolicy = {
    name: document.name,
    hash: policyHash(text),
    currency: document.currency,
    pointsToDoubleOdds: document.points_to_double_odds,
    tiers,
    ...(document.tier_window !== undefined && {
      tierWindow: draft.duration(['tier_window'], document.tier_window),
    }),
    groups: Object.entries(document.groups ?? {}).map(([name, cap]) => ({
      name,
      cap: draft.points(['groups', name], cap),
    })),
    rules: compileRules(draft),
    sequences: compileSequences(draft),
    locks,
    lockShape: compileLockShape(draft, locks),
    ...(document.questions !== undefined && { questions: compileQuestions(draft) }),
    lists: compileLists(draft, context.pseudonyms),
    customRules: compileCustomRules(draft),
    domainPrior: new Map(
      Object.entries(document.domain_prior ?? {}).map(([operator, points]) => [
        operator,
        draft.points(['domain_prior', operator], points),
      ]),
    ),
    domainPriorText: reasonText(
      { code: 'MAIL_OPERATOR_PRIOR', summary: "What the mail operator's record alone says." },
      'POLICY',
    ),
    cohort: compileCohort(draft),
    exposure: compileExposure(draft),
    ...(withoutAnswer !== undefined && { withoutAnswer }),
    trustFloor: draft.points(['trust_floor'], document.trust_floor),
    rejectNeedsNamedCompromise: document.reject_needs_named_compromise,
    stepUp: compileStepUp(draft),
    simTrouble: {
      types: document.sim_trouble.signals,
      window: draft.duration(['sim_trouble', 'window'], document.sim_trouble.window),
    },
    hold: {
      maxHold: draft.duration(['hold', 'max'], document.hold.max),
      ...(document.hold.total !== undefined && {
        total: draft.duration(['hold', 'total'], document.hold.total),
      }),
      reviewAfter: draft.duration(['hold', 'review_after'], document.hold.review_after),
      degradedHold: draft.duration(['hold', 'degraded'], document.hold.degraded),
    },
  };
  if (policy.hold.total !== undefined && policy.hold.total < policy.hold.maxHold) {
    draft.problem(['hold', 'total'], 'is shorter than `hold.max`, one hold of the whole');
  }
  if (policy.hold.degradedHold > policy.hold.maxHold) {
    draft.problem(['hold', 'degraded'], 'is longer than `hold.max`, which ends it');
  }
  draft.claimCode(['domain_prior'], policy.domainPriorText.code);
  return policy;
}

function compileCohort(draft: Draft): CompiledPolicy['cohort'] {
  const { cohort } = draft.document;
  draft.claimCode(['cohort'], 'MAIL_INCIDENT');
  if (cohort.base_rate >= cohort.default_share) {
    draft.problem(['cohort', 'default_share'], 'gives no points: it is not above `base_rate`');
  }
  return {
    text: reasonText(
      {
        code: 'MAIL_INCIDENT',
        summary: cohort.summary ?? "The account's mail domain is in an incident that its provider reported.",
        ...(cohort.customer_summary !== undefined && { customer_summary: cohort.customer_summary }),
      },
      'COHORT',
    ),
    baseRate: cohort.base_rate,
    defaultShare: cohort.default_share,
    cap: draft.points(['cohort', 'at_most'], cohort.at_most),
    after: draft.duration(['cohort', 'after'], cohort.after),
    ...draft.group(['cohort', 'group'], cohort.group),
  };
}

function inOrder(problems: readonly PolicyProblem[]): PolicyProblem[] {
  return [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
}
