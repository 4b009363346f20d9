/** What is known per account, mailbox, cohort and feed, and how it becomes known, is looked up and forgotten. */
export type { AppliedStamp } from './apply-body.js';
export * as evidenceBounds from './bounds.js';
export {
  EvidenceView,
  type EvidenceViewOptions,
  type FollowedEntry,
} from './evidence-view.js';
export { EMPTY_ACCOUNT, evolveAccount } from './evolve-account.js';
export {
  type CohortVersion,
  type CohortVersions,
  evolveCohort,
  retractVersion,
  standingCohort,
} from './evolve-cohort.js';
export { type Answer, EMPTY_LEDGER, evolveLedger, type LedgerChange } from './evolve-ledger.js';
export { EMPTY_MAILBOX, evolveMailbox, type MailboxNews } from './evolve-mailbox.js';
export type { ReportedWithdrawal } from './evolve-outcome.js';
export { canCount, currentAccount, currentMailbox, isCohortCurrent, signalRetention } from './forget.js';
export { type EvidenceSource, type GatherRequest, gatherInput, type InlineSignal } from './gather.js';
export type { GovernorUse } from './governor-scope.js';
export type { GovernorTable } from './governor-table.js';
export { HOLD_STATES, type HoldPage, type HoldState, type HoldTable, holdState } from './hold-table.js';
export type { Quarantine } from './quarantine.js';
export type { StoredRecord } from './record-table.js';
export type { UnnamedMailboxes } from './unnamed-mailboxes.js';
