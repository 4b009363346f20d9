import type {
  AccountRecord,
  MailboxView,
  ProviderEventRecord,
  SignalRecord,
} from '../../decision/evidence.js';
import type { FactorFacts } from '../../decision/input.js';
import type { UnixMs } from '../../decision/vocabulary.js';
import type { CaseIdentity } from './build-input.js';
import type { CaseDocument, FactorDocument, ProviderEventDocument, SignalDocument } from './case-document.js';
import { caseTime } from './case-time.js';

const HOUR_MS = 3_600_000;

/** One view a mailbox, with the provider events that name it. */
export function buildMailboxes(
  emails: readonly string[],
  events: readonly ProviderEventDocument[],
  now: UnixMs,
  identity: CaseIdentity,
): MailboxView[] {
  return emails.map((email) => {
    const aliases = identity.mailbox(email);
    const [alias] = aliases ?? [];
    if (aliases === undefined || alias === undefined)
      throw new RangeError(`\`${email}\` is not a mail address`);
    const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase();
    const operator = identity.operatorOf(domain);
    const own = events.map((event, index) => ({ event, index })).filter(({ event }) => event.email === email);
    const recordOf = (guessed: boolean): MailboxView['records'] => {
      const found = own.filter(({ event }) => (event.guessed ?? false) === guessed);
      if (found.length === 0) return [];
      const record = {
        events: found.map(({ event, index }) => providerEvent(event, index, now)),
        retractions: found
          .filter(({ event }) => event.retracted)
          .map(({ event, index }) => ({ provider: event.provider, id: eventId(index), issuedAt: now })),
      };
      return [{ form: guessed ? 'guessed' : 'exact', record }];
    };
    return {
      link: {
        alias,
        aliases: aliases.map((one) => ({ alias: one, form: 'exact' })),
        domain: identity.domain(domain) ?? domain,
        ...(operator !== undefined && { operator }),
        lastUsedAt: now,
      },
      records: [...recordOf(false), ...recordOf(true)],
    };
  });
}

function eventId(index: number): string {
  return `event-${index}`;
}

function providerEvent(event: ProviderEventDocument, index: number, now: UnixMs): ProviderEventRecord {
  const occurredAt = caseTime(event.at, now);
  const receivedAt = event.received === undefined ? occurredAt : caseTime(event.received, now);
  return {
    type: event.type,
    provider: event.provider,
    id: eventId(index),
    occurredAt,
    issuedAt: receivedAt,
    receivedAt,
    timeIs: event.time_is ?? (event.type === 'CREDENTIAL_COMPROMISE' ? 'DISCOVERED' : 'OCCURRED'),
    unauthorised: event.unauthorised ?? false,
    confidence: event.confidence ?? 1,
  };
}

/** The exchange's signals, by type and newest first, as evidence keeps them. */
export function buildAccount(
  one: CaseDocument,
  mailboxes: readonly MailboxView[],
  now: UnixMs,
  identity: CaseIdentity,
): AccountRecord {
  const signals = (one.signals ?? []).map((signal, index) => signalRecord(signal, index, now, identity));
  return {
    signals: signals.sort((a, b) =>
      a.type < b.type ? -1 : a.type > b.type ? 1 : b.occurredAt - a.occurredAt,
    ),
    loginFailures: (one.login_failures ?? [])
      .map(({ at, count }) => ({
        hour: Math.floor(caseTime(at, now) / HOUR_MS),
        ids: Array.from({ length: count }, (_, index) => index + 1),
      }))
      .sort((a, b) => b.hour - a.hour),
    mailboxes: mailboxes.map((view) => view.link),
  };
}

function signalRecord(
  signal: SignalDocument,
  index: number,
  now: UnixMs,
  identity: CaseIdentity,
): SignalRecord {
  const occurredAt = caseTime(signal.at, now);
  const mailbox = signal.email === undefined ? undefined : identity.mailbox(signal.email)?.[0];
  return {
    type: signal.type,
    id: `signal-${index}`,
    digest: `signal-${index}`,
    occurredAt,
    receivedAt: signal.received === undefined ? occurredAt : caseTime(signal.received, now),
    ...(signal.channel !== undefined && { channel: signal.channel }),
    ...(mailbox !== undefined && { mailbox }),
    ...(signal.factor !== undefined && { factor: buildFactor(signal.factor, now) }),
  };
}

/** A factor of a request or a signal. Nobody else sees its name, so it stands for itself. */
export function buildFactor({ channel, id, enrolled, verified }: FactorDocument, now: UnixMs): FactorFacts {
  return {
    channel,
    ...(id !== undefined && { id }),
    ...(enrolled !== undefined && { enrolledAt: caseTime(enrolled, now) }),
    ...(verified !== undefined && { verifiedAt: caseTime(verified, now) }),
  };
}
