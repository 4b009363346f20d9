import { EVENT_EFFECTS } from './event-effects.js';
import type {
  AccountRecord,
  CohortRecord,
  LoginFailureHour,
  MailboxView,
  ProviderEventRecord,
  SignalRecord,
} from './evidence.js';
import type { AssessmentInput } from './input.js';
import { type TakenBackClosing, takenBackClosings } from './taken-back.js';
import type { ProviderEventType } from './vocabulary.js';

/** The part of an input that others make: what the exchange and the providers said. */
export type HeardEvidence = Pick<AssessmentInput, 'account' | 'mailboxes' | 'cohorts'>;

/**
 * Whether something adverse is known now that was not known then. Compares what is known, not when it came: it says so
 * whatever the clocks said, and also where a mailbox became one of the account's that was in trouble before.
 */
export function hasAdverseNews(then: HeardEvidence, now: HeardEvidence): boolean {
  return (
    hasNewSignal(then.account, now.account) ||
    hasNewFailure(then.account.loginFailures, now.account.loginFailures) ||
    hasNewEvent(then.mailboxes, now.mailboxes) ||
    hasNewCohort(then.cohorts, now.cohorts)
  );
}

/** A forced change of the password closes an exposure, but is news of one to whoever decided before. */
export function isAdverseNews(type: ProviderEventType): boolean {
  return EVENT_EFFECTS[type].adverse || type === 'CREDENTIAL_CHANGE_REQUIRED';
}

/** Every type of signal is adverse: each is a step that thieves take. */
function hasNewSignal(then: AccountRecord, now: AccountRecord): boolean {
  const known = new Set(then.signals.map(nameOf));
  if (now.signals.some((signal) => !known.has(nameOf(signal)))) return true;
  return (now.mailboxDroppedAt ?? 0) > (then.mailboxDroppedAt ?? 0);
}

/** A crowd has no id; it is another one whenever something was heard. */
function nameOf({
  id,
  type,
  receivedAt,
}: Pick<SignalRecord | ProviderEventRecord, 'id' | 'type' | 'receivedAt'>): string {
  return id === '' ? `${type} until ${receivedAt}` : id;
}

function hasNewFailure(then: readonly LoginFailureHour[], now: readonly LoginFailureHour[]): boolean {
  return now.some((hour) => {
    const before = then.find((entry) => entry.hour === hour.hour);
    if (failuresIn(hour) > failuresIn(before)) return true;
    const known = new Set(before?.ids);
    return before?.count === undefined && hour.ids.some((id) => !known.has(id));
  });
}

function failuresIn(hour: LoginFailureHour | undefined): number {
  return hour?.count ?? hour?.ids.length ?? 0;
}

function hasNewEvent(then: readonly MailboxView[], now: readonly MailboxView[]): boolean {
  if (hasLostClosing(then, now)) return true;
  const known = new Set<string>();
  for (const { records } of then) {
    for (const { record } of records) for (const event of record.events) known.add(nameOf(event));
  }
  return now.some(({ records }) =>
    records.some(({ record: { events, retractions } }) =>
      events.some(
        (event) =>
          isAdverseNews(event.type) &&
          !known.has(nameOf(event)) &&
          !retractions.some(({ id, provider }) => id === event.id && provider === event.provider),
      ),
    ),
  );
}

/** What ended an exposure then was taken back: it is open again, though nothing adverse was said. */
function hasLostClosing(then: readonly MailboxView[], now: readonly MailboxView[]): boolean {
  const nameOfClosing = ({ event: { provider, id } }: TakenBackClosing): string => `${provider}\n${id}`;
  const before = new Set(takenBackClosings(then).map(nameOfClosing));
  return takenBackClosings(now).some((closing) => !before.has(nameOfClosing(closing)));
}

/** A later version of an incident is news, unless it takes the incident back. */
function hasNewCohort(then: readonly CohortRecord[], now: readonly CohortRecord[]): boolean {
  return now.some(
    ({ id, issuedAt, retracted }) =>
      !retracted && !then.some((known) => known.id === id && known.issuedAt >= issuedAt),
  );
}
