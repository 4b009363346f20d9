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
import type { UnixMs } from '../decision/vocabulary.js';
import {
  LINK_RETENTION_MS,
  LOGIN_FAILURE_RETENTION_MS,
  MAX_LOGIN_FAILURES_PER_INPUT,
  PROVIDER_EVENT_RETENTION_MS,
  SIGNAL_RETENTION_MS,
} from './bounds.js';

// Forgetting looks at the time of the event, or of its telling, and at reading. Removing a record from the disk once nothing in it counts,
// sooner or later or never, therefore changes no answer. Records are removed whole: of two contents under one id the
// one that does not count now may count when the other is forgotten.

const HOUR_MS = 3_600_000;

/** Above this many signals a set finds equal ids faster than comparing each with each. */
const FEW_SIGNALS = 16;

/** What of an account counts at `now`: the same object if that is all of it. */
export function currentAccount(record: AccountRecord, now: UnixMs): AccountRecord {
  const signals = currentSignals(record.signals, now - SIGNAL_RETENTION_MS);
  const loginFailures = currentFailures(record.loginFailures, now - LOGIN_FAILURE_RETENTION_MS);
  const { mailboxes } = record;
  const oldest = mailboxes[mailboxes.length - 1];
  const linksSince = now - LINK_RETENTION_MS;
  const links =
    oldest === undefined || oldest.lastUsedAt >= linksSince
      ? mailboxes
      : mailboxes.filter((link) => link.lastUsedAt >= linksSince);
  if (signals === record.signals && loginFailures === record.loginFailures && links === mailboxes)
    return record;
  return { signals, loginFailures, mailboxes: links };
}

/** Of several contents under one id the one with the smaller digest counts, whichever came first. */
function currentSignals(signals: readonly SignalRecord[], since: UnixMs): readonly SignalRecord[] {
  const isComplete = signals.every((signal) => isRemembered(signal, since)) && !hasEqualIds(signals);
  if (isComplete) return signals;
  const smallest = new Map<string, string>();
  for (const signal of signals) {
    if (!isRemembered(signal, since)) continue;
    const { id, digest } = signal;
    const known = smallest.get(id);
    if (known === undefined || digest < known) smallest.set(id, digest);
  }
  return signals.filter((signal) => isRemembered(signal, since) && smallest.get(signal.id) === signal.digest);
}

/**
 * A mailbox that a customer reported is a compromised one until it is secured or left, and what shows that he left it, over
 * which factor and how old that is, must be known as long. Bounded by their number, not by time.
 */
function isRemembered({ type, occurredAt, factor }: SignalRecord, since: UnixMs): boolean {
  if (occurredAt >= since || type === 'EMAIL_REPORTED_COMPROMISED') return true;
  return factor !== undefined && (type === 'EMAIL_CHANGED' || FACTOR_SIGNALS.includes(type));
}

function hasEqualIds(signals: readonly SignalRecord[]): boolean {
  if (signals.length > FEW_SIGNALS) return new Set(signals.map((signal) => signal.id)).size < signals.length;
  for (let index = 1; index < signals.length; index++) {
    const id = signals[index]?.id;
    for (let other = 0; other < index; other++) if (signals[other]?.id === id) return true;
  }
  return false;
}

function currentFailures(hours: readonly LoginFailureHour[], since: UnixMs): readonly LoginFailureHour[] {
  let room = MAX_LOGIN_FAILURES_PER_INPUT;
  let count = 0;
  for (const { hour, ids } of hours) {
    if ((hour + 1) * HOUR_MS <= since || ids.length > room) break;
    room -= ids.length;
    count++;
  }
  return count === hours.length ? hours : hours.slice(0, count);
}

/**
 * What providers said under one alias that counts at `now`: the same object if that is all of it. Words that only a
 * newer version knows are kept on disk and left out here.
 *
 * What closes exposures is never forgotten: an exposure whose end were forgotten first would be open again.
 */
export function currentMailbox(record: MailboxRecord, now: UnixMs): MailboxRecord {
  const since = now - PROVIDER_EVENT_RETENTION_MS;
  const { events } = record;
  if (events.every((event) => saidAt(event) >= since && isKnown(event))) return record;
  return { ...record, events: events.filter((event) => isKnown(event) && isCurrent(event, events, since)) };
}

function isKnown(event: ProviderEventRecord): boolean {
  return Object.hasOwn(EVENT_EFFECTS, event.type);
}

function isCurrent(event: ProviderEventRecord, all: readonly ProviderEventRecord[], since: UnixMs): boolean {
  if (saidAt(event) >= since || EVENT_EFFECTS[event.type].closes !== 'nothing') return true;
  return opensExposure(event) && !all.some((other) => other.occurredAt < since && ends(other, event));
}

/** Providers tell late, so what they say is as old as the saying, not as what it tells of. */
function saidAt({ occurredAt, issuedAt, receivedAt }: ProviderEventRecord): UnixMs {
  return Math.max(occurredAt, issuedAt, receivedAt);
}

/** Nothing ends the exposure of a recycled address. */
function ends(event: ProviderEventRecord, opening: ProviderEventRecord): boolean {
  if (!isKnown(event) || event.occurredAt <= opening.occurredAt) return false;
  if (opening.type === 'IDENTIFIER_RECYCLED') return false;
  const { closes } = EVENT_EFFECTS[event.type];
  return closes === 'any' || (closes === 'sameProvider' && event.provider === opening.provider);
}

/** Whether an incident still counts at `now`: until long after its end. */
export function isCohortCurrent(cohort: CohortRecord, now: UnixMs): boolean {
  return cohort.to === undefined || cohort.to >= now - PROVIDER_EVENT_RETENTION_MS;
}
