import { EVENT_EFFECTS, opensExposure, RESET_SIGNALS } from '../../../src/decision/event-effects.js';
import type {
  MailboxLink,
  MailboxView,
  ProviderEventRecord,
  SignalFactor,
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
  readonly openedAt: UnixMs;
  /** Not open any more from here on. */
  readonly openUntil: UnixMs;
  /** Neither open nor half open any more from here on. */
  readonly readableUntil: UnixMs;
  /** Counts before this. */
  readonly activeUntil: UnixMs;
  /** What happened inside it counts before this. */
  readonly insideUntil: UnixMs;
  /** Ages from here on, if it has not ended before. */
  readonly agesFrom: UnixMs;
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
export function standingEvents(input: AssessmentInput, policy: CompiledPolicy): readonly EventMatch[] {
  const { mailboxes } = input;
  if (mailboxes.every((view) => view.records.length === 0)) return NO_EVENTS;
  const retracted = retractedEvents(mailboxes);
  const events: EventMatch[] = [];
  for (const [mailbox, view] of mailboxes.entries()) {
    for (const { form, record } of view.records) {
      for (const event of record.events) {
        if (retracted?.has(retractionKey(event))) continue;
        const { timeIs, occurredAt } = event;
        const from = timeIs === 'DISCOVERED' ? occurredAt - policy.exposure.lookBack : occurredAt;
        const about = { link: view.link, alias: undefined, from, isReport: false, openedAt: occurredAt };
        if (EVENT_EFFECTS[event.type].adverse && lastMomentOfUse(about, input, policy) < from) continue;
        events.push({
          id: event.id,
          at: event.occurredAt,
          latest: event.occurredAt,
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
  const { lookBack } = policy.exposure;
  for (const event of events) {
    if (!opensExposure(event.record)) continue;
    const { type, occurredAt, issuedAt, receivedAt, timeIs } = event.record;
    const opening: Opening = {
      id: event.id,
      link: input.mailboxes[event.mailbox]?.link,
      alias: undefined,
      isReport: false,
      event,
      from: timeIs === 'DISCOVERED' ? occurredAt - lookBack : occurredAt,
      openedAt: occurredAt,
      saidAt: Math.max(occurredAt, issuedAt, receivedAt),
      isRecycled: type === 'IDENTIFIER_RECYCLED',
    };
    const ends = events.filter((other) => other.mailbox === event.mailbox && mayEnd(other, event));
    pushExposure(exposures, opening, ends, input, policy);
  }
  for (const report of reports) {
    for (const mailbox of reportedMailboxes(input.mailboxes, report.mailbox)) {
      const opening: Opening = {
        id: report.id,
        link: input.mailboxes[mailbox]?.link,
        alias: report.mailbox,
        isReport: true,
        event: undefined,
        from: report.occurredAt - lookBack,
        openedAt: report.occurredAt,
        saidAt: Math.max(report.occurredAt, report.receivedAt),
        isRecycled: false,
      };
      const ends = events.filter((other) => {
        const closesAll = EVENT_EFFECTS[other.record.type].closes === 'any';
        return other.mailbox === mailbox && closesAll && other.solid && other.at > report.occurredAt;
      });
      pushExposure(exposures, opening, ends, input, policy);
    }
  }
  return exposures.length === 0 ? NO_EXPOSURES : exposures;
}

interface Opening {
  readonly id: string;
  readonly link: MailboxLink | undefined;
  readonly alias: Pseudonym | undefined;
  readonly isReport: boolean;
  readonly event: EventMatch | undefined;
  readonly from: UnixMs;
  readonly openedAt: UnixMs;
  readonly saidAt: UnixMs;
  readonly isRecycled: boolean;
}

/**
 * Whether one event of a mailbox ends what another opened: it strictly postdates it, since on a tie compromise wins. What
 * came under a guessed alias clears only what came under one.
 */
function mayEnd(other: EventMatch, opening: EventMatch): boolean {
  if (other.at <= opening.at || (opening.solid && !other.solid)) return false;
  const { closes } = EVENT_EFFECTS[other.record.type];
  return closes === 'any' || (closes === 'sameProvider' && other.provider === opening.provider);
}

/** @param ends all events that end the exposure, in full or in part */
function pushExposure(
  exposures: Exposure[],
  opening: Opening,
  ends: readonly EventMatch[],
  input: AssessmentInput,
  policy: CompiledPolicy,
): void {
  const { id, link, alias, event, from, openedAt, saidAt, isRecycled } = opening;
  const { keepAfter, halfOpen, untilClosed = false } = policy.exposure;
  const left = lastMomentOfUse(opening, input, policy);
  if (left < from) return;
  const healing = untilClosed && isRecycled ? [] : ends;
  const isHalf = (end: EventMatch): boolean =>
    halfOpen !== undefined && EVENT_EFFECTS[end.record.type].leavesHalfOpen;
  const full = Math.min(left, ...healing.filter((end) => !isHalf(end)).map(({ at }) => at));
  const half = Math.min(...healing.filter(isHalf).map(({ at }) => at));
  let openUntil = Math.min(full, half);
  let readableUntil = Math.min(full, Math.max(half, saidAt) + (halfOpen ?? 0));
  let activeUntil = readableUntil + keepAfter;
  if (!untilClosed && readableUntil === Number.POSITIVE_INFINITY) {
    openUntil = openedAt + keepAfter;
    readableUntil = openUntil;
    activeUntil = openUntil;
  }
  const resetInside = input.account.signals.some((signal) => {
    if (signal.occurredAt < from || signal.occurredAt > readableUntil) return false;
    if (untilClosed && signal.type === 'EMAIL_CHANGED') return true;
    return RESET_SIGNALS.includes(signal.type) && isThrough(signal, { link, alias });
  });
  exposures.push({
    id,
    link,
    alias,
    from,
    openedAt,
    openUntil,
    readableUntil,
    activeUntil,
    insideUntil: untilClosed ? Number.POSITIVE_INFINITY : activeUntil,
    agesFrom: untilClosed && !isRecycled ? saidAt + keepAfter : Number.POSITIVE_INFINITY,
    confidence: event?.confidence ?? 1,
    solid: event?.solid ?? true,
    provider: event?.provider,
    resetInside,
  });
}

/** The last moment at which the account used the mailbox of an exposure: a millisecond before it left it for good. */
function lastMomentOfUse(
  opening: Pick<Opening, 'link' | 'alias' | 'from' | 'isReport' | 'openedAt'>,
  input: AssessmentInput,
  policy: CompiledPolicy,
): UnixMs {
  const { signals } = input.account;
  const { link, alias, from, isReport, openedAt } = opening;
  const isIt = (other: Pseudonym): boolean =>
    link === undefined ? alias === other : linkHasAlias(link, other);
  const isUnnamedReport = isReport && alias === undefined;
  const changes = signals.filter(({ type, mailbox }) => type === 'EMAIL_CHANGED' && mailbox !== undefined);
  let last = Number.POSITIVE_INFINITY;
  for (const change of changes) {
    const { mailbox = '', occurredAt } = change;
    if (!isConfirmedByOldFactor(change, from, signals, policy)) continue;
    if (isUnnamedReport && occurredAt < openedAt) continue;
    const isArrival = isUnnamedReport && isIt(mailbox);
    if (!isArrival) {
      if (isIt(mailbox)) continue;
      if (input.request.mailbox !== undefined && isIt(input.request.mailbox)) continue;
      if (changes.some((back) => isIt(back.mailbox ?? '') && back.occurredAt >= occurredAt)) continue;
    }
    last = Math.min(last, occurredAt - 1);
  }
  return last;
}

function isConfirmedByOldFactor(
  { factor, occurredAt }: SignalRecord,
  from: UnixMs,
  signals: readonly SignalRecord[],
  { stepUp, simTrouble }: CompiledPolicy,
): boolean {
  if (factor?.enrolledAt === undefined || factor.channel === 'EMAIL') return false;
  if (!stepUp.channels.includes(factor.channel)) return false;
  if (factor.verifiedAt !== undefined && Math.abs(occurredAt - factor.verifiedAt) > stepUp.verifiedWithin) {
    return false;
  }
  const isPhone = factor.channel === 'SMS' || factor.channel === 'VOICE';
  const margin = stepUp.factorMargin ?? 0;
  if (factor.enrolledAt + margin >= from) return false;
  return !signals.some((other) => {
    if (other.occurredAt > occurredAt) return false;
    if (isPhone && simTrouble.types.includes(other.type)) {
      return occurredAt - other.occurredAt < simTrouble.window;
    }
    return isAboutFactor(other, factor) && other.occurredAt + margin >= from;
  });
}

function isAboutFactor({ type, factor }: SignalRecord, asked: SignalFactor): boolean {
  if (!type.startsWith('MFA_') || factor === undefined) return false;
  if (factor.id !== undefined && asked.id !== undefined) return factor.id === asked.id;
  return factor.channel === asked.channel;
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
 * account's, we do not know which. Each of them may have been it (I7). A change of the e-mail address names the mailbox
 * that it leads to, not the one that it came from.
 */
export function happenedInside(
  signal: SignalRecord,
  exposure: Exposure,
  part: 'named' | 'halfOpen',
  policy: CompiledPolicy,
): boolean {
  const { occurredAt, type } = signal;
  const isIn =
    part === 'named'
      ? occurredAt >= exposure.from && occurredAt <= exposure.openUntil
      : occurredAt > exposure.openUntil && occurredAt <= exposure.readableUntil;
  if (!isIn) return false;
  return (policy.exposure.untilClosed === true && type === 'EMAIL_CHANGED') || isThrough(signal, exposure);
}

function isThrough({ mailbox }: SignalRecord, { link, alias }: Pick<Exposure, 'link' | 'alias'>): boolean {
  if (mailbox === undefined) return true;
  if (link !== undefined) return linkHasAlias(link, mailbox);
  return alias === undefined || alias === mailbox;
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
