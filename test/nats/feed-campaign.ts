import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '@nats-io/transport-node';
import { expect } from 'vitest';
import type { NatsServer } from '../../scripts/nats-server.mjs';
import { EvidenceView } from '../../src/evidence/evidence-view.js';
import type { FeedOptions } from '../../src/feed/feed.js';
import { generateSigningKey } from '../../src/feed/provider/key-files.js';
import { MemoryLogStore } from '../../src/store/memory-log-store.js';
import { MemoryStateStore } from '../../src/store/memory-state-store.js';
import { ATT_PAIR_KEY } from '../feed/fixtures.js';
import { keyBytes, pairKey } from '../identity/fixtures.js';
import { TestBroker } from './broker.js';
import { CampaignSource, POISON, randomSource } from './campaign.js';
import { FeedModel } from './feed-model.js';
import { FeedWorld, PROVIDER, providerKeys, type TestProviderKeys } from './feed-world.js';
import { LossyProvider } from './lossy-provider.js';

/** Messages said at a time. */
const BATCH = 300;

/** Messages that may wait in the broker: enough of a storm, and a revoked key has no crowd of its own behind it. */
const MOST_BEHIND = 5_000;

/** Between two signs of life at the end, well within what is registered. */
const HEARTBEAT_MS = 20_000;

/** Nothing is missing and everything was read. */
const CURRENT = /^(FRESH|LAGGING)$/;

/** Reasons whose count does not depend on when keys came. */
const TIMELESS = new Set([
  'SIGNATURE_INVALID',
  'AUDIENCE_MISMATCH',
  'ISSUED_IN_FUTURE',
  'MALFORMED',
  'TOO_LARGE',
  'NOT_AUTHORISED',
  'EVENTS_INVALID',
  'NESTED_TOO_DEEP',
  'HANDLER_FAILED',
]);

export interface CampaignOptions {
  readonly server: NatsServer;
  readonly messages: number;
  readonly seed: number;
  readonly verifier: NonNullable<FeedOptions['verifier']>;
  readonly progress: (line: string) => void;
}

/** The evidence as it is, but that it throws on one type of event. */
class PoisonedView extends EvidenceView {
  override applyBody(...args: Parameters<EvidenceView['applyBody']>): void {
    const [, , body] = args;
    const isPoison =
      body.kind === 'provider-event' && body.content.kind === 'unknown-type' && body.content.type === POISON;
    if (isPoison) throw new RangeError('poison');
    super.applyBody(...args);
  }
}

/** Something that happens when this part of all messages has been said. */
interface Step {
  readonly at: number;
  readonly what: string;
  /** Only when all that was said before has been read. */
  readonly waits?: boolean;
  readonly act: () => Promise<void> | void;
}

/**
 * A provider says a lot over a way that loses, repeats and reorders, with retractions and bad messages among it; its keys
 * rotate; the broker is killed in the middle of it, and so is the service. Then everything must be as if nothing
 * had happened. Run once.
 */
export class FeedCampaign {
  readonly #options: CampaignOptions;
  readonly #random: () => number;
  readonly #model = new FeedModel();
  readonly #folder = mkdtempSync(join(tmpdir(), 'holdfast-campaign-'));
  readonly #ends: (() => Promise<void>)[] = [];
  #log = new MemoryLogStore();
  #state = new MemoryStateStore();
  #pairKeys = { p1: Buffer.from(keyBytes(5)).toString('base64url') } as Record<string, string>;
  #turns = 0;

  constructor(options: CampaignOptions) {
    this.#options = options;
    this.#random = randomSource(options.seed);
  }

  /** @throws AssertionError when something is not as it must be */
  async run(): Promise<void> {
    try {
      await this.#run();
    } finally {
      for (const end of this.#ends.reverse()) await end();
      rmSync(this.#folder, { recursive: true, force: true });
    }
  }

  async #run(): Promise<void> {
    const { server, messages, progress } = this.#options;
    const startedAt = performance.now();
    const broker = await TestBroker.start(server);
    this.#ends.push(() => broker.stop());
    let keys = await providerKeys();
    let world = await this.#newWorld(broker, keys);
    this.#ends.push(() => world.stop());
    const source = new CampaignSource(keys.issuer, keys.signing, ATT_PAIR_KEY, this.#random, Date.now());
    const provider = await this.#openProvider(broker, source);
    const stopCounting = this.#countTurns();

    const rotate = async (isKnown: boolean): Promise<void> => {
      const { signing, publicJwk } = await generateSigningKey(`key-${source.lastSeq}`, 'EdDSA');
      keys = { ...keys, signing, publicJwks: [...keys.publicJwks, publicJwk] };
      if (isKnown) await this.#register(world, keys);
      else source.mayBeBad = false;
      source.signing = signing;
    };
    const steps: Step[] = [
      { at: 0.25, what: 'signs under a key that is not registered yet', act: () => rotate(false) },
      {
        at: 0.26,
        what: 'that key is registered',
        act: async () => {
          await this.#register(world, keys);
          source.mayBeBad = true;
        },
      },
      {
        at: 0.4,
        what: 'names mailboxes under a new pair key',
        act: async () => {
          this.#pairKeys = { p2: Buffer.from(keyBytes(9)).toString('base64url'), ...this.#pairKeys };
          await this.#register(world, keys);
          source.pairKey = pairKey('p2', 9);
        },
      },
      {
        at: 0.5,
        what: 'the broker is killed',
        act: () => {
          // While the provider goes on publishing.
          void broker.restart();
        },
      },
      {
        at: 0.6,
        what: 'the service is killed',
        act: async () => {
          const { log, state } = await world.crash(() => ({
            log: this.#log.powerLoss(),
            state: this.#state.powerLoss(),
          }));
          [this.#log, this.#state] = [log, state];
          world = await this.#newWorld(broker, keys);
        },
      },
      { at: 0.75, what: 'a third key beside the others', act: () => rotate(true) },
      {
        at: 0.85,
        what: 'the first key is revoked',
        waits: true,
        act: async () => {
          const [first, ...others] = keys.publicJwks;
          keys = { ...keys, publicJwks: others, revoked: [String(first?.['kid'])] };
          await this.#register(world, keys);
        },
      },
    ];

    let said = 0;
    while (said < messages) {
      const step = steps[0];
      if (step !== undefined && said >= step.at * messages) {
        progress(`${said} said: ${step.what}`);
        if (step.waits === true) while (world.feed.pendingCount > 0) await pause(20);
        await step.act();
        steps.shift();
      }
      const batch = Array.from({ length: Math.min(BATCH, messages - said) }, () => source.next());
      for (const message of batch) this.#model.add(message);
      await provider.say(batch);
      said += batch.length;
      while (world.feed.pendingCount > MOST_BEHIND) await pause(20);
      if (said % (BATCH * 50) === 0) progress(`${said} said; ${standing(world)}`);
    }
    expect(steps).toEqual([]);
    await provider.sayForSure(source.heartbeat(Math.floor(Date.now() / 1_000)));
    progress(`all said, ${provider.lostCount} lost, ${provider.repeatedCount} repeated; ${standing(world)}`);

    let beatAt = performance.now();
    while (!isComplete(world, source.lastSeq)) {
      await pause(50);
      if (performance.now() - beatAt < HEARTBEAT_MS) continue;
      beatAt = performance.now();
      await provider.sayForSure(source.heartbeat(Math.floor(Date.now() / 1_000)));
      progress(standing(world));
    }
    const seconds = (performance.now() - startedAt) / 1_000;
    progress(
      `complete after ${seconds.toFixed(1)} s, ${provider.backfilledCount} back-filled; ${standing(world)}`,
    );
    stopCounting();
    this.#check(world, source);
    expect(provider.lostCount).toBeGreaterThan(0);
    expect(provider.backfilledCount).toBeGreaterThanOrEqual(provider.lostCount);
  }

  async #newWorld(broker: TestBroker, keys: TestProviderKeys): Promise<FeedWorld> {
    const [log, state] = [this.#log, this.#state];
    const world = new FeedWorld(broker.url, {
      log,
      state,
      view: () => new PoisonedView(state, { cacheBytes: 64 * 1024 * 1024 }),
      feed: { verifier: this.#options.verifier },
    });
    world.register([{ ...keys, pairKeys: this.#pairKeys }]);
    await world.start();
    await world.happened.until(({ reports }) => reports.length > 0);
    return world;
  }

  async #register(world: FeedWorld, keys: TestProviderKeys): Promise<void> {
    const before = world.happened.registriesLoaded;
    world.register([{ ...keys, pairKeys: this.#pairKeys }]);
    await world.happened.until(({ registriesLoaded }) => registriesLoaded > before);
  }

  async #openProvider(broker: TestBroker, source: CampaignSource): Promise<LossyProvider> {
    const connection = await connect({
      servers: [broker.url],
      maxReconnectAttempts: -1,
      reconnectTimeWait: 100,
    });
    this.#ends.push(() => connection.close());
    const provider = await LossyProvider.open({
      connection,
      provider: PROVIDER,
      outboxFile: join(this.#folder, 'outbox.json'),
      random: this.#random,
      signing: () => source.signing,
    });
    this.#ends.push(() => provider.close());
    return provider;
  }

  /** Turns of the event loop that other work could have had. */
  #countTurns(): () => void {
    let isCounting = true;
    const count = (): void => {
      this.#turns++;
      if (isCounting) setImmediate(count);
    };
    setImmediate(count);
    return () => {
      isCounting = false;
    };
  }

  #check(world: FeedWorld, source: CampaignSource): void {
    const [status] = world.feed.statuses();
    // Messages under a stranger's key wait to the end: what they say is not known.
    expect(status?.state).toMatch(CURRENT);
    expect(status?.record.sequence).toMatchObject({ first: 1, last: source.lastSeq, gaps: [] });
    const missing = [...this.#model.tokens].filter((id) => !world.view.hasToken(id));
    expect(missing).toEqual([]);
    const timeless = (counts: Readonly<Record<string, number>>) =>
      Object.fromEntries(Object.entries(counts).filter(([reason]) => TIMELESS.has(reason)));
    expect(timeless(status?.record.refused ?? {})).toEqual(timeless(this.#model.refused));
    for (const [subject, wanted] of this.#model.mailboxes()) {
      const record = world.view.mailbox(subject.replace('hmac-sha256:', `p:${PROVIDER}:`));
      expect({
        events: record?.events.map(({ id }) => id).sort(),
        retractions: record?.retractions.map(({ id }) => id).sort(),
      }).toEqual(wanted);
    }
    // Fault 8: a storm is taken in slices; the serving thread does other work between them.
    expect(this.#turns).toBeGreaterThan(this.#options.messages / 64);
  }
}

function isComplete(world: FeedWorld, lastSeq: number): boolean {
  const [status] = world.feed.statuses();
  const sequence = status?.record.sequence;
  return (
    CURRENT.test(status?.state ?? '') &&
    sequence?.first === 1 &&
    sequence.last === lastSeq &&
    sequence.gaps.length === 0 &&
    world.feed.pendingCount === 0
  );
}

function standing(world: FeedWorld): string {
  const [status] = world.feed.statuses();
  const { record, state } = status ?? {};
  const gaps = record?.sequence?.gaps ?? [];
  const missing = gaps.reduce((sum, [from, to]) => sum + to - from + 1, 0);
  return `${state}, ${record?.acceptedCount} accepted, ${record?.duplicateCount} known, ${missing} missing in ${gaps.length} gaps, ${world.feed.pendingCount} pending`;
}
