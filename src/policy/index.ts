/** Policies as text: read and compile them, and keep the live one. Cases and health have doors of their own: a start needs neither. */
export type { CaseIdentity } from './cases/build-input.js';
export type { CaseDocument, CaseFileDocument } from './cases/case-document.js';
export type { CaseFailure, CaseFileProblem, CaseText, RevisionCaseReport } from './cases/revision-cases.js';
export type { RevisionCheck } from './check-revision.js';
export type { ListPseudonyms } from './list-pseudonyms.js';
export {
  LivePolicy,
  type LivePolicyPorts,
  type LiveRevision,
  type NewRevision,
  PolicyRefusedError,
  type RevisionName,
} from './live-policy.js';
export type { ConditionDocument, PolicyDocument } from './policy-document.js';
export { PolicyFile, type PolicyFileListener } from './policy-file.js';
export { type DocumentPath, formatProblem, type PolicyProblem } from './policy-problem.js';
export {
  compilePolicy,
  type ParsedPolicy,
  type PolicyContext,
  type PolicyResult,
  parsePolicy,
  readPolicy,
} from './read-policy.js';
export { POLICY_SCHEMA } from './schema/policy-schema.js';
export { type DecisionFlip, FlipTally } from './shadow/flip-tally.js';
export {
  type Candidate,
  GATHER_MS,
  MAX_SHADOWS,
  type ShadowObserver,
  type ShadowSummary,
  Shadows,
} from './shadow/shadows.js';
export { canonicalText, policyHash } from './text/canonical-text.js';
