import type {
  AccountRecord,
  LoginFailureHour,
  MailboxLink,
  SignalFactor,
  SignalRecord,
} from '../decision/evidence.js';
import { FACTOR_SIGNALS } from '../decision/factor-age.js';
import { MAX_LOGIN_FAILURES_PER_HOUR } from '../decision/login-failures.js';
import { encodeLink } from '../store/codec/account-codec.js';
import { compareText } from './bounded-list.js';
import {
  LINK_RESOLUTION_MS,
  MAX_LOGIN_FAILURE_HOURS,
  MAX_MAILBOXES,
  MAX_SIGNALS_PER_TYPE,
} from './bounds.js';
import { type CrowdedOrder, crowdedWith } from './crowded-list.js';

/** What is known of an account that nobody ever spoke of. */
export const EMPTY_ACCOUNT: AccountRecord = { signals: [], loginFailures: [], mailboxes: [] };

const HOUR_MS = 3_600_000;

/**
 * An account's record after one more signal, one more use of a mailbox, or both.
 *
 * INVARIANT I2: this is a join. The same items in any order, any number of times, give the same record. Returns the
 * same object when nothing changes, so that nothing needs to be written.
 */
export function evolveAccount(
  record: AccountRecord,
  signal: SignalRecord | undefined,
  link: MailboxLink | undefined,
): AccountRecord {
  const withSignal = signal === undefined ? record : evolveSignals(record, signal);
  return link === undefined ? withSignal : evolveMailboxes(withSignal, link);
}

/** Newest first within a type; the digest decides between contents of one identity, at reading. */
const SIGNAL_ORDER: CrowdedOrder<SignalRecord> = {
  compareGroups: (a, b) => compareText(a.type, b.type),
  compare: (a, b) =>
    b.occurredAt - a.occurredAt || compareText(b.id, a.id) || compareText(b.digest, a.digest),
  limit: MAX_SIGNALS_PER_TYPE,
  merge: (kept, item) =>
    item.receivedAt < kept.receivedAt ? { ...kept, receivedAt: item.receivedAt } : kept,
  crowdOf: ({ type, occurredAt, channel, mailbox, factor }) => ({
    type,
    id: '',
    digest: '',
    occurredAt,
    receivedAt: 0,
    ...(channel !== undefined && { channel }),
    ...(mailbox !== undefined && { mailbox }),
    ...(factor !== undefined && FACTOR_SIGNALS.includes(type) && { factor: namedFactor(factor) }),
    since: occurredAt,
  }),
  joinCrowds: (crowd, other) => {
    const since = Math.min(crowd.since ?? crowd.occurredAt, other.since ?? other.occurredAt);
    const occurredAt = Math.max(crowd.occurredAt, other.occurredAt);
    const { type, id, digest, receivedAt, channel, mailbox, anyChannel } = crowd;
    const isOfAny = anyChannel === true || other.anyChannel === true || channel !== other.channel;
    const isOfOneMailbox = mailbox !== undefined && mailbox === other.mailbox;
    const joined: SignalRecord = {
      type,
      id,
      digest,
      occurredAt,
      receivedAt,
      ...(!isOfAny && channel !== undefined && { channel }),
      ...(isOfOneMailbox && { mailbox }),
      ...joinedFactors(crowd, other),
      since,
      ...(isOfAny && { anyChannel: true }),
    };
    return sameCrowd(joined, crowd) ? crowd : joined;
  },
};

/** What tells factors apart. When a dropped one was enrolled or checked is asked of none. */
function namedFactor({ channel, id }: SignalFactor): SignalFactor {
  return id === undefined ? { channel } : { channel, id };
}

/** A signal that names no factor says nothing of any. */
function joinedFactors(a: SignalRecord, b: SignalRecord): Pick<SignalRecord, 'factor' | 'anyFactor'> {
  if (a.anyFactor === true || b.anyFactor === true) return { anyFactor: true };
  const factor = a.factor ?? b.factor;
  if (factor === undefined) return {};
  return b.factor === undefined || sameFactor(factor, b.factor) ? { factor } : { anyFactor: true };
}

function sameFactor(a: SignalFactor | undefined, b: SignalFactor | undefined): boolean {
  return a?.channel === b?.channel && a?.id === b?.id;
}

function sameCrowd(a: SignalRecord, b: SignalRecord): boolean {
  return (
    a.since === b.since &&
    a.occurredAt === b.occurredAt &&
    a.channel === b.channel &&
    a.anyChannel === b.anyChannel &&
    a.anyFactor === b.anyFactor &&
    sameFactor(a.factor, b.factor) &&
    a.mailbox === b.mailbox
  );
}

function evolveSignals(record: AccountRecord, signal: SignalRecord): AccountRecord {
  if (signal.type === 'LOGIN_FAILED') {
    const hour = Math.floor(signal.occurredAt / HOUR_MS);
    const loginFailures = countedFailure(record.loginFailures, hour, hash32(signal.id));
    return loginFailures === record.loginFailures ? record : { ...record, loginFailures };
  }
  const signals = crowdedWith(record.signals, signal, SIGNAL_ORDER);
  const heardAt = Math.max(record.heardAt ?? 0, signal.receivedAt);
  if (signals === record.signals && heardAt === (record.heardAt ?? 0)) return record;
  return { ...record, signals, heardAt };
}

/** The smallest hashes of an hour's ids are a sketch whose union is a join, and an exact count while they are few. */
function countedFailure(
  hours: readonly LoginFailureHour[],
  hour: number,
  hash: number,
): readonly LoginFailureHour[] {
  const at = hours.findIndex((entry) => entry.hour <= hour);
  const found = at === -1 ? undefined : hours[at];
  if (found?.hour === hour) {
    const ids = smallest(found.ids, hash);
    return ids === found.ids ? hours : hours.with(at, { hour, ids });
  }
  const place = at === -1 ? hours.length : at;
  if (place >= MAX_LOGIN_FAILURE_HOURS) return hours;
  return hours.toSpliced(place, 0, { hour, ids: [hash] }).slice(0, MAX_LOGIN_FAILURE_HOURS);
}

function smallest(ids: readonly number[], hash: number): readonly number[] {
  const at = ids.findIndex((id) => id >= hash);
  if (at !== -1 && ids[at] === hash) return ids;
  const place = at === -1 ? ids.length : at;
  if (place >= MAX_LOGIN_FAILURES_PER_HOUR) return ids;
  return ids.toSpliced(place, 0, hash).slice(0, MAX_LOGIN_FAILURES_PER_HOUR);
}

/** FNV-1a. Ids are keyed digests already, so nobody can choose where they fall. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

function evolveMailboxes(record: AccountRecord, link: MailboxLink): AccountRecord {
  const lastUsedAt = link.lastUsedAt - (link.lastUsedAt % LINK_RESOLUTION_MS);
  const { mailboxes } = record;
  const at = mailboxes.findIndex((entry) => entry.alias === link.alias);
  const known = at === -1 ? undefined : mailboxes[at];
  if (known !== undefined) {
    if (known.lastUsedAt > lastUsedAt) return record;
    if (known.lastUsedAt === lastUsedAt && !supersedes(link, known)) return record;
  }
  const used = lastUsedAt === link.lastUsedAt ? link : { ...link, lastUsedAt };
  const others = at === -1 ? mailboxes : mailboxes.toSpliced(at, 1);
  const place = others.findIndex((entry) => compareLinks(used, entry) < 0);
  const next = others.toSpliced(place === -1 ? others.length : place, 0, used);
  const [dropped] = next.splice(MAX_MAILBOXES);
  if (dropped === undefined) return { ...record, mailboxes: next };
  const mailboxDroppedAt = Math.max(record.mailboxDroppedAt ?? 0, dropped.lastUsedAt);
  if (dropped === used && mailboxDroppedAt === record.mailboxDroppedAt) return record;
  return { ...record, mailboxes: dropped === used ? mailboxes : next, mailboxDroppedAt };
}

function compareLinks(a: MailboxLink, b: MailboxLink): number {
  return b.lastUsedAt - a.lastUsedAt || compareText(b.alias, a.alias);
}

/**
 * Of two descriptions of one mailbox from the same hour, more aliases win, since more events match; then the smaller
 * encoding, so that every order ends alike.
 */
function supersedes(link: MailboxLink, known: MailboxLink): boolean {
  if (link.aliases.length !== known.aliases.length) return link.aliases.length > known.aliases.length;
  if (sameDescription(link, known)) return false;
  return Buffer.compare(encodeDescription(link), encodeDescription(known)) < 0;
}

function sameDescription(a: MailboxLink, b: MailboxLink): boolean {
  if (a.domain !== b.domain || a.operator !== b.operator) return false;
  if (a.aliases === b.aliases) return true;
  return a.aliases.every((entry, index) => {
    const other = b.aliases[index];
    return other !== undefined && entry.alias === other.alias && entry.form === other.form;
  });
}

function encodeDescription(link: MailboxLink): Uint8Array {
  return encodeLink({ ...link, lastUsedAt: 0 });
}
