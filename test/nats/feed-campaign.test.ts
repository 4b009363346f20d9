import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { EvidenceView } from '../../src/evidence/evidence-view.js';
import { VerifierThread } from '../../src/feed/verifier-thread.js';
import { opaqueSubjectOf } from '../../src/identity/opaque-subject.js';
import type { MemoryStateStore } from '../../src/store/memory-state-store.js';
import { ATT_PAIR_KEY } from '../feed/fixtures.js';
import { addressOf } from '../identity/fixtures.js';
import { compileChild } from '../store/child-program.js';
import { TestBroker, testServer } from './broker.js';
import { type CampaignMessage, makeCampaign, POISON } from './campaign.js';
import { model } from './feed-model.js';
import { FeedWorld, providerKeys, TestPublisher } from './feed-world.js';

const MESSAGES = 100_000;
const SEED = 20_261_124;

const SOURCES = [
  'src/feed',
  'src/identity',
  'src/decision',
  'src/store',
  'src/journal',
  'src/gen',
  'test/feed',
];
const compiled = compileChild('test/feed/deadly-thread.ts', SOURCES);
const threadFile = new URL('../../src/feed/verifier-thread-entry.js', pathToFileURL(compiled.path));

const keys = await providerKeys();
const server = await testServer();
const ends: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

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

async function newWorld(
  broker: TestBroker,
  view?: (state: MemoryStateStore) => EvidenceView,
): Promise<FeedWorld> {
  const world = new FeedWorld(broker.url, {
    feed: { verifier: (settings) => new VerifierThread(settings, threadFile) },
    ...(view === undefined ? {} : { view }),
  });
  ends.push(() => world.stop());
  world.register([keys]);
  await world.start();
  await world.happened.until(({ reports }) => reports.length > 0);
  return world;
}

async function newBroker(): Promise<TestBroker> {
  const broker = await TestBroker.start(server);
  ends.push(() => broker.stop());
  return broker;
}

async function publishAll(publisher: TestPublisher, messages: readonly CampaignMessage[]): Promise<void> {
  const atATime = 500;
  for (let n = 0; n < messages.length; n += atATime) {
    const part = messages.slice(n, n + atATime);
    await Promise.all(part.map(({ subject, bytes }) => publisher.publishRaw(subject, bytes)));
  }
}

const withServer = test.runIf(server !== undefined);

withServer(
  `${MESSAGES} mixed messages, a broker killed among them, end in exactly the state of the model`,
  async () => {
    const broker = await newBroker();
    const world = await newWorld(
      broker,
      (state) => new PoisonedView(state, { cacheBytes: 64 * 1024 * 1024 }),
    );
    const publisher = await TestPublisher.connect(broker.url, keys);
    ends.push(() => publisher.close());
    const messages = makeCampaign(MESSAGES, keys, Date.now(), SEED);
    const expected = model(messages);

    let turns = 0;
    let isReading = true;
    const countTurns = (): void => {
      turns++;
      if (isReading) setImmediate(countTurns);
    };
    setImmediate(countTurns);
    const startedAt = performance.now();
    const half = MESSAGES / 2;
    await publishAll(publisher, messages.slice(0, half));
    const reconnected = publisher.reconnected();
    await broker.restart();
    await reconnected;
    await publishAll(publisher, messages.slice(half));
    await world.happened.until(
      ({ accepted, duplicates, heartbeats, refused }) =>
        accepted + duplicates + heartbeats + refused.length >= MESSAGES,
    );
    isReading = false;
    const seconds = (performance.now() - startedAt) / 1_000;
    console.log(`${MESSAGES} messages in ${seconds.toFixed(1)} s, ${Math.round(MESSAGES / seconds)}/s`);

    const { accepted, duplicates, heartbeats, refused } = world.happened;
    const byReason: Record<string, number> = {};
    for (const reason of refused) byReason[reason] = (byReason[reason] ?? 0) + 1;
    expect({ accepted, duplicates, heartbeats, refused: byReason }).toEqual({
      accepted: expected.accepted,
      duplicates: expected.duplicates,
      heartbeats: expected.heartbeats,
      refused: expected.refused,
    });
    expect(world.feed.statuses()[0]?.record.refused).toEqual(expected.refused);
    for (const [mailbox, wanted] of expected.mailboxes) {
      const subject = opaqueSubjectOf(ATT_PAIR_KEY, addressOf(mailbox));
      const record = world.view.mailbox(subject.replace('hmac-sha256:', 'p:att-feed:'));
      expect({
        events: record?.events.map(({ id }) => id).sort(),
        retractions: record?.retractions.map(({ id }) => id).sort(),
      }).toEqual(wanted);
    }
    // Fault 8: a storm is taken in slices; the serving thread does other work between them.
    expect(turns).toBeGreaterThan(MESSAGES / 64);
  },
  240_000,
);

withServer('publish-to-visible', async () => {
  const broker = await newBroker();
  const world = await newWorld(broker);
  const publisher = await TestPublisher.connect(broker.url, keys);
  ends.push(() => publisher.close());
  const delays: number[] = [];
  for (let n = 1; n <= 200; n++) {
    const startedAt = performance.now();
    await publisher.publish();
    await world.happened.until(({ accepted }) => accepted === n);
    delays.push(performance.now() - startedAt);
  }
  delays.sort((a, b) => a - b);
  const at = (share: number): string => `${(delays[Math.floor(share * delays.length)] ?? 0).toFixed(1)} ms`;
  console.log(`publish-to-visible, signing included: p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}`);
  expect(delays).toHaveLength(200);
});
