import type { LedgerRecord, ReleaseRecord } from '../decision/evidence.js';
import type { RequestFacts } from '../decision/input.js';
import type { Decision, DurationMs, UnixMs } from '../decision/vocabulary.js';
import { evolveHolds, evolveReleases } from './evolve-holds.js';
import { evolveOutcome, type ReportedWithdrawal } from './evolve-outcome.js';
import { evolveSpends, moveOn } from './evolve-spends.js';
import { evolveBalances, evolveUses } from './evolve-uses.js';

/** An account that asked for nothing yet. */
export const EMPTY_LEDGER: LedgerRecord = { spends: [], holds: [], releases: [] };

/** One answer, as the ledger sees it. */
export interface Answer {
  readonly kind: 'answer';
  /** What was asked. */
  readonly request: RequestFacts;
  /** The time of the decision. */
  readonly at: UnixMs;
  /** The clock was not confirmed: it may have been so much later. */
  readonly leadMs?: DurationMs;
  readonly decision: Decision;
  readonly degraded: boolean;
}

export type LedgerChange =
  | Answer
  | { readonly kind: 'release'; readonly release: ReleaseRecord }
  | { readonly kind: 'outcome'; readonly reported: ReportedWithdrawal };

/**
 * An account's ledger after one more answer, release or report of what became of a withdrawal. It is outside I2: the
 * latest answer to a withdrawal counts, and which that is follows from the order of the log.
 */
export function evolveLedger(record: LedgerRecord, change: LedgerChange): LedgerRecord {
  switch (change.kind) {
    case 'answer': {
      const balances = evolveBalances(record.balances, change);
      return ledgerOf({
        ...evolveSpends(moveOn(record, change.at), change, balances),
        holds: evolveHolds(record.holds, change),
        releases: record.releases,
        balances,
        uses: evolveUses(record.uses, change),
      });
    }
    case 'release':
      return { ...record, releases: evolveReleases(record.releases, change.release) };
    case 'outcome':
      return ledgerOf(evolveOutcome(record, change.reported));
    default:
      return change satisfies never;
  }
}

/** Leaves out the lists that hold nothing and may be absent. */
export function ledgerOf(lists: {
  readonly spends: LedgerRecord['spends'];
  readonly holds: LedgerRecord['holds'];
  readonly releases: LedgerRecord['releases'];
  readonly outflows?: LedgerRecord['outflows'] | undefined;
  readonly balances?: LedgerRecord['balances'] | undefined;
  readonly uses?: LedgerRecord['uses'] | undefined;
}): LedgerRecord {
  const { spends, holds, releases, outflows, balances, uses } = lists;
  const ledger: { -readonly [Key in keyof LedgerRecord]: LedgerRecord[Key] } = { spends, holds, releases };
  if (outflows !== undefined && outflows.length > 0) ledger.outflows = outflows;
  if (balances !== undefined && balances.length > 0) ledger.balances = balances;
  if (uses !== undefined && uses.length > 0) ledger.uses = uses;
  return ledger;
}
