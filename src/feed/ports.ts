import type { MailboxRecord } from '../decision/evidence.js';
import type { DurationMs, Pseudonym, UnixMs } from '../decision/vocabulary.js';
import type { Appended, EntryDraft, EntryStamp, JournalPort } from '../journal/ports.js';
import type { ProviderEventBody } from '../store/codec/entries.js';
import type { ResetCause } from './cursor.js';
import type { FeedRecordStore } from './feed-table.js';
import type { KeySetHappening } from './key-set-follower.js';
import type { QuarantineStore } from './quarantine.js';
import type { RefusalReason } from './refusal.js';
import type { RegistryProblem } from './registry.js';
import type { StreamDeviation } from './stream.js';

/** The part of the journal that feeds need. */
export interface FeedJournal extends Pick<JournalPort, 'head'> {
  append(draft: EntryDraft): Appended;
}

/**
 * The part of the evidence that feeds need. Everything set here reaches the disk in one transaction with the entries
 * applied before it, and only once those are durable: so a cursor on disk never runs ahead of the log.
 */
export interface FeedEvidence extends FeedRecordStore {
  /** Whether an event with this token id was applied before. */
  hasToken(tokenId: string): boolean;
  applyBody(stamp: EntryStamp, tenant: string, body: ProviderEventBody): void;
  /** What providers said under one alias. */
  mailbox(alias: Pseudonym): MailboxRecord | undefined;
  readonly quarantine: QuarantineStore;
  /** Messages that wait for a key; not bounded there. */
  readonly parked: QuarantineStore;
  /** Aliases that a provider spoke under while no account was known to use the mailbox. */
  readonly unnamed: UnnamedAliases;
  /** Small values by name; the cursor is one. */
  meta(name: string): Uint8Array | undefined;
  setMeta(name: string, value: Uint8Array): void;
}

/** What the quota of mailboxes needs to know. */
export interface UnnamedAliases {
  /** How many count for a provider. */
  count(provider: string): number;
}

/** Name of the cursor among the small values. */
export const CURSOR_NAME = 'feed-cursor';

/** Our only clock here; never backwards. */
export interface FeedClock {
  nowMs(): UnixMs;
}

/** What a broker offers, found out at each connection. */
export interface BrokerReport {
  readonly version: string;
  /** A version we stand by in production. */
  readonly isProduction: boolean;
  /** Copies of the stream. */
  readonly replicas: number;
  readonly deviations: readonly StreamDeviation[];
  /** Guarantees that are missing, in words for operators. */
  readonly missing: readonly string[];
}

/** Told of everything that happens to feeds, to count and log it. Must not throw. No method gets an identity. */
export interface FeedObserver {
  linkUp(report: BrokerReport): void;
  linkDown(cause: string): void;
  /**
   * What the broker cannot guarantee has changed: in words, one by one; none if all is well.
   *
   * @param isRefused it is therefore not read from
   */
  guaranteesMissing(missing: readonly string[], isRefused: boolean): void;
  streamReset(cause: ResetCause): void;
  accepted(provider: string, delayMs: number): void;
  duplicate(provider: string): void;
  heartbeat(provider: string): void;
  refused(provider: string, reason: RefusalReason): void;
  /** An HTTP push was answered; the provider is empty where nobody knows who sent it. */
  pushAnswered(provider: string, status: number): void;
  /** A provider was asked for numbers that did not come. */
  backfillAsked(provider: string, numbers: number): void;
  /** The broker does not let us publish on a subject: a provider learns nothing of us there. */
  noticeRefused(subject: string): void;
  /** The log cannot take entries now; the feed waits and loses nothing. */
  journalUnavailable(): void;
  /** Something happened to the key set of a provider that is registered with an address. */
  keySet(provider: string, happening: KeySetHappening): void;
  /** A pair key went before the next one had been live for 30 days: some mailboxes cannot be matched until named again. */
  pairKeyDroppedEarly(provider: string, keyId: string, overlapMs: DurationMs): void;
  registryLoaded(providerCount: number): void;
  registryRefused(problems: readonly RegistryProblem[]): void;
}

export const SILENT_OBSERVER: FeedObserver = {
  linkUp: () => undefined,
  linkDown: () => undefined,
  guaranteesMissing: () => undefined,
  streamReset: () => undefined,
  accepted: () => undefined,
  duplicate: () => undefined,
  heartbeat: () => undefined,
  refused: () => undefined,
  pushAnswered: () => undefined,
  backfillAsked: () => undefined,
  noticeRefused: () => undefined,
  journalUnavailable: () => undefined,
  keySet: () => undefined,
  pairKeyDroppedEarly: () => undefined,
  registryLoaded: () => undefined,
  registryRefused: () => undefined,
};
