/** The cases that say what policies must decide: read, run, report. */
export { type CheckRevisionOptions, checkRevision } from '../check-revision.js';
export { CASE_SCHEMA } from './case-schema.js';
export { formatCaseReport } from './format-report.js';
export { type CaseFileResult, readCases } from './read-cases.js';
export {
  type CaseOutcome,
  type CaseReport,
  type CaseResult,
  type NamedCaseFile,
  type RunCasesOptions,
  runCases,
} from './run-cases.js';
