import { EVENT_EFFECTS, opensExposure, RESET_SIGNALS } from '../../../src/decision/event-effects.js';
import type {
  MailboxLink,
  MailboxView,
  ProviderEventRecord,
  SignalRecord,
} from '../../../src/decision/evidence.js';
import type { AssessmentInput } from '../../../src/decision/input.js';
import type { Match } from '../../../src/decision/match.js';
import type { CompiledPolicy } from '../../../src/decision/policy-model.js';
import type { Pseudonym, UnixMs } from '../../../src/decision/vocabulary.js';

/** A time in which somebody else could read a mailbox, as a provider named it or the customer reported it. */
export interface Exposure {
  readonly id: string;
  /** The mailbox, if it is one of the account's. */
  readonly link: MailboxLink | undefined;
  /** The mailbox as a report named it; absent if it named none. */
  readonly alias: Pseudonym | undefined;
  readonly from: UnixMs;
  /** Closed from here on. An exposure that nobody closes ends `keepAfter` after it was opened. */
  readonly openUntil: UnixMs;
  /** A closed exposure still counts, for resets inside it, before this. */
  readonly activeUntil: UnixMs;
  readonly confidence: number;
  /** False: the event came under a guessed alias. */
  readonly solid: boolean;
  readonly provider: string | undefined;
  /** A reset through the mailbox happened inside it. */
  readonly resetInside: boolean;
}

/** A provider event that nobody took back, with where it was found. */
export interface EventMatch extends Match {
  readonly record: ProviderEventRecord;
  /** Index into the input's mailboxes. */
  readonly mailbox: number;
}

const NO_EVENTS: readonly EventMatch[] = [];
const NO_EXPOSURES: readonly Exposure[] = [];

/** All provider events about the account's mailboxes that stand. */
export function standingEvents(mailboxes: readonly MailboxView[]): readonly EventMatch[] {
  if (mailboxes.every((view) => view.records.length === 0)) return NO_EVENTS;
  const retracted = retractedEvents(mailboxes);
  const events: EventMatch[] = [];
  for (const [mailbox, view] of mailboxes.entries()) {
    for (const { form, record } of view.records) {
      for (const event of record.events) {
        if (retracted?.has(retractionKey(event))) continue;
        events.push({
          id: event.id,
          at: event.occurredAt,
          until: event.occurredAt,
          activeFrom: Number.NEGATIVE_INFINITY,
          activeUntil: Number.POSITIVE_INFINITY,
          confidence: event.confidence,
          solid: form !== 'guessed',
          provider: event.provider,
          record: event,
          mailbox,
        });
      }
    }
  }
  return events;
}

/** Only the provider that said it may take it back, so its name is part of the key. */
function retractionKey(said: { readonly provider: string; readonly id: string }): string {
  return `${said.provider}\n${said.id}`;
}

function retractedEvents(mailboxes: readonly MailboxView[]): ReadonlySet<string> | undefined {
  let keys: Set<string> | undefined;
  for (const view of mailboxes) {
    for (const { record } of view.records) {
      for (const retraction of record.retractions) {
        keys ??= new Set();
        keys.add(retractionKey(retraction));
      }
    }
  }
  return keys;
}

/** Exposures that providers named or the customer reported, whether still active or not. */
export function exposuresOf(
  input: AssessmentInput,
  policy: CompiledPolicy,
  events: readonly EventMatch[],
  reports: readonly SignalRecord[],
): readonly Exposure[] {
  const exposures: Exposure[] = [];
  const clearings = clearingsByMailbox(events);
  const resets = input.account.signals.filter(({ type }) => RESET_SIGNALS.includes(type));
  for (const event of events) {
    if (!opensExposure(event.record)) continue;
    const { occurredAt, timeIs } = event.record;
    const from = timeIs === 'DISCOVERED' ? occurredAt - policy.exposure.lookBack : occurredAt;
    const opened = { id: event.id, link: input.mailboxes[event.mailbox]?.link, alias: undefined };
    exposures.push(
      finish(
        resets,
        policy,
        { ...opened, event, from, openedAt: occurredAt },
        closedAt(event, clearings.get(event.mailbox) ?? NO_EVENTS),
      ),
    );
  }
  for (const report of reports) {
    const from = report.occurredAt - policy.exposure.lookBack;
    const targets = reportedMailboxes(input.mailboxes, report.mailbox);
    for (const mailbox of targets) {
      const opened = { id: report.id, link: input.mailboxes[mailbox]?.link, alias: report.mailbox };
      const opening = { ...opened, event: undefined, from, openedAt: report.occurredAt };
      exposures.push(
        finish(resets, policy, opening, reportClosedAt(report, clearings.get(mailbox) ?? NO_EVENTS)),
      );
    }
  }
  return exposures.length === 0 ? NO_EXPOSURES : exposures;
}

interface Opening {
  readonly id: string;
  readonly link: MailboxLink | undefined;
  readonly alias: Pseudonym | undefined;
  readonly event: EventMatch | undefined;
  readonly from: UnixMs;
  readonly openedAt: UnixMs;
}

function finish(
  resets: readonly SignalRecord[],
  policy: CompiledPolicy,
  opening: Opening,
  closed: UnixMs | undefined,
): Exposure {
  const { id, link, alias, event, from, openedAt } = opening;
  const { keepAfter } = policy.exposure;
  const openUntil = closed ?? openedAt + keepAfter;
  const exposure = {
    id,
    link,
    alias,
    from,
    openUntil,
    activeUntil: closed === undefined ? openUntil : closed + keepAfter,
    confidence: event?.confidence ?? 1,
    solid: event?.solid ?? true,
    provider: event?.provider,
    resetInside: false,
  };
  return resets.some((reset) => happenedInside(reset, exposure))
    ? { ...exposure, resetInside: true }
    : exposure;
}

/** The events that may close an exposure, apart: mailboxes may have hundreds of openings and of other events. */
function clearingsByMailbox(events: readonly EventMatch[]): ReadonlyMap<number, readonly EventMatch[]> {
  const clearings = new Map<number, EventMatch[]>();
  for (const event of events) {
    if (EVENT_EFFECTS[event.record.type].closes === 'nothing') continue;
    const ofMailbox = clearings.get(event.mailbox);
    if (ofMailbox === undefined) clearings.set(event.mailbox, [event]);
    else ofMailbox.push(event);
  }
  return clearings;
}

/**
 * The earliest clearing of the mailbox that strictly postdates the opening: on a tie compromise wins. What came under a
 * guessed alias clears only what came under one.
 */
function closedAt(opening: EventMatch, clearings: readonly EventMatch[]): UnixMs | undefined {
  let closed: UnixMs | undefined;
  for (const event of clearings) {
    if (event.at <= opening.at) continue;
    const { closes } = EVENT_EFFECTS[event.record.type];
    if (closes === 'sameProvider' && event.provider !== opening.provider) continue;
    if (opening.solid && !event.solid) continue;
    if (closed === undefined || event.at < closed) closed = event.at;
  }
  return closed;
}

/** A customer's report is no provider's to clear, except by securing the mailbox. */
function reportClosedAt(report: SignalRecord, clearings: readonly EventMatch[]): UnixMs | undefined {
  let closed: UnixMs | undefined;
  for (const event of clearings) {
    if (EVENT_EFFECTS[event.record.type].closes !== 'any' || !event.solid) continue;
    if (event.at > report.occurredAt && (closed === undefined || event.at < closed)) closed = event.at;
  }
  return closed;
}

/** A report that names a mailbox we do not know, or an account without any, still tells of trouble: one index beyond. */
function reportedMailboxes(
  mailboxes: readonly MailboxView[],
  alias: Pseudonym | undefined,
): readonly number[] {
  const indices: number[] = [];
  for (const [index, view] of mailboxes.entries()) {
    if (alias === undefined || linkHasAlias(view.link, alias)) indices.push(index);
  }
  return indices.length > 0 ? indices : [mailboxes.length];
}

/** Whether the alias names the mailbox, under whichever key. */
export function linkHasAlias(link: MailboxLink, alias: Pseudonym): boolean {
  return link.alias === alias || link.aliases.some((entry) => entry.alias === alias);
}

/**
 * Whether the signal's mailbox was exposed when the signal happened. A signal that names no mailbox went to one of the
 * account's, we do not know which. Each of them may have been it (I7).
 */
export function happenedInside(signal: SignalRecord, exposure: Exposure): boolean {
  if (signal.occurredAt < exposure.from || signal.occurredAt > exposure.openUntil) return false;
  if (signal.mailbox === undefined) return true;
  if (exposure.link !== undefined) return linkHasAlias(exposure.link, signal.mailbox);
  return exposure.alias === undefined || exposure.alias === signal.mailbox;
}

/** An app password that its owner may well have made himself is watched: when, and until when. */
export function watchesOf(events: readonly EventMatch[], policy: CompiledPolicy): readonly Match[] {
  const watches: Match[] = [];
  const closings = events.filter(({ record }) => EVENT_EFFECTS[record.type].closesWatch);
  for (const event of events) {
    if (event.record.type !== 'APP_PASSWORD_CREATED' || event.record.unauthorised) continue;
    let activeUntil = event.at + policy.exposure.watch;
    for (const other of closings) {
      if (other.mailbox !== event.mailbox) continue;
      if (event.solid && !other.solid) continue;
      if (other.at > event.at && other.at < activeUntil) activeUntil = other.at;
    }
    watches.push({ ...event, activeUntil });
  }
  return watches;
}
