import { type Clearings, firstFrom, NO_CLEARINGS, watchClosedAt } from './clearings.js';
import { EVENT_EFFECTS, eventBit, RESET_SIGNALS } from './event-effects.js';
import type { MailboxLink, MailboxView, ProviderEventRecord, SignalRecord } from './evidence.js';
import type { SignalMatch } from './evidence-index.js';
import { beganAt, openingsOf } from './exposure-openings.js';
import { type ExposureTimes, timesOf } from './exposure-times.js';
import type { AssessmentInput } from './input.js';
import { type Leaving, type LeavingQuestion, leftAt } from './leavings.js';
import { linkHasAlias } from './mailbox-names.js';
import { CrowdMatch, EVER, type Match, NO_MATCHES, PlainMatch } from './match.js';
import type { CompiledPolicy } from './policy-model.js';
import type { Pseudonym, UnixMs } from './vocabulary.js';

/**
 * A time in which somebody else could read a mailbox, as a provider named it or the customer reported it. Its time is its
 * start; it ages from its end or from when one that nobody closes is no longer young.
 */
export class Exposure extends PlainMatch {
  /** When it happened or was discovered; the first of several. */
  readonly openedAt: UnixMs;
  readonly openUntil: UnixMs;
  /** Half open from here on; of several any may be, at any time. */
  readonly halfOpenFrom: UnixMs;
  readonly readableUntil: UnixMs;
  readonly insideUntil: UnixMs;
  readonly agesFrom: UnixMs;
  /** The mailbox, if it is one of the account's. */
  readonly link: MailboxLink | undefined;
  /** The mailbox as a report named it; absent if it named none. */
  readonly alias: Pseudonym | undefined;
  /** A reset through the mailbox happened inside it. */
  readonly resetInside: boolean;
  readonly #latest: UnixMs;

  constructor(
    { id, at: oldest, latest, confidence, solid, provider }: Match,
    times: ExposureTimes,
    link: MailboxLink | undefined,
    alias: Pseudonym | undefined,
    resetInside: boolean,
  ) {
    const { from, readableUntil, activeUntil, agesFrom } = times;
    super(id, from, Math.min(readableUntil, agesFrom), EVER, activeUntil, confidence, solid, provider);
    this.openedAt = oldest;
    this.openUntil = times.openUntil;
    this.halfOpenFrom = latest > oldest ? EVER : times.openUntil;
    this.readableUntil = readableUntil;
    this.insideUntil = times.insideUntil;
    this.agesFrom = agesFrom;
    this.link = link;
    this.alias = alias;
    this.resetInside = resetInside;
    this.#latest = from + (latest - oldest);
  }

  override get latest(): UnixMs {
    return this.#latest;
  }
}

/**
 * A provider event that nobody took back, with where it was found. Reads its record instead of copying it: there may be
 * more than a thousand, and few are asked for more than their type.
 */
export class EventMatch implements Match {
  readonly record: ProviderEventRecord;
  /** Index into the input's mailboxes. */
  readonly mailbox: number;
  /** Of its type. */
  readonly bit: number;
  readonly solid: boolean;

  constructor(record: ProviderEventRecord, mailbox: number, solid: boolean) {
    this.record = record;
    this.mailbox = mailbox;
    this.bit = eventBit(record.type);
    this.solid = solid;
  }

  get id(): string {
    return this.record.id;
  }

  get at(): UnixMs {
    return this.record.since ?? this.record.occurredAt;
  }

  get latest(): UnixMs {
    return this.record.occurredAt;
  }

  get until(): UnixMs {
    return this.record.occurredAt;
  }

  get activeFrom(): UnixMs {
    return Number.NEGATIVE_INFINITY;
  }

  get activeUntil(): UnixMs {
    return Number.POSITIVE_INFINITY;
  }

  get confidence(): number {
    return this.record.confidence;
  }

  get provider(): string {
    return this.record.provider;
  }
}

const NO_EVENTS: readonly EventMatch[] = [];
const NO_EXPOSURES: readonly Exposure[] = [];

/**
 * All provider events about the account's mailboxes that stand, but for adverse ones of after the account left the
 * mailbox.
 */
export function standingEvents(
  input: AssessmentInput,
  policy: CompiledPolicy,
  leavings: readonly Leaving[],
): readonly EventMatch[] {
  const { mailboxes } = input;
  if (mailboxes.every((view) => view.records.length === 0)) return NO_EVENTS;
  const retracted = retractedEvents(mailboxes);
  const events: EventMatch[] = [];
  for (const [mailbox, view] of mailboxes.entries()) {
    for (const { form, record } of view.records) {
      const solid = form !== 'guessed';
      for (const event of record.events) {
        if (retracted?.has(retractionKey(event))) continue;
        if (leavings.length > 0 && EVENT_EFFECTS[event.type].adverse) {
          const from = beganAt(event, policy);
          if (leftAt(leavings, leavingOf(view.link, from), input, policy) <= from) continue;
        }
        events.push(new EventMatch(event, mailbox, solid));
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
  clearings: ReadonlyMap<number, Clearings>,
  reports: readonly SignalMatch[],
  leavings: readonly Leaving[],
): readonly Exposure[] {
  const openings = openingsOf(input, policy, events, clearings, reports);
  if (openings.length === 0) return NO_EXPOSURES;
  const exposures: Exposure[] = [];
  const resets = new ResetTimes(input.account.signals, policy.exposure.untilClosed === true);
  for (const opening of openings) {
    const { match, alias, from, reportedAt } = opening;
    const link = input.mailboxes[opening.mailbox]?.link;
    const question =
      link === undefined
        ? { isIt: (other: Pseudonym) => alias === other, from, reportedAt }
        : leavingOf(link, from, reportedAt);
    const isCrowd = match.latest > match.at;
    // The change by which the mailbox was left is not inside the exposure.
    const left = leftAt(leavings, { ...question, isCrowd }, input, policy) - ONE_MS;
    if (left < from) continue;
    const times = timesOf(opening, left, policy);
    const inside = resets.anyInside(link, alias, from, times.readableUntil);
    exposures.push(new Exposure(match, times, link, alias, inside));
  }
  return exposures.length === 0 ? NO_EXPOSURES : exposures;
}

const ONE_MS = 1;

/** When resets went through each mailbox. */
class ResetTimes {
  readonly #resets: readonly SignalRecord[];
  readonly #crowds: readonly SignalRecord[];
  readonly #byMailbox = new Map<MailboxLink | Pseudonym | undefined, readonly UnixMs[]>();
  readonly #anyChange: boolean;

  /** @param anyChange a change of the e-mail address counts, whatever mailbox it leads to */
  constructor(signals: readonly SignalRecord[], anyChange: boolean) {
    this.#anyChange = anyChange;
    this.#resets = signals.filter(
      ({ type }) => RESET_SIGNALS.includes(type) || (anyChange && type === 'EMAIL_CHANGED'),
    );
    this.#crowds = this.#resets.filter(({ since }) => since !== undefined);
  }

  /** Whether one happened from `from` to `until`, both included. */
  anyInside(
    link: MailboxLink | undefined,
    alias: Pseudonym | undefined,
    from: UnixMs,
    until: UnixMs,
  ): boolean {
    if (firstFrom(this.#through(link, alias), from, false) <= until) return true;
    return this.#crowds.some((crowd) => {
      const { since = until, occurredAt } = crowd;
      return since <= until && occurredAt >= from && this.#wentThrough(crowd, link, alias);
    });
  }

  /** Ascending. */
  #through(link: MailboxLink | undefined, alias: Pseudonym | undefined): readonly UnixMs[] {
    if (this.#resets.length === 0) return NO_TIMES;
    const key = link ?? alias;
    let times = this.#byMailbox.get(key);
    if (times === undefined) {
      const through = this.#resets.filter((signal) => this.#wentThrough(signal, link, alias));
      times = through.map(({ occurredAt }) => occurredAt).sort((a, b) => a - b);
      this.#byMailbox.set(key, times);
    }
    return times;
  }

  #wentThrough(
    { type, mailbox }: SignalRecord,
    link: MailboxLink | undefined,
    alias: Pseudonym | undefined,
  ): boolean {
    return (this.#anyChange && type === 'EMAIL_CHANGED') || wentThrough(mailbox, link, alias);
  }
}

const NO_TIMES: readonly UnixMs[] = [];

/** Whether the account left one of its mailboxes. */
export function leavingOf(link: MailboxLink, from: UnixMs, reportedAt?: UnixMs): LeavingQuestion {
  return { isIt: (alias) => linkHasAlias(link, alias), from, reportedAt };
}

/**
 * Whether what happened to a signal's mailbox happened to this one. A signal that names no mailbox went to one of the
 * account's, we do not know which. Each of them may have been it (I7).
 *
 * @param link the mailbox, if it is one of the account's
 * @param alias the mailbox as a report named it, if it is not
 */
export function wentThrough(
  mailbox: Pseudonym | undefined,
  link: MailboxLink | undefined,
  alias: Pseudonym | undefined,
): boolean {
  if (mailbox === undefined) return true;
  return link === undefined ? alias === undefined || alias === mailbox : linkHasAlias(link, mailbox);
}

/** An app password that its owner may well have made himself is watched: when, and until when. */
export function watchesOf(
  policy: CompiledPolicy,
  events: readonly EventMatch[],
  clearings: ReadonlyMap<number, Clearings>,
): readonly Match[] {
  let watches: Match[] | undefined;
  for (const event of events) {
    if ((event.bit & APP_PASSWORD_CREATED) === 0 || event.record.unauthorised) continue;
    const closed = watchClosedAt(event, clearings.get(event.mailbox) ?? NO_CLEARINGS);
    const { id, at, latest, confidence, solid, provider } = event;
    watches ??= [];
    const activeUntil = Math.min(latest + policy.exposure.watch, closed);
    const watch = new PlainMatch(id, at, latest, EVER, activeUntil, confidence, solid, provider);
    watches.push(at === latest ? watch : new CrowdMatch(watch, latest));
  }
  return watches ?? NO_MATCHES;
}

const APP_PASSWORD_CREATED = eventBit('APP_PASSWORD_CREATED');
