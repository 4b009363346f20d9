/** Assessments as recorded: find, read, replay. */
export {
  type AccountIndex,
  type AssessmentFilter,
  type AssessmentPage,
  type AssessmentQuery,
  findAssessments,
  firstSince,
  MAX_SCANNED_ENTRIES,
} from './find-assessments.js';
export { PolicyHistory } from './policy-history.js';
export {
  type AuditedEntry,
  type EntrySource,
  getAssessment,
  type RecordedAssessment,
  readAssessment,
} from './recorded-assessment.js';
export {
  type Engine,
  type ReplayDifference,
  type ReplayParts,
  type ReplayResult,
  replayAssessment,
} from './replay.js';
export { SLICE_MS, type Slices, slicesOfOwn } from './slices.js';
