import type {
  AccountRecord,
  CohortRecord,
  LedgerRecord,
  MailboxLink,
  MailboxRecord,
  MailboxView,
} from '../decision/evidence.js';
import type { Pseudonym, UnixMs } from '../decision/vocabulary.js';
import { decodeEntry, type JournalEntryBody } from '../store/codec/entries.js';
import type { AnsweredRequest, OutcomeMark } from '../store/codec/index-codec.js';
import type { ByteSource } from '../store/codec/reused-bytes.js';
import type { LogPosition, StateChange, StateStore } from '../store/ports.js';
import { type AppliedStamp, applyBody } from './apply-body.js';
import { PROVIDER_EVENT_RETENTION_MS, REQUEST_RETENTION_MS, SIGNAL_RETENTION_MS } from './bounds.js';
import { EvidenceTables } from './evidence-tables.js';
import { EMPTY_ACCOUNT } from './evolve-account.js';
import { currentMailbox } from './forget.js';
import type { GovernorTable } from './governor-table.js';
import type { HoldTable } from './hold-table.js';
import type { Quarantine } from './quarantine.js';
import { clientDecisionKey, stateKey } from './state-key.js';
import { Sweeper } from './sweeper.js';
import type { UnnamedMailboxes } from './unnamed-mailboxes.js';

/** An entry of the log, as a follower hands it over. */
export interface FollowedEntry {
  readonly stamp: AppliedStamp;
  readonly kind: string;
  readonly tenant: string;
  readonly payload: Uint8Array;
}

export interface EvidenceViewOptions {
  /** About what decoded records may take in memory. */
  readonly cacheBytes: number;
}

const NO_RECORDS: MailboxView['records'] = [];

/**
 * Everything that follows from the log, for one process: reads are synchronous and see every applied entry at once.
 *
 * Whoever appends an entry applies it in the same tick with {@link applyBody}; at start a follower replays with
 * {@link apply}. Entries that are already contained change nothing. A follower carries changes to the state with
 * {@link takeChanges} and {@link settled}.
 */
export class EvidenceView {
  readonly #tables: EvidenceTables;
  readonly #sweeper: Sweeper;
  #appliedThrough: LogPosition;

  constructor(state: StateStore, options: EvidenceViewOptions) {
    this.#tables = new EvidenceTables(state, options.cacheBytes);
    this.#sweeper = new Sweeper(this.#tables);
    this.#appliedThrough = state.cursor;
  }

  /** Position of the last entry contained. */
  get appliedThrough(): LogPosition {
    return this.#appliedThrough;
  }

  /** Estimated bytes of cached records. */
  get cachedBytes(): number {
    return this.#tables.cachedBytes;
  }

  /** Number of changed records that the state does not hold yet. */
  get pendingCount(): number {
    return this.#tables.pendingCount;
  }

  /** Messages that the feed set aside. */
  get quarantine(): Quarantine {
    return this.#tables.quarantine;
  }

  /** Messages that wait for a key. */
  get parked(): Quarantine {
    return this.#tables.parked;
  }

  /** What providers' words alone moved to HOLD. */
  get governors(): GovernorTable {
    return this.#tables.governors;
  }

  /** Withdrawals that wait, and how people ended that. */
  get holds(): HoldTable {
    return this.#tables.holds;
  }

  /** Mailboxes that providers spoke of and no account is known to use. */
  get unnamed(): UnnamedMailboxes {
    return this.#tables.unnamed;
  }

  /** What is known of an account, forgotten items included: see `gatherInput`. */
  account(tenant: string, accountId: string): AccountRecord {
    return this.#tables.accounts.get(stateKey(tenant, accountId)) ?? EMPTY_ACCOUNT;
  }

  /**
   * What our answers left behind for an account, forgotten items included.
   *
   * @param withdrawal whose hold and release are asked for, however old; absent: the newest of any
   */
  ledger(tenant: string, accountId: string, withdrawal?: string): LedgerRecord {
    return this.#tables.accountLedgers.get(tenant, accountId, withdrawal).ledger;
  }

  /** What providers said under one alias, forgotten items included. */
  mailbox(alias: Pseudonym): MailboxRecord | undefined {
    return this.#tables.mailboxes.get(alias);
  }

  /** A mailbox with what providers said about it that still counts. */
  mailboxView(link: MailboxLink, now: UnixMs): MailboxView {
    let records: MailboxView['records'] = NO_RECORDS;
    for (const { alias, form } of link.aliases) {
      const stored = this.#tables.mailboxes.get(alias);
      if (stored === undefined) continue;
      const record = currentMailbox(stored, now);
      if (record.events.length > 0) records = [...records, { form, record }];
    }
    return { link, records };
  }

  /** Incidents that include one of these mail domains, strongest first. */
  cohortsFor(domains: readonly string[], now: UnixMs): readonly CohortRecord[] {
    return this.#tables.cohorts.matching(domains, now);
  }

  /**
   * Content digest of a signal that is known, for duplicates and for ids that are used again.
   *
   * @param signalId as in `SignalRecord.id`
   * @param now give it to have signals forgotten after 180 days
   */
  signalDigest(tenant: string, signalId: Pseudonym, now = 0): string | undefined {
    const known = this.#tables.signals.get(stateKey(tenant, signalId));
    return known === undefined || known.occurredAt < now - SIGNAL_RETENTION_MS ? undefined : known.digest;
  }

  /** The answer that a request id got; give `now` to have ids forgotten after 7 days. */
  request(tenant: string, requestId: string, now = 0): AnsweredRequest | undefined {
    const known = this.#tables.requests.get(stateKey(tenant, requestId));
    return known === undefined || known.receivedAt < now - REQUEST_RETENTION_MS ? undefined : known;
  }

  /** Where the report of a client's own decision is, by the request's id; undefined: none came. */
  clientDecision(tenant: string, requestId: string): LogPosition | undefined {
    return this.#tables.requests.get(clientDecisionKey(tenant, requestId))?.position;
  }

  /** Whether a provider's token was applied. */
  hasToken(tokenId: string): boolean {
    return this.#tables.tokens.get(tokenId)?.seenAt !== undefined;
  }

  /** What became of an assessment, as last observed; give `now` to have it forgotten after 400 days. */
  outcome(tenant: string, assessmentId: string, now = 0): OutcomeMark | undefined {
    const known = this.#tables.outcomes.get(stateKey(tenant, assessmentId));
    return known === undefined || known.observedAt < now - PROVIDER_EVENT_RETENTION_MS ? undefined : known;
  }

  /** Position of an account's latest assessment; 0: none. Each says where the one before it is. */
  latestAssessment(tenant: string, accountId: string): LogPosition {
    return this.#tables.ledgers.get(stateKey(tenant, accountId))?.latestPosition ?? 0;
  }

  /** Since when destinations are read as places; undefined: always. See `withKnownBefore`. */
  placesReadSince(now: UnixMs): UnixMs | undefined {
    return this.#tables.placesReadSince.since(now);
  }

  /** What the feed part keeps of one provider, in bytes of its own. */
  feed(provider: string): Uint8Array | undefined {
    return this.#tables.feeds.get(provider);
  }

  /** Reaches the state with the entries around it. */
  setFeed(provider: string, value: Uint8Array): void {
    this.#tables.feeds.set(provider, value);
  }

  /** A small value under a name, in bytes of its owner. */
  meta(name: string): Uint8Array | undefined {
    return this.#tables.meta.get(name);
  }

  setMeta(name: string, value: Uint8Array): void {
    this.#tables.meta.set(name, value);
  }

  /** Lets an entry take effect without reading it back: for whoever just appended it. */
  applyBody(stamp: AppliedStamp, tenant: string, body: JournalEntryBody): void {
    if (stamp.position <= this.#appliedThrough) return;
    applyBody(this.#tables, stamp, tenant, body);
    this.#appliedThrough = stamp.position;
  }

  /** @throws StoreError code `LOG_CORRUPT` when the entry is not what its kind says */
  apply(entry: FollowedEntry): void {
    if (entry.stamp.position <= this.#appliedThrough) return;
    const body = decodeEntry(entry.kind, entry.payload);
    if (body.kind === 'unknown') this.#appliedThrough = entry.stamp.position;
    else this.applyBody(entry.stamp, entry.tenant, body);
  }

  takeChanges(place?: ByteSource): readonly StateChange[] {
    return this.#tables.takeChanges(place);
  }

  settled(changes: readonly StateChange[]): void {
    this.#tables.settled(changes);
  }

  /**
   * Removes some of what is forgotten. Changes no answer; it only keeps the disk small. Call it now and then.
   *
   * @param limit records to look at
   */
  sweep(now: UnixMs, limit: number): void {
    this.#sweeper.sweep(now, limit);
  }
}
