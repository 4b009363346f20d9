import type { FeedView, MailboxLink } from '../decision/evidence.js';
import type { FeedState, UnixMs } from '../decision/vocabulary.js';
import { decodeFeedRecord, encodeFeedRecord, endReset, type FeedRecord, NEW_FEED } from './feed-record.js';
import { feedState, LINK_DOWN, type LinkState, type Parked } from './freshness.js';
import { RecentRefusals } from './recent-refusals.js';
import type { ProviderRegistry } from './registry.js';
import type { RecentRefusal } from './status-message.js';

/** Where feed records are kept: the table `feeds` of the state. */
export interface FeedRecordStore {
  feed(provider: string): Uint8Array | undefined;
  setFeed(provider: string, value: Uint8Array): void;
}

/** Who may speak of a mailbox. */
export interface CoverageDirectory {
  providersOf(link: Pick<MailboxLink, 'domain' | 'operator'>): readonly string[];
}

/** One registered provider's feed as it stands. */
export interface FeedStatus {
  readonly provider: string;
  readonly state: FeedState;
  readonly record: FeedRecord;
}

/** Refusals of messages on subjects that nobody is registered for are counted under this name; no provider's id. */
export const UNATTRIBUTED = '_';

const NO_FEEDS: readonly FeedView[] = [];
const NOT_COVERED: FeedView = { provider: '', state: 'NOT_COVERED' };
const ONLY_NOT_COVERED: readonly FeedView[] = [NOT_COVERED];

/**
 * The feeds' records, and the views of them that answers show. States follow from time, so somebody calls
 * {@link refresh} a few times a second; look-ups between two refreshes read what it left and cost no clock.
 */
export class FeedTable {
  readonly #store: FeedRecordStore;
  readonly #coverage: CoverageDirectory;
  readonly #records = new Map<string, FeedRecord>();
  readonly #dirty = new Set<string>();
  readonly #refusals = new RecentRefusals();
  /** By provider: a list of its view alone, the answer for most accounts. */
  #views = new Map<string, readonly [FeedView]>();
  #registry: ProviderRegistry;
  #link: LinkState = LINK_DOWN;
  /** Of providers that push: up while we listen. */
  #pushLink: LinkState = LINK_DOWN;

  /** @param parkedOf messages of a provider that wait for a key, if there are any */
  constructor(
    store: FeedRecordStore,
    coverage: CoverageDirectory,
    registry: ProviderRegistry,
    now: UnixMs,
    private readonly parkedOf: (provider: string) => Parked | undefined = () => undefined,
  ) {
    this.#store = store;
    this.#coverage = coverage;
    this.#registry = registry;
    this.refresh(now);
  }

  get link(): LinkState {
    return this.#link;
  }

  setLink(link: LinkState, now: UnixMs): void {
    const hasTurned = link.isUp !== this.#link.isUp;
    this.#link = link;
    if (hasTurned) this.refresh(now);
  }

  setPushLink(isUp: boolean, now: UnixMs): void {
    this.#pushLink = { ...LINK_DOWN, isUp };
    this.refresh(now);
  }

  setRegistry(registry: ProviderRegistry, now: UnixMs): void {
    this.#registry = registry;
    this.refresh(now);
  }

  record(provider: string): FeedRecord {
    const key = this.#registry.providers.has(provider) ? provider : UNATTRIBUTED;
    let record = this.#records.get(key);
    if (record === undefined) {
      const stored = this.#store.feed(key);
      record = stored === undefined ? NEW_FEED : decodeFeedRecord(stored);
      this.#records.set(key, record);
    }
    return record;
  }

  /** Changes one record in memory; {@link save} keeps it. Unregistered names share one record. */
  update(provider: string, change: (record: FeedRecord) => FeedRecord): void {
    const key = this.#registry.providers.has(provider) ? provider : UNATTRIBUTED;
    const before = this.record(key);
    const after = change(before);
    if (after === before) return;
    this.#records.set(key, after);
    this.#dirty.add(key);
  }

  /** Changes the records of those that publish on the stream. */
  updateStreamed(change: (record: FeedRecord) => FeedRecord): void {
    for (const { id, push } of this.#registry.providers.values()) {
      if (push === undefined) this.update(id, change);
    }
  }

  /** Remembers a refused message of a registered provider, for its own eyes. */
  noteRefusal(provider: string, refusal: RecentRefusal): void {
    if (this.#registry.providers.has(provider)) this.#refusals.note(provider, refusal);
  }

  /** Messages of a provider that were refused lately, newest first. */
  recentRefusals(provider: string, now: UnixMs): readonly RecentRefusal[] {
    return this.#refusals.of(provider, now);
  }

  updateAll(change: (record: FeedRecord) => FeedRecord): void {
    for (const provider of this.#registry.providers.keys()) this.update(provider, change);
  }

  /** Hands changed records to the state and shows what became of them. */
  save(now: UnixMs): void {
    if (this.#dirty.size === 0) return;
    for (const key of this.#dirty) this.#store.setFeed(key, encodeFeedRecord(this.record(key)));
    this.#dirty.clear();
    this.refresh(now);
  }

  /** Ends resets of providers that were heard since. Call it when everything there was has been read. */
  endResets(): void {
    this.updateAll(endReset);
  }

  /** Brings the views up to `now`. */
  refresh(now: UnixMs): void {
    const views = new Map<string, readonly [FeedView]>();
    for (const { id, heartbeatMs, push } of this.#registry.providers.values()) {
      const record = this.record(id);
      const link = push === undefined ? this.#link : this.#pushLink;
      const state = feedState(record, heartbeatMs, link, now, this.parkedOf(id));
      const before = this.#views.get(id);
      const isSame = before?.[0].state === state && before[0].watermark === record.watermark;
      views.set(id, isSame ? before : [viewOf(id, state, record.watermark)]);
    }
    this.#views = views;
  }

  /** The feeds that bear on an account's mailboxes, each once. For every withdrawal: usually allocates nothing. */
  readonly feedsFor = (links: readonly MailboxLink[]): readonly FeedView[] => {
    const [first] = links;
    if (first === undefined) return NO_FEEDS;
    if (links.length === 1) {
      const providers = this.#coverage.providersOf(first);
      const [only] = providers;
      if (only === undefined) return ONLY_NOT_COVERED;
      if (providers.length === 1) return this.#views.get(only) ?? ONLY_NOT_COVERED;
    }
    return this.#feedsForMany(links);
  };

  #feedsForMany(links: readonly MailboxLink[]): readonly FeedView[] {
    const feeds: FeedView[] = [];
    for (const link of links) {
      const views = this.#coverage.providersOf(link).map((id) => this.#views.get(id)?.[0] ?? NOT_COVERED);
      for (const view of views.length === 0 ? ONLY_NOT_COVERED : views) {
        if (!feeds.includes(view)) feeds.push(view);
      }
    }
    return feeds;
  }

  /** All registered feeds, by provider id, as of the last refresh. */
  statuses(): readonly FeedStatus[] {
    return [...this.#registry.providers.keys()].sort().map((provider) => ({
      provider,
      state: this.#views.get(provider)?.[0].state ?? 'STALE',
      record: this.record(provider),
    }));
  }
}

function viewOf(provider: string, state: FeedState, watermark: UnixMs | undefined): FeedView {
  return watermark === undefined ? { provider, state } : { provider, state, watermark };
}
