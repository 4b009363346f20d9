import type { FeedView, MailboxLink } from '../decision/evidence.js';
import type { DurationMs, UnixMs } from '../decision/vocabulary.js';
import { type Keyring, withPairKeys } from '../identity/keyring.js';
import type { Pseudonyms } from '../identity/pseudonyms.js';
import type { BrokerOptions } from './broker.js';
import { FeedConsumer } from './consumer.js';
import { countRefusal } from './feed-record.js';
import { type FeedStatus, FeedTable } from './feed-table.js';
import type { Parked } from './freshness.js';
import { Intake } from './intake.js';
import type { KeySetTimes } from './key-set-schedule.js';
import { KeySets } from './key-sets.js';
import { openVerifier } from './open-verifier.js';
import { watchPairKeys } from './pair-key-watch.js';
import { ParkedRetry } from './parked-retry.js';
import { Parking } from './parking.js';
import {
  type FeedClock,
  type FeedEvidence,
  type FeedJournal,
  type FeedObserver,
  SILENT_OBSERVER,
} from './ports.js';
import type { PushAddress } from './push/push-http.js';
import { PushReceiver } from './push/push-receiver.js';
import { isPushed, Quarantine, type QuarantinedMessage, type QuarantineFilter } from './quarantine.js';
import type { ProviderRegistry } from './registry.js';
import { RegistryWatch } from './registry-watch.js';
import { ProviderNotices } from './status-notices.js';
import { type TimeSigned, TokenApplier, type TokenOutcome } from './token-applier.js';
import type { Verifier } from './verifier.js';
import { verifierSettings } from './verify.js';

/** How often states of feeds are brought up to the time; the shortest limit among them is 5 s. */
const REFRESH_MS = 250;

export interface FeedOptions {
  /** HOLDFAST_PROVIDERS_FILE. */
  readonly providersFile: string;
  /** Absent: the registry covers mailboxes, but nothing is read: its feeds are STALE. */
  readonly broker?: BrokerOptions;
  /** Where events may be pushed over HTTP; absent: nowhere. */
  readonly push?: {
    readonly address: PushAddress;
    /** Resolves when all that was learnt up to now survives a power loss. */
    readonly checkpoint: () => Promise<void>;
  };
  /** Where key sets that are fetched are kept for the next start. Absent: in memory only. */
  readonly keySetFolder?: string;
  /** Other times for fetching key sets, in tests. */
  readonly keySetTimes?: Partial<KeySetTimes>;
  /** Other room than {@link MAX_PARKED_PER_PROVIDER}, in tests. */
  readonly parkingLimit?: number;
  /** HOLDFAST_FEED_AUDIENCE. */
  readonly audience: string;
  /** Copies of the stream, if we have to create it. Default 1. */
  readonly replicas?: number;
  /** HOLDFAST_NATS_MONITOR_URL. */
  readonly monitorUrls?: readonly string[];
  /** HOLDFAST_FEED_STRICT. */
  readonly isStrict?: boolean;
  readonly journal: FeedJournal;
  readonly evidence: FeedEvidence;
  readonly pseudonyms: Pseudonyms;
  /** Without pair keys; those of the registry are added to it for `pseudonyms`. */
  readonly keyring: Keyring;
  readonly clock: FeedClock;
  readonly observer?: FeedObserver;
  /** Told of the times that providers sign. */
  readonly signed?: TimeSigned;
  /** Stands in for the thread, in tests. */
  readonly verifier?: (settings: ReturnType<typeof verifierSettings>) => Verifier;
}

/** What `holdfast feed quarantine retry` says. */
export type RetryResult =
  | { readonly kind: 'not-found' }
  /** The stream does not hold the message (any more), or holds another one there. */
  | { readonly kind: 'message-gone' }
  /** It was pushed over HTTP: only its provider can send it again. */
  | { readonly kind: 'pushed' }
  | { readonly kind: 'tried'; readonly outcome: TokenOutcome };

/** The stream is needed and cannot be reached. */
export class FeedUnavailableError extends Error {
  override readonly name = 'FeedUnavailableError';
  readonly code = 'BROKER_UNAVAILABLE';
}

/** Provider events in: registry, verification, reading the stream, freshness. One a process. */
export class Feed {
  readonly #options: FeedOptions;
  readonly #observer: FeedObserver;
  readonly #watch: RegistryWatch;
  readonly #table: FeedTable;
  readonly #verifier: Verifier;
  readonly #quarantine: Quarantine;
  readonly #intake: Intake;
  readonly #consumer: FeedConsumer | undefined;
  readonly #push: PushReceiver | undefined;
  readonly #notices: ProviderNotices;
  #ticker: NodeJS.Timeout | undefined;
  readonly #parkedRetry: ParkedRetry;
  readonly #keySets: KeySets;
  #following: Promise<void> = Promise.resolve();

  constructor(options: FeedOptions) {
    const { journal, evidence, pseudonyms, clock, broker } = options;
    this.#options = options;
    const observer = options.observer ?? SILENT_OBSERVER;
    this.#observer = observer;
    this.#watch = new RegistryWatch(options.providersFile, {
      changed: (registry) => this.#registryChanged(registry),
      refused: (problems) => observer.registryRefused(problems),
    });
    const registry = (): ProviderRegistry => this.#watch.registry;
    const parking = new Parking(evidence.parked, options.parkingLimit);
    const parkedOf = (provider: string): Parked | undefined => parking.span(provider);
    this.#table = new FeedTable(evidence, pseudonyms, registry(), clock.nowMs(), parkedOf);
    this.#verifier = (options.verifier ?? openVerifier)(verifierSettings(registry(), options.audience));
    this.#quarantine = new Quarantine(evidence.quarantine, parking);
    this.#parkedRetry = new ParkedRetry({
      waiting: (providers) => this.#quarantine.waiting(providers),
      isLinkUp: () => this.#table.link.isUp,
      retry: (message) => this.#retryParked(message),
    });
    const applier = new TokenApplier({
      journal,
      evidence,
      table: this.#table,
      pseudonyms,
      registry,
      ...(options.signed === undefined ? {} : { signed: options.signed }),
    });
    this.#keySets = new KeySets({
      folder: options.keySetFolder,
      ...(options.keySetTimes === undefined ? {} : { times: options.keySetTimes }),
      nowMs: () => clock.nowMs(),
      random: Math.random,
      changed: (provider) => this.#keysChanged(provider),
      happened: (provider, happening) => observer.keySet(provider, happening),
    });
    const keyMissed = (provider: string): void => this.#keySets.missed(provider);
    this.#intake = new Intake({
      verifier: this.#verifier,
      applier,
      quarantine: this.#quarantine,
      table: this.#table,
      evidence,
      clock,
      observer,
      advanced: (cursor) => this.#consumer?.advanced(cursor),
      keyMissed,
      logHead: () => journal.head,
    });
    if (options.push !== undefined) {
      this.#push = new PushReceiver({
        ...options.push,
        registry,
        verifier: this.#verifier,
        applier,
        quarantine: this.#quarantine,
        table: this.#table,
        clock,
        observer,
        keyMissed,
      });
    }
    if (broker !== undefined) {
      const stream = { replicas: options.replicas ?? 1 };
      const isStrict = options.isStrict ?? false;
      const onUp = (): void => this.#parkedRetry.runIfDue();
      const { monitorUrls = [] } = options;
      const parts = {
        broker,
        stream,
        monitorUrls,
        isStrict,
        evidence,
        table: this.#table,
        clock,
        observer,
        onUp,
      };
      this.#consumer = new FeedConsumer(parts, this.#intake);
    }
    this.#notices = new ProviderNotices({
      table: this.#table,
      parkedCount: (provider) => this.parkedCount(provider),
      clock,
      publish: (subject, text) => this.#consumer?.publish(subject, text) ?? false,
      asked: (provider, numbers) => observer.backfillAsked(provider, numbers),
    });
  }

  /**
   * Reads the registry, then starts reading the stream in the background: no broker is needed to start.
   *
   * @throws if pushes are to be taken at an address that is taken or not ours
   */
  async start(): Promise<void> {
    await this.#watch.start();
    await this.#following;
    this.#ticker = setInterval(() => this.#table.refresh(this.#options.clock.nowMs()), REFRESH_MS);
    this.#ticker.unref();
    this.#consumer?.start();
    this.#notices.start();
    await this.#push?.start();
  }

  async stop(): Promise<void> {
    clearInterval(this.#ticker);
    this.#notices.stop();
    await this.#push?.stop();
    await this.#watch.stop();
    await this.#keySets.stop();
    await this.#consumer?.stop();
    await this.#parkedRetry.stop();
    await this.#verifier.close();
  }

  /** The feeds that bear on an account's mailboxes. For every withdrawal. */
  get feedsFor(): (links: readonly MailboxLink[]) => readonly FeedView[] {
    return this.#table.feedsFor;
  }

  /** All registered feeds, by provider id. */
  statuses(): readonly FeedStatus[] {
    return this.#table.statuses();
  }

  /** Guarantees that the broker misses, in words, as found at the last connection. */
  get missingGuarantees(): readonly string[] {
    return this.#consumer?.missingGuarantees ?? [];
  }

  /** Why the broker is not read from, in words; undefined while it is, or where none is set. */
  get linkDownCause(): string | undefined {
    return this.#consumer?.downCause;
  }

  /** Where events may be pushed; undefined if nowhere. */
  get pushAddress(): PushAddress | undefined {
    return this.#push?.address;
  }

  get registry(): ProviderRegistry {
    return this.#watch.registry;
  }

  /** Messages of a provider that wait for a key. */
  parkedCount(provider: string): number {
    return this.#quarantine.parkedCount(provider);
  }

  /** When the key set of a provider was last confirmed by its server; undefined if never, or if it is a file. */
  keySetCheckedAt(provider: string): UnixMs | undefined {
    return this.#keySets.checkedAt(provider);
  }

  /** Messages that the broker holds for us, as last heard. */
  get pendingCount(): number {
    return this.#table.link.pendingCount;
  }

  /** For how long the messages that wait in the broker have waited; 0 when none does. In milliseconds. */
  lagMs(now: UnixMs): DurationMs {
    const { unreached } = this.#table.link;
    return unreached === undefined ? 0 : Math.max(0, now - unreached.since);
  }

  listQuarantine(filter: QuarantineFilter): readonly QuarantinedMessage[] {
    return this.#quarantine.list(filter);
  }

  showQuarantined(id: string): QuarantinedMessage | undefined {
    return this.#quarantine.get(id);
  }

  /**
   * Fetches a refused message from the stream again and tries it.
   *
   * @throws FeedUnavailableError code `BROKER_UNAVAILABLE`
   */
  async retryQuarantined(id: string): Promise<RetryResult> {
    const message = this.#quarantine.get(id);
    return message === undefined ? { kind: 'not-found' } : this.#retry(message);
  }

  async #retry(message: QuarantinedMessage): Promise<RetryResult> {
    if (isPushed(message)) return { kind: 'pushed' };
    const stored = await this.#consumer
      ?.messageAt(message.created, message.sequence)
      .catch((cause: unknown) => {
        throw new FeedUnavailableError('the broker cannot be asked now', { cause });
      });
    if (stored === undefined || stored.digest !== message.digest) return { kind: 'message-gone' };
    return { kind: 'tried', outcome: await this.#intake.retry(message, stored) };
  }

  #registryChanged(registry: ProviderRegistry): void {
    const { pseudonyms, keyring, clock, audience } = this.#options;
    const providers = [...registry.providers.values()];
    const pairKeys = new Map(providers.map(({ id, pairKeys: keys }) => [id, keys]));
    watchPairKeys(pairKeys, this.#options.evidence, clock, this.#observer);
    pseudonyms.update(withPairKeys(keyring, pairKeys), pseudonyms.directory.withRegistry(providers));
    this.#following = this.#keySets.follow(registry);
    this.#verifier.replaceSettings(verifierSettings(registry, audience, this.#keySets.keysOf));
    this.#table.setRegistry(registry, clock.nowMs());
    this.#observer.registryLoaded(providers.length);
    this.#parkedRetry.request();
  }

  #keysChanged(provider: string): void {
    const settings = verifierSettings(this.registry, this.#options.audience, this.#keySets.keysOf);
    this.#verifier.replaceSettings(settings);
    this.#parkedRetry.request(provider);
  }

  async #retryParked(message: QuarantinedMessage): Promise<void> {
    const result = await this.#retry(message);
    if (result.kind !== 'message-gone' || message.reason === 'PARKING_FULL') return;
    const { reason, provider } = this.#quarantine.expire(message);
    this.#table.update(provider, (record) => countRefusal(record, reason));
    this.#observer.refused(provider, reason);
  }
}
