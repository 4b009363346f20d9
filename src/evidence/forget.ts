import { EVENT_EFFECTS, opensExposure } from '../decision/event-effects.js';
import type {
  AccountRecord,
  CohortRecord,
  LoginFailureHour,
  MailboxRecord,
  ProviderEventRecord,
  SignalRecord,
} from '../decision/evidence.js';
import { FACTOR_SIGNALS } from '../decision/factor-age.js';
import type { DurationMs, SignalType, UnixMs } from '../decision/vocabulary.js';
import {
  LINK_RETENTION_MS,
  LOGIN_FAILURE_RETENTION_MS,
  MAX_LOGIN_FAILURES_PER_INPUT,
  PROVIDER_EVENT_RETENTION_MS,
  SIGNAL_RETENTION_MS,
} from './bounds.js';
import { isCrowd } from './crowded-list.js';

/** Signals of this type are kept for this long after they happened. */
export function signalRetention(type: SignalType): DurationMs {
  return type === 'LOGIN_FAILED' ? LOGIN_FAILURE_RETENTION_MS : SIGNAL_RETENTION_MS;
}

/** Whether a signal that we hear of at `now` counts for anything, however long ago it happened. */
export function canCount(signal: Pick<SignalRecord, 'type' | 'occurredAt' | 'factor'>, now: UnixMs): boolean {
  return isRemembered(signal, now - signalRetention(signal.type));
}

// Forgetting looks at the time of the event, or of its telling, and at reading. Removing a record from the disk once nothing in it counts,
// sooner or later or never, therefore changes no answer. Records are removed whole: of two contents under one id the
// one that does not count now may count when the other is forgotten.

const HOUR_MS = 3_600_000;

/** Above this many signals a set finds equal ids faster than comparing each with each. */
const FEW_SIGNALS = 16;

/** What of an account counts at `now`: the same object if that is all of it, and all of it is for decisions. */
export function currentAccount(record: AccountRecord, now: UnixMs): AccountRecord {
  const signals = currentSignals(record, now - SIGNAL_RETENTION_MS);
  const loginFailures = currentFailures(record.loginFailures, now - LOGIN_FAILURE_RETENTION_MS);
  const { mailboxes } = record;
  const oldest = mailboxes[mailboxes.length - 1];
  const linksSince = now - LINK_RETENTION_MS;
  const links =
    oldest === undefined || oldest.lastUsedAt >= linksSince
      ? mailboxes
      : mailboxes.filter((link) => link.lastUsedAt >= linksSince);
  const { heardAt, mailboxDroppedAt } = record;
  const isDropForgotten = mailboxDroppedAt !== undefined && mailboxDroppedAt < linksSince;
  const isWhole = signals === record.signals && loginFailures === record.loginFailures;
  if (isWhole && links === mailboxes && heardAt === undefined && !isDropForgotten) return record;
  const current = { signals, loginFailures, mailboxes: links };
  return mailboxDroppedAt === undefined || isDropForgotten ? current : { ...current, mailboxDroppedAt };
}

/**
 * Of several contents under one id the one with the smaller digest counts, whichever came first. A crowd loses what of it
 * is too old, and was heard of when anything last was.
 */
function currentSignals(record: AccountRecord, cutoff: UnixMs): readonly SignalRecord[] {
  const { heardAt = 0 } = record;
  const signals = record.signals.some(isCrowd)
    ? record.signals.map((signal) => currentCrowd(signal, heardAt, cutoff))
    : record.signals;
  const isComplete = signals.every((signal) => isRemembered(signal, cutoff)) && !hasEqualIds(signals);
  if (isComplete) return signals;
  const smallest = new Map<string, string>();
  for (const signal of signals) {
    if (!isRemembered(signal, cutoff) || isCrowd(signal)) continue;
    const { id, digest } = signal;
    const known = smallest.get(id);
    if (known === undefined || digest < known) smallest.set(id, digest);
  }
  return signals.filter((signal) => {
    return isRemembered(signal, cutoff) && (isCrowd(signal) || smallest.get(signal.id) === signal.digest);
  });
}

function currentCrowd(signal: SignalRecord, heardAt: UnixMs, cutoff: UnixMs): SignalRecord {
  const { since } = signal;
  if (since === undefined) return signal;
  const isForGood = isRemembered({ ...signal, occurredAt: since }, cutoff);
  return { ...signal, since: isForGood ? since : Math.max(since, cutoff), receivedAt: heardAt };
}

/**
 * A mailbox that a customer reported is a compromised one until it is secured or left, and what shows that he left it, over
 * which factor and how old that is, must be known as long. Bounded by their number, not by time.
 */
function isRemembered(
  { type, occurredAt, factor, anyFactor }: Pick<SignalRecord, 'type' | 'occurredAt' | 'factor' | 'anyFactor'>,
  since: UnixMs,
): boolean {
  if (occurredAt >= since || type === 'EMAIL_REPORTED_COMPROMISED') return true;
  if (factor === undefined && anyFactor === undefined) return false;
  return type === 'EMAIL_CHANGED' || FACTOR_SIGNALS.includes(type);
}

function hasEqualIds(signals: readonly SignalRecord[]): boolean {
  if (signals.length > FEW_SIGNALS) {
    const ids = signals.map((signal) => signal.id).filter((id) => id !== '');
    return new Set(ids).size < ids.length;
  }
  for (let index = 1; index < signals.length; index++) {
    const id = signals[index]?.id;
    if (id === '') continue;
    for (let other = 0; other < index; other++) if (signals[other]?.id === id) return true;
  }
  return false;
}

function currentFailures(hours: readonly LoginFailureHour[], since: UnixMs): readonly LoginFailureHour[] {
  const forgotten = hours.findIndex(({ hour }) => (hour + 1) * HOUR_MS <= since);
  const current = forgotten === -1 ? hours : hours.slice(0, forgotten);
  let total = 0;
  for (const { ids } of current) total += ids.length;
  if (total <= MAX_LOGIN_FAILURES_PER_INPUT) return current;
  return current.map(({ hour, ids }) => ({ hour, ids: NO_IDS, count: ids.length }));
}

const NO_IDS: readonly number[] = [];

/**
 * What providers said under one alias that counts at `now`: the same object if that is all of it. Words that only a
 * newer version knows are kept on disk and left out here.
 *
 * What closes exposures is never forgotten: an exposure whose end were forgotten first would be open again.
 */
export function currentMailbox(record: MailboxRecord, now: UnixMs): MailboxRecord {
  const since = now - PROVIDER_EVENT_RETENTION_MS;
  const { heardAt = 0 } = record;
  const events = record.events.some(isCrowd)
    ? record.events.map((event) => (isCrowd(event) ? { ...event, receivedAt: heardAt } : event))
    : record.events;
  if (events.every((event) => saidAt(event) >= since && isKnown(event))) {
    return events === record.events ? record : { ...record, events };
  }
  return { ...record, events: events.filter((event) => isKnown(event) && isCurrent(event, events, since)) };
}

function isKnown(event: ProviderEventRecord): boolean {
  return Object.hasOwn(EVENT_EFFECTS, event.type);
}

function isCurrent(event: ProviderEventRecord, all: readonly ProviderEventRecord[], since: UnixMs): boolean {
  if (saidAt(event) >= since || closesAnything(event)) return true;
  return opensExposure(event) && !all.some((other) => other.occurredAt < since && ends(other, event));
}

function closesAnything(event: ProviderEventRecord): boolean {
  return EVENT_EFFECTS[event.type].closes !== 'nothing' && !isCrowd(event);
}

/** Providers tell late, so what they say is as old as the saying, not as what it tells of. */
function saidAt({ occurredAt, issuedAt, receivedAt }: ProviderEventRecord): UnixMs {
  return Math.max(occurredAt, issuedAt, receivedAt);
}

/** Nothing ends the exposure of a recycled address. */
function ends(event: ProviderEventRecord, opening: ProviderEventRecord): boolean {
  if (!isKnown(event) || isCrowd(event) || event.occurredAt <= opening.occurredAt) return false;
  if (opening.type === 'IDENTIFIER_RECYCLED') return false;
  const { closes } = EVENT_EFFECTS[event.type];
  return closes === 'any' || (closes === 'sameProvider' && event.provider === opening.provider);
}

/** Whether an incident still counts at `now`: until long after its end, and after it was last told. */
export function isCohortCurrent({ to, issuedAt }: CohortRecord, now: UnixMs): boolean {
  return to === undefined || Math.max(to, issuedAt) >= now - PROVIDER_EVENT_RETENTION_MS;
}
