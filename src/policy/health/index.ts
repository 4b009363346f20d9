/** How each rule of a policy did. Pure. */
export { type AssessedCase, type KnownOutcome, type RuleHealth, RuleHealthTally } from './rule-health.js';
export type { RuleKind } from './without-rule.js';
