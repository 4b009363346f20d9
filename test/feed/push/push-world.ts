import { createHash } from 'node:crypto';
import { EvidenceView } from '../../../src/evidence/evidence-view.js';
import { FeedTable } from '../../../src/feed/feed-table.js';
import { Parking } from '../../../src/feed/parking.js';
import { SILENT_OBSERVER } from '../../../src/feed/ports.js';
import type { PushTimeouts } from '../../../src/feed/push/push-http.js';
import { PushReceiver } from '../../../src/feed/push/push-receiver.js';
import { Quarantine } from '../../../src/feed/quarantine.js';
import type { RegisteredProvider } from '../../../src/feed/registry.js';
import { TokenApplier } from '../../../src/feed/token-applier.js';
import { DirectVerifier, type Verifier } from '../../../src/feed/verifier.js';
import { verifierSettings } from '../../../src/feed/verify.js';
import { Follower } from '../../../src/journal/follower.js';
import { Journal } from '../../../src/journal/journal.js';
import { MemoryLogStore } from '../../../src/store/memory-log-store.js';
import { MemoryStateStore } from '../../../src/store/memory-state-store.js';
import { addressOf, NOW_MS } from '../../identity/fixtures.js';
import { HeldFlush } from '../../store/held-flush.js';
import { AUDIENCE, pseudonyms } from '../fixtures.js';

export const TOKEN_MEDIA_TYPE = 'application/secevent+jwt';

export function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A receiver with log, state and evidence as in the service, on disks that the test holds. */
export class PushWorld {
  readonly disk = new HeldFlush();
  readonly stateDisk = new HeldFlush();
  readonly log = new MemoryLogStore({ flush: this.disk.seam });
  readonly state = new MemoryStateStore({ flush: this.stateDisk.seam });
  readonly clock = { nowMs: () => NOW_MS };
  readonly journal = new Journal({ store: this.log, clock: this.clock, retryFlushMs: 5 });
  readonly view = new EvidenceView(this.state, { cacheBytes: 1_000_000 });
  readonly follower: Follower;
  readonly pseudonyms = pseudonyms();
  readonly table: FeedTable;
  readonly quarantine: Quarantine;
  readonly receiver: PushReceiver;
  readonly missed: string[] = [];
  readonly refused: string[] = [];
  readonly answered: [provider: string, status: number][] = [];
  readonly #verifier: Verifier;
  #registry: { readonly providers: ReadonlyMap<string, RegisteredProvider> };

  constructor(
    providers: readonly RegisteredProvider[],
    options: { readonly timeouts?: PushTimeouts; readonly verifier?: Verifier } = {},
  ) {
    this.#registry = { providers: new Map(providers.map((provider) => [provider.id, provider])) };
    const registry = () => this.#registry;
    this.follower = new Follower({
      log: this.log,
      state: this.state,
      journal: this.journal,
      projection: this.view,
      retryCommitMs: 5,
    });
    this.table = new FeedTable(this.view, this.pseudonyms, registry(), NOW_MS);
    this.quarantine = new Quarantine(this.view.quarantine, new Parking(this.view.parked));
    this.#verifier = options.verifier ?? new DirectVerifier(verifierSettings(registry(), AUDIENCE));
    this.receiver = new PushReceiver({
      address: { host: '127.0.0.1', port: 0 },
      registry,
      verifier: this.#verifier,
      applier: new TokenApplier({
        journal: this.journal,
        evidence: this.view,
        table: this.table,
        pseudonyms: this.pseudonyms,
        registry,
      }),
      quarantine: this.quarantine,
      table: this.table,
      clock: this.clock,
      observer: {
        ...SILENT_OBSERVER,
        refused: (_, reason) => void this.refused.push(reason),
        pushAnswered: (provider, status) => void this.answered.push([provider, status]),
      },
      keyMissed: (provider) => void this.missed.push(provider),
      checkpoint: () => this.follower.checkpoint(),
      ...(options.timeouts === undefined ? {} : { timeouts: options.timeouts }),
    });
  }

  async start(): Promise<void> {
    this.follower.start();
    await this.receiver.start();
  }

  async stop(): Promise<void> {
    await this.receiver.stop();
    await this.journal.close();
    await this.follower.close();
  }

  get port(): number {
    return this.receiver.address?.port ?? 0;
  }

  /** What a reload of the registry does. */
  register(providers: readonly RegisteredProvider[]): void {
    this.#registry = { providers: new Map(providers.map((provider) => [provider.id, provider])) };
    this.#verifier.replaceSettings(verifierSettings(this.#registry, AUDIENCE));
    this.table.setRegistry(this.#registry, NOW_MS);
  }

  push(
    body: Uint8Array | ReadableStream,
    { token = 'att-secret', provider = 'att-feed', headers = {}, method = 'POST', path = '' } = {},
  ): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.port}${path === '' ? `/feeds/${provider}` : path}`, {
      method,
      body: method === 'GET' ? null : body,
      headers: {
        'content-type': TOKEN_MEDIA_TYPE,
        accept: 'application/json',
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      // Node's fetch asks for this when a body is a stream.
      ...(body instanceof ReadableStream ? { duplex: 'half' as const } : {}),
    });
  }

  /** Types of the events that an account with this mailbox is answered from. */
  events(email: string): readonly string[] {
    return this.view
      .mailboxView(this.pseudonyms.mailbox(addressOf(email), NOW_MS), NOW_MS)
      .records.flatMap(({ record }) => record.events.map(({ type }) => type));
  }

  stateOf(provider = 'att-feed'): string | undefined {
    return this.table.statuses().find((status) => status.provider === provider)?.state;
  }
}
