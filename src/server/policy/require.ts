import type { KeptRevision } from '../../audit/policy-history.js';
import type { CaseFileProblem, PolicyProblem } from '../../policy/index.js';
import { CallError, type FieldViolation, invalidArgument } from '../errors.js';
import { FieldRules } from '../risk/field-rules.js';
import { MAX_ACTOR_CHARACTERS, MAX_REASON_CHARACTERS } from './limits.js';
import type { PolicyParts, ReadyRevision } from './parts.js';

/** @throws CallError FAILED_PRECONDITION where the policy file decides, or what comes with the package */
export function requireApiMode(parts: PolicyParts): void {
  requireRevisions(parts);
  if (parts.mode === 'packaged') throw new CallError('POLICY_PACKAGED_MODE');
}

/** @throws CallError FAILED_PRECONDITION where the policy file decides, so that no other revision can */
export function requireRevisions(parts: PolicyParts): void {
  if (parts.mode === 'file') throw new CallError('POLICY_FILE_MODE');
}

/**
 * Checks who does something, and why.
 *
 * @throws CallError INVALID_ARGUMENT with every violation
 */
export function requireActor(
  parts: PolicyParts,
  { actor, reason }: { readonly actor: string; readonly reason: string },
  further: (rules: FieldRules) => void = () => {},
  isReasonRequired = true,
): void {
  const rules = new FieldRules(parts.clock.nowMs());
  further(rules);
  rules.requiredText('actor', actor, MAX_ACTOR_CHARACTERS);
  if (isReasonRequired) rules.requiredText('reason', reason, MAX_REASON_CHARACTERS);
  else rules.optionalText('reason', reason, MAX_REASON_CHARACTERS);
  if (rules.violations.length > 0) throw invalidArgument(rules.violations);
}

/** Says that a revision's number is missing. */
export function requireNumber(rules: FieldRules, number: number): void {
  if (number === 0) rules.refuse('number', 'REQUIRED', 'is required');
}

/** @throws CallError NOT_FOUND */
export function requireRevision(parts: PolicyParts, number: number): KeptRevision {
  const kept = parts.history.revision(number);
  if (kept === undefined) throw new CallError('POLICY_REVISION_NOT_FOUND');
  return kept;
}

/**
 * A kept revision, compiled.
 *
 * @throws CallError NOT_FOUND; INVALID_ARGUMENT when this version of the service no longer accepts its text
 */
export function readyRevision(parts: PolicyParts, number: number): ReadyRevision {
  const kept = requireRevision(parts, number);
  const read = parts.read(kept.body.text);
  if (read.kind === 'invalid') throw policyInvalid(read.problems);
  return { kept, live: { policy: read.policy, number } };
}

/** What the author wrote, as problems quote it. */
const QUOTED = /`[^`]*`/g;

/**
 * A policy that is refused: each problem with its place; `validate_only` gives more of them than fit an error. Lists and
 * cases name mailboxes in clear, and errors end in the logs of clients: what stands in those is not quoted.
 */
export function policyInvalid(problems: readonly (PolicyProblem | CaseFileProblem)[]): CallError {
  const violations = problems.map((problem): FieldViolation => {
    const { path, line, column, message } = problem;
    const file = 'file' in problem ? problem.file : undefined;
    const place = line > 0 ? `${line}:${column}: ` : '';
    const where = path === '' ? '' : `${path}: `;
    const mayName = file !== undefined || path.startsWith('lists');
    const cause = mayName ? message.replace(QUOTED, '`...`') : message;
    return {
      field: file === undefined ? 'text' : 'cases',
      reason: 'POLICY_PROBLEM',
      description: `${file === undefined ? '' : `${file}: `}${place}${where}${cause}`,
    };
  });
  return new CallError('POLICY_INVALID', undefined, { violations });
}
