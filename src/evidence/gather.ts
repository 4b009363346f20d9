import { withKnownBefore } from '../decision/destinations.js';
import { opensExposure } from '../decision/event-effects.js';
import type {
  AccountRecord,
  CohortRecord,
  FeedView,
  LedgerRecord,
  MailboxLink,
  MailboxView,
  SignalRecord,
  UseRecord,
} from '../decision/evidence.js';
import type { AssessmentInput, RequestFacts } from '../decision/input.js';
import { linkHasAlias } from '../decision/mailbox-names.js';
import type { DurationMs, UnixMs } from '../decision/vocabulary.js';
import { LEDGER_RETENTION_MS, LINK_USE_MS } from './bounds.js';
import { evolveAccount } from './evolve-account.js';
import { settledHold } from './evolve-holds.js';
import { ledgerOf } from './evolve-ledger.js';
import { moveOn, settledSpend } from './evolve-spends.js';
import { isBalanceCurrent, isUseCurrent, tagsOfRequest } from './evolve-uses.js';
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
  /** With the hold and the release of the withdrawal, however old. */
  ledger(tenant: string, accountId: string, withdrawal: string): LedgerRecord;
  mailboxView(link: MailboxLink, now: UnixMs): MailboxView;
  cohortsFor(domains: readonly string[], now: UnixMs): readonly CohortRecord[];
  /** Undefined: destinations always were read as places. */
  placesReadSince(now: UnixMs): UnixMs | undefined;
}

/**
 * Everything a decision sees: the account's evidence with what the request itself brings, and without what is
 * forgotten. Stores nothing: what the request brings becomes evidence with the entry that records the answer.
 */
export function gatherInput(gather: GatherRequest, source: EvidenceSource): AssessmentInput {
  const { now, tenant } = gather;
  const { accountId, withdrawal } = gather.request;
  const known = presentAccount(gather, source.account(tenant, accountId));
  const links: MailboxLink[] = [];
  const mailboxes: MailboxView[] = [];
  const domains: string[] = [];
  for (const link of known.mailboxes) {
    const view = source.mailboxView(link, now);
    if (link.lastUsedAt < now - LINK_USE_MS && !isNamed(view, known.signals)) continue;
    links.push(link);
    mailboxes.push(view);
    domains.push(link.domain);
  }
  const account = links.length === known.mailboxes.length ? known : { ...known, mailboxes: links };
  const ledger = presentLedger(source.ledger(tenant, accountId, withdrawal), gather.request, now);
  return {
    now,
    // While two times are possible, what goes on for a time has ended by the later one.
    request: withKnownBefore(gather.request, source.placesReadSince(now), now + (gather.clockLead ?? 0)),
    account,
    ledger,
    mailboxes,
    cohorts: source.cohortsFor(domains, now),
    feeds: gather.feeds(links),
    behind: gather.behind,
    ...(gather.clockLead === undefined ? {} : { clockLead: gather.clockLead }),
  };
}

/** A provider named the mailbox, or the customer reported it or did not say which. Then it counts long after its use. */
function isNamed({ link, records }: MailboxView, signals: readonly SignalRecord[]): boolean {
  if (records.some(({ record }) => record.events.some(opensExposure))) return true;
  return signals.some(({ type, mailbox }) => {
    if (type !== 'EMAIL_REPORTED_COMPROMISED') return false;
    return mailbox === undefined || linkHasAlias(link, mailbox);
  });
}

function presentAccount(gather: GatherRequest, stored: AccountRecord): AccountRecord {
  let account = stored;
  for (const { signal, link } of gather.inlineSignals) account = evolveAccount(account, signal, link);
  if (gather.link !== undefined) account = evolveAccount(account, undefined, gather.link);
  return currentAccount(account, gather.now);
}

/**
 * The withdrawals and balances that still count, and of holds, releases and first uses those of what is asked. The
 * same object if that is all of it.
 */
function presentLedger(ledger: LedgerRecord, request: RequestFacts, now: UnixMs): LedgerRecord {
  const since = now - LEDGER_RETENTION_MS;
  const { withdrawal } = request;
  const moved = moveOn(ledger, now);
  const spends = settled(moved.spends, (spend) => settledSpend(spend, now));
  const holds = kept(
    settled(ledger.holds, (hold) => settledHold(hold, now)),
    (hold) => hold.withdrawal === withdrawal && hold.firstHeldAt >= since,
  );
  const releases = kept(
    ledger.releases,
    (release) => release.withdrawal === withdrawal && release.releasedAt >= since,
  );
  const balances = ledger.balances && kept(ledger.balances, (balance) => isBalanceCurrent(balance, now));
  const uses = ledger.uses && usesOf(ledger.uses, request, now);
  if (
    moved === ledger &&
    spends === ledger.spends &&
    holds === ledger.holds &&
    releases === ledger.releases &&
    balances === ledger.balances &&
    uses === ledger.uses
  ) {
    return ledger;
  }
  return ledgerOf({ spends, outflows: moved.outflows, holds, releases, balances, uses });
}

function usesOf(uses: readonly UseRecord[], request: RequestFacts, now: UnixMs): readonly UseRecord[] {
  const tags = tagsOfRequest(request);
  return kept(uses, (use) => tags.includes(use.tag) && isUseCurrent(use, now));
}

/** Each at its one time; the same list where none has another. */
function settled<T extends { readonly leadMs?: DurationMs }>(
  list: readonly T[],
  settle: (one: T) => T,
): readonly T[] {
  return list.every(({ leadMs }) => leadMs === undefined) ? list : list.map(settle);
}

/** The same list if all of it is kept. */
function kept<T>(list: readonly T[], isKept: (one: T) => boolean): readonly T[] {
  return list.every(isKept) ? list : list.filter(isKept);
}
