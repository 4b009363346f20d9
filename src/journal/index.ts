export { type Clock, type ClockReading, readClock } from './clock.js';
export type { ClockDoubt, ConfirmedBy } from './clock-doubt.js';
export { type CatchUpProgress, type CatchUpResult, Follower } from './follower.js';
export { assessmentId, positionOf } from './ids.js';
export { Journal, readEntry } from './journal.js';
export {
  type Appended,
  type EntryDraft,
  type EntryStamp,
  type JournalEntry,
  JournalError,
  type JournalPort,
  type JournalState,
} from './ports.js';
export { combineProjections, type Projection } from './projection.js';
export { trimLog } from './retention.js';
export { type ClockEvent, SteadyClock } from './steady-clock.js';
