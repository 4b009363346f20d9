/** Policies as text: read and compile them, and run the cases that say what they must decide. */
export type { ListPseudonyms } from './list-pseudonyms.js';
export type { ConditionDocument, PolicyDocument } from './policy-document.js';
export { type DocumentPath, formatProblem, type PolicyProblem } from './policy-problem.js';
export { type PolicyContext, type PolicyResult, readPolicy } from './read-policy.js';
export { POLICY_SCHEMA } from './schema/policy-schema.js';
export { canonicalText, policyHash } from './text/canonical-text.js';
