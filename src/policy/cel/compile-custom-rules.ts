import { CelScalar, celEnv, parse, plan } from '@bufbuild/cel';
import type { AssessmentInput } from '../../decision/input.js';
import type { CustomRule } from '../../decision/policy-model.js';
import type { ReasonSource } from '../../decision/vocabulary.js';
import type { Draft } from '../compile/draft.js';
import { reasonText } from '../compile/reason-text.js';
import type { CustomRuleDocument } from '../policy-document.js';
import type { DocumentPath } from '../policy-problem.js';
import { type CheckedExpression, checkExpression, type ExpressionProblem } from './check-expression.js';
import { type CelFact, READ_FACT } from './facts.js';
import { FIELDS, KNOWN_SUFFIX, knownField, LISTS } from './fields.js';
import { type Deceptions, findDeceptions } from './find-deceptions.js';
import { FINITE_ARITHMETIC } from './finite-arithmetic.js';

/** The contract's limit; the schema has it too, for editors. */
const MAX_EXPRESSION_LENGTH = 512;

const NOTHING_FOUND: Deceptions = { problems: [], notes: [] };

type Test = CustomRule['test'];
type FactReader = readonly [name: string, read: (input: AssessmentInput) => CelFact];

const ENVIRONMENT = celEnv({ variables: variables(), funcs: FINITE_ARITHMETIC });

export function compileCustomRules(draft: Draft): CustomRule[] {
  return (draft.document.custom_rules ?? []).map((rule, index) =>
    compileRule(draft, ['custom_rules', index], rule),
  );
}

function compileRule(draft: Draft, path: DocumentPath, rule: CustomRuleDocument): CustomRule {
  draft.claimCode([...path, 'code'], rule.code);
  const points = draft.points([...path, 'points'], rule.points);
  const compiled = compileExpression(draft, [...path, 'expression'], rule.expression);
  if (points === 0) draft.problem([...path, 'points'], 'a rule of 0 points does nothing');
  if (points < 0 && (compiled?.evidence.size ?? 0) > 0) {
    draft.problem(
      [...path, 'points'],
      'evidence earns no trust: a rule with negative points may not look at it',
    );
  }
  return {
    ...reasonText(rule, sourceOf(compiled?.evidence ?? new Set())),
    points,
    ...draft.group([...path, 'group'], rule.group),
    onErrorPoints: draft.points([...path, 'on_error'], rule.on_error),
    test: compiled?.test ?? (() => undefined),
  };
}

/** A custom rule speaks for what it looks at; looking at evidence of several kinds, for the strongest of them. */
function sourceOf(evidence: ReadonlySet<ReasonSource>): ReasonSource {
  for (const source of ['PROVIDER', 'COHORT', 'SIGNAL'] as const) if (evidence.has(source)) return source;
  return 'REQUEST';
}

function compileExpression(
  draft: Draft,
  path: DocumentPath,
  expression: string,
): { readonly test: Test; readonly evidence: ReadonlySet<ReasonSource> } | undefined {
  if (expression.length > MAX_EXPRESSION_LENGTH) {
    draft.problem(path, `is longer than ${MAX_EXPRESSION_LENGTH} characters: split it into rules`);
    return undefined;
  }
  try {
    const parsed = parse(expression);
    const checked = checkExpression(parsed);
    const sound = checked.problems.length === 0;
    const { problems, notes } = sound && !draft.isRecorded ? findDeceptions(parsed) : NOTHING_FOUND;
    const said = ({ offset, message }: ExpressionProblem) => `at \`${near(expression, offset)}\`: ${message}`;
    for (const note of notes) draft.noteInText(path, note.offset, said(note));
    for (const problem of [...checked.problems, ...problems]) {
      draft.problemInText(path, problem.offset, said(problem));
    }
    if (!sound || problems.length > 0) return undefined;
    return { test: evaluator(plan(ENVIRONMENT, parsed), checked), evidence: checked.evidence };
  } catch (error) {
    const { offset, message } = syntaxProblem(error);
    draft.problemInText(path, offset, `is not a CEL expression: ${message}`);
    return undefined;
  }
}

/** The parser throws an error with its place; its message repeats the place, which we give ourselves. */
function syntaxProblem(error: unknown): { readonly offset: number; readonly message: string } {
  if (!(error instanceof Error)) return { offset: 0, message: 'it does not parse' };
  const message = error.message.replace(/^<input>:\d+:\d+: /, '');
  const location: unknown = 'location' in error ? error.location : undefined;
  const start: unknown =
    typeof location === 'object' && location !== null && 'start' in location ? location.start : 0;
  const offset: unknown = typeof start === 'object' && start !== null && 'offset' in start ? start.offset : 0;
  return { offset: typeof offset === 'number' ? offset : 0, message };
}

function near(expression: string, offset: number): string {
  return expression.slice(offset, offset + 24).split('\n')[0] ?? '';
}

function evaluator(
  evaluate: (bindings: Record<string, CelBinding>) => unknown,
  checked: CheckedExpression,
): Test {
  const readers = [...checked.uses].map(readerOf);
  return (input) => {
    const bindings: Record<string, CelBinding> = {};
    for (const [name, read] of readers) {
      const fact = read(input);
      // An absent fact must be absent from the bindings: then only expressions that need it fail.
      if (fact !== undefined) bindings[name] = typeof fact === 'object' ? [...fact] : fact;
    }
    const result = evaluate(bindings);
    return typeof result === 'boolean' ? result : undefined;
  };
}

type CelBinding = number | string | boolean | ReadonlyMap<string, number | string | boolean>[];

function readerOf(name: string): FactReader {
  const field = name.endsWith(KNOWN_SUFFIX) ? name.slice(0, -KNOWN_SUFFIX.length) : name;
  const read = READ_FACT[field];
  if (read === undefined) throw new TypeError(`the field ${field} is in the list but has no reader`);
  return field === name ? [name, read] : [name, (input) => read(input) !== undefined];
}

/** Types are checked by `checkExpression` before an expression is planned, so the engine need not know them. */
function variables(): Record<string, typeof CelScalar.DYN> {
  const all: Record<string, typeof CelScalar.DYN> = {};
  for (const name of Object.keys(FIELDS)) {
    all[name] = CelScalar.DYN;
    all[knownField(name)] = CelScalar.DYN;
  }
  for (const name of Object.keys(LISTS)) all[name] = CelScalar.DYN;
  return all;
}
