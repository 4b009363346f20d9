/** What a policy would have done to the assessments of a log. */
export { type EntryHead, entryHead } from './entry-head.js';
export {
  type HistoryFilter,
  planReplay,
  type RawEntries,
  SimulationCancelledError,
} from './replay-plan.js';
export { itemsOf, readSlice, SLICE_ITEMS } from './replay-slice.js';
export { type PolicyParcel, parcelOf, type ReplayFindings } from './replay-task.js';
export { type HistoryRequest, simulateHistory } from './simulate-history.js';
