import type {
  AccountRecord,
  CohortRecord,
  FeedView,
  HeldRecord,
  LedgerRecord,
  MailboxLink,
  MailboxView,
  SignalRecord,
} from '../decision/evidence.js';
import type { AssessmentInput, RequestFacts } from '../decision/input.js';
import type { DurationMs, UnixMs } from '../decision/vocabulary.js';
import { LEDGER_RETENTION_MS } from './bounds.js';
import { evolveAccount } from './evolve-account.js';
import { isSpendCurrent, settledHold, settledSpend } from './evolve-ledger.js';
import { currentAccount } from './forget.js';

/** A signal that came with the request. */
export interface InlineSignal {
  readonly signal: SignalRecord;
  /** The mailbox of its e-mail, if it named one. */
  readonly link: MailboxLink | undefined;
}

export interface GatherRequest {
  readonly now: UnixMs;
  readonly tenant: string;
  readonly request: RequestFacts;
  /** The mailbox of the request's e-mail, if it named one. */
  readonly link: MailboxLink | undefined;
  readonly inlineSignals: readonly InlineSignal[];
  /** Freshness of the feeds that cover these mailboxes. */
  readonly feeds: (links: readonly MailboxLink[]) => readonly FeedView[];
  /** The state is behind what the caller asked for. */
  readonly behind: boolean;
  /** Absent: the clock is confirmed. See `AssessmentInput`. */
  readonly clockLead?: DurationMs;
}

/** What gathering needs of the view. */
export interface EvidenceSource {
  account(tenant: string, accountId: string): AccountRecord;
  ledger(tenant: string, accountId: string): LedgerRecord;
  mailboxView(link: MailboxLink, now: UnixMs): MailboxView;
  cohortsFor(domains: readonly string[], now: UnixMs): readonly CohortRecord[];
}

/**
 * Everything a decision sees: the account's evidence with what the request itself brings, and without what is
 * forgotten. Stores nothing: what the request brings becomes evidence with the entry that records the answer.
 */
export function gatherInput(gather: GatherRequest, source: EvidenceSource): AssessmentInput {
  const { now, tenant, request } = gather;
  const account = presentAccount(gather, source.account(tenant, request.accountId));
  const links = account.mailboxes;
  const mailboxes: MailboxView[] = [];
  const domains: string[] = [];
  for (const link of links) {
    mailboxes.push(source.mailboxView(link, now));
    domains.push(link.domain);
  }
  return {
    now,
    request,
    account,
    ledger: presentLedger(source.ledger(tenant, request.accountId), request.withdrawal, now),
    mailboxes,
    cohorts: source.cohortsFor(domains, now),
    feeds: gather.feeds(links),
    behind: gather.behind,
    ...(gather.clockLead === undefined ? {} : { clockLead: gather.clockLead }),
  };
}

function presentAccount(gather: GatherRequest, stored: AccountRecord): AccountRecord {
  let account = stored;
  for (const { signal, link } of gather.inlineSignals) account = evolveAccount(account, signal, link);
  if (gather.link !== undefined) account = evolveAccount(account, undefined, gather.link);
  return currentAccount(account, gather.now);
}

/** The withdrawals of the last day, and of holds and releases those of the present withdrawal. */
function presentLedger(ledger: LedgerRecord, withdrawal: string, now: UnixMs): LedgerRecord {
  const since = now - LEDGER_RETENTION_MS;
  const spends = ledger.spends.every((spend) => isSpendCurrent(spend, now) && spend.leadMs === undefined)
    ? ledger.spends
    : ledger.spends.filter((spend) => isSpendCurrent(spend, now)).map((spend) => settledSpend(spend, now));
  const holds = ledger.holds.every(
    (hold) => isPresentHold(hold, withdrawal, since) && hold.leadMs === undefined,
  )
    ? ledger.holds
    : ledger.holds
        .map((hold) => settledHold(hold, now))
        .filter((hold) => isPresentHold(hold, withdrawal, since));
  const releases = ledger.releases.every(
    (entry) => entry.withdrawal === withdrawal && entry.releasedAt >= since,
  )
    ? ledger.releases
    : ledger.releases.filter((entry) => entry.withdrawal === withdrawal && entry.releasedAt >= since);
  if (spends === ledger.spends && holds === ledger.holds && releases === ledger.releases) return ledger;
  return { spends, holds, releases };
}

function isPresentHold(hold: HeldRecord, withdrawal: string, since: UnixMs): boolean {
  return hold.withdrawal === withdrawal && hold.firstHeldAt >= since;
}
