import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { EvidenceView } from '../../src/evidence/evidence-view.js';
import type { ResetCause } from '../../src/feed/cursor.js';
import { Feed, type FeedOptions } from '../../src/feed/feed.js';
import type { KeySetHappening } from '../../src/feed/key-set-follower.js';
import type { BrokerReport } from '../../src/feed/ports.js';
import { SILENT_OBSERVER } from '../../src/feed/ports.js';
import { generateSigningKey } from '../../src/feed/provider/key-files.js';
import { publishToken } from '../../src/feed/provider/publish-token.js';
import { type SigningKey, signToken, type TokenContent } from '../../src/feed/provider/sign-token.js';
import type { RefusalReason } from '../../src/feed/refusal.js';
import { FEED_STREAM } from '../../src/feed/stream.js';
import { Follower } from '../../src/journal/follower.js';
import { Journal } from '../../src/journal/journal.js';
import { MemoryLogStore } from '../../src/store/memory-log-store.js';
import { MemoryStateStore } from '../../src/store/memory-state-store.js';
import type { LogStore, StateStore } from '../../src/store/ports.js';
import { content } from '../feed/fixtures.js';
import { KEYRING, keyBytes, pseudonymsOf } from '../identity/fixtures.js';

export const PROVIDER = 'att-feed';

/** What happened to the feed, counted; tests wait for it. */
export class Happenings {
  accepted = 0;
  duplicates = 0;
  heartbeats = 0;
  readonly refused: RefusalReason[] = [];
  readonly resets: ResetCause[] = [];
  readonly reports: BrokerReport[] = [];
  readonly downs: string[] = [];
  /** Numbers asked for; asked again, they count again. */
  asked = 0;
  readonly noticesRefused: string[] = [];
  registriesLoaded = 0;
  registriesRefused = 0;
  journalWaits = 0;
  readonly delaysMs: number[] = [];
  readonly keySets: KeySetHappening[] = [];
  readonly pairKeysDroppedEarly: string[] = [];
  #waiting: (() => void)[] = [];

  readonly observer = {
    ...SILENT_OBSERVER,
    linkUp: (report: BrokerReport) => this.#note(() => this.reports.push(report)),
    linkDown: (cause: string) => this.#note(() => this.downs.push(cause)),
    streamReset: (cause: ResetCause) => this.#note(() => this.resets.push(cause)),
    accepted: (_: string, delayMs: number) =>
      this.#note(() => {
        this.accepted++;
        this.delaysMs.push(delayMs);
      }),
    duplicate: () => this.#note(() => this.duplicates++),
    heartbeat: () => this.#note(() => this.heartbeats++),
    refused: (_: string, reason: RefusalReason) => this.#note(() => this.refused.push(reason)),
    backfillAsked: (_: string, numbers: number) =>
      this.#note(() => {
        this.asked += numbers;
      }),
    noticeRefused: (subject: string) => this.#note(() => this.noticesRefused.push(subject)),
    journalUnavailable: () => this.#note(() => this.journalWaits++),
    keySet: (_: string, happening: KeySetHappening) => this.#note(() => this.keySets.push(happening)),
    pairKeyDroppedEarly: (_: string, keyId: string) =>
      this.#note(() => this.pairKeysDroppedEarly.push(keyId)),
    registryLoaded: () => this.#note(() => this.registriesLoaded++),
    registryRefused: () => this.#note(() => this.registriesRefused++),
  };

  /** Resolves when the condition holds; it is looked at whenever something happens. */
  async until(condition: (happened: this) => boolean): Promise<void> {
    while (!condition(this)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #note(change: () => void): void {
    change();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

export interface FeedWorldOptions {
  readonly log?: LogStore;
  readonly state?: StateStore;
  /** Stands in for the evidence. */
  readonly view?: (state: MemoryStateStore) => EvidenceView;
  readonly feed?: Partial<FeedOptions>;
}

/** A feed with log, state and evidence as in the service, and its provider. */
export class FeedWorld {
  readonly folder = mkdtempSync(join(tmpdir(), 'holdfast-feed-'));
  readonly happened = new Happenings();
  readonly log: LogStore;
  readonly state: StateStore;
  readonly pseudonyms = pseudonymsOf({ ...KEYRING, pairKeys: new Map() }, []);
  readonly view: EvidenceView;
  readonly journal: Journal;
  readonly follower: Follower;
  readonly feed: Feed;
  /** Wall time unless a test moves it. */
  clockOffsetMs = 0;

  constructor(url: string, options: FeedWorldOptions = {}) {
    this.log = options.log ?? new MemoryLogStore();
    const clock = { nowMs: () => Date.now() + this.clockOffsetMs };
    const own = new MemoryStateStore();
    this.state = options.state ?? own;
    this.view = options.view?.(own) ?? new EvidenceView(this.state, { cacheBytes: 64 * 1024 * 1024 });
    this.journal = new Journal({ store: this.log, clock });
    this.follower = new Follower({
      log: this.log,
      state: this.state,
      journal: this.journal,
      projection: this.view,
    });
    this.feed = new Feed({
      providersFile: join(this.folder, 'providers.yaml'),
      broker: { servers: [url], name: 'test' },
      audience: 'urn:holdfast',
      journal: this.journal,
      evidence: this.view,
      pseudonyms: this.pseudonyms,
      keyring: { ...KEYRING, pairKeys: new Map() },
      clock,
      observer: this.happened.observer,
      ...options.feed,
    });
  }

  /** Writes the registry for these keys. */
  register(keys: readonly TestProviderKeys[], yaml = ''): void {
    const entries = keys.map(({ id, issuer, publicJwks, scope, jwksUrl, pairKeys, revoked = [] }) => {
      writeFileSync(join(this.folder, `${id}.jwks.json`), JSON.stringify({ keys: publicJwks }));
      const usual = { p1: Buffer.from(keyBytes(5)).toString('base64url') };
      writeFileSync(join(this.folder, `${id}.pair-keys.json`), JSON.stringify(pairKeys ?? usual));
      const source = jwksUrl === undefined ? `jwks_file: ${id}.jwks.json` : `jwks_url: ${jwksUrl}`;
      return `
  - id: ${id}
    issuer: ${issuer}
    ${scope}
    keys: { ${source} }${revoked.length === 0 ? '' : `\n    revoked_keys: [${revoked.join(', ')}]`}
    subjects: [opaque, email]
    pair_keys_file: ${id}.pair-keys.json
    heartbeat_seconds: 60
    cohorts: own-domains`;
    });
    writeFileSync(join(this.folder, 'providers.yaml'), `providers:${entries.join('')}\n${yaml}`);
  }

  async start(): Promise<void> {
    await this.follower.catchUp();
    this.follower.start();
    await this.feed.start();
  }

  /**
   * Ends as a power loss does.
   *
   * @param loseDisks takes from the disks what was not flushed; its stores are of no use to this world afterwards
   */
  async crash<D>(loseDisks: () => D): Promise<D> {
    await this.feed.stop();
    const disks = loseDisks();
    await Promise.allSettled([this.journal.close(), this.follower.close()]);
    rmSync(this.folder, { recursive: true, force: true });
    return disks;
  }

  /** Stops as the service does: everything taken in reaches log and state. */
  async stop(): Promise<void> {
    await this.feed.stop();
    await this.journal.close();
    await this.follower.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface TestProviderKeys {
  readonly id: string;
  readonly issuer: string;
  /** Line of the registry that says what it may speak of. */
  readonly scope: string;
  readonly signing: SigningKey;
  readonly publicJwks: readonly Readonly<Record<string, unknown>>[];
  /** Where the key set is fetched, if it is no file. */
  readonly jwksUrl?: string;
  /** Other pair keys than the usual one. */
  readonly pairKeys?: Readonly<Record<string, string>>;
  readonly revoked?: readonly string[];
}

export async function providerKeys(
  id = PROVIDER,
  issuer = 'https://mail.att.example',
  scope = 'operator: att',
): Promise<TestProviderKeys> {
  const { signing, publicJwk } = await generateSigningKey(`${id}-1`, 'EdDSA');
  return { id, issuer, scope, signing, publicJwks: [publicJwk] };
}

/** Publishes as a provider does. */
export class TestPublisher {
  readonly connection: NatsConnection;
  readonly keys: TestProviderKeys;
  #seq = 0;

  private constructor(connection: NatsConnection, keys: TestProviderKeys) {
    this.connection = connection;
    this.keys = keys;
  }

  static async connect(url: string, keys: TestProviderKeys): Promise<TestPublisher> {
    const connection = await connect({
      servers: [url],
      maxReconnectAttempts: -1,
      reconnectTimeWait: 100,
      pingInterval: 1_000,
    });
    return new TestPublisher(connection, keys);
  }

  /** Over a connection that somebody else closes. */
  static over(connection: NatsConnection, keys: TestProviderKeys): TestPublisher {
    return new TestPublisher(connection, keys);
  }

  /** Publishes an event of now with the next number. */
  async publish(overrides: Partial<TokenContent> = {}, key = this.keys.signing): Promise<void> {
    this.#seq += overrides.seq === undefined ? 1 : 0;
    const said = content({
      issuer: this.keys.issuer,
      jti: `jti-${this.keys.id}-${this.#seq}`,
      seq: this.#seq,
      issuedAt: Date.now(),
      ...overrides,
    });
    await publishToken(this.connection, this.keys.id, { jti: said.jti, token: await signToken(said, key) });
  }

  /** Publishes so that the broker does not know it again. */
  async publishRepeatable(overrides: Partial<TokenContent>): Promise<void> {
    const said = content({ issuer: this.keys.issuer, issuedAt: Date.now(), ...overrides });
    const token = await signToken(said, this.keys.signing);
    await this.publishRaw(`holdfast.feed.${this.keys.id}`, new TextEncoder().encode(token));
  }

  /** Publishes what it signs on another provider's subject. */
  async publishAs(provider: string, overrides: Partial<TokenContent>): Promise<void> {
    const said = content({ issuer: this.keys.issuer, issuedAt: Date.now(), ...overrides });
    const token = await signToken(said, this.keys.signing);
    await publishToken(this.connection, provider, { jti: said.jti, token });
  }

  /** Publishes any bytes on any subject. */
  async publishRaw(subject: string, bytes: Uint8Array): Promise<void> {
    await this.connection.request(subject, bytes, { timeout: 2_000 });
  }

  /** Resolves when the connection has been lost and is there again. */
  async reconnected(): Promise<void> {
    for await (const { type } of this.connection.status()) if (type === 'reconnect') return;
  }

  async deleteStream(): Promise<void> {
    const jsm = await jetstreamManager(this.connection);
    await jsm.streams.delete(FEED_STREAM);
  }

  async close(): Promise<void> {
    await this.connection.close();
  }
}
