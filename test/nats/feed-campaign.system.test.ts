import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { VerifierThread } from '../../src/feed/verifier-thread.js';
import { compileChild } from '../store/child-program.js';
import { TestBroker, testServers } from './broker.js';
import { FeedCampaign } from './feed-campaign.js';
import { FeedWorld, providerKeys, TestPublisher } from './feed-world.js';

/** A few of each kind of trouble; `npm run campaign:feed` is the long form. */
const MESSAGES = 6_000;
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
const servers = await testServers();
const ends: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

test.each(servers)(
  `nats-server $version: ${MESSAGES} messages, lost, repeated, reordered, back-filled, end in the model's state`,
  async (server) => {
    const lines: string[] = [];
    const campaign = new FeedCampaign({
      server,
      messages: MESSAGES,
      seed: SEED,
      verifier: (settings) => new VerifierThread(settings, threadFile),
      progress: (line) => lines.push(line),
    });
    await campaign.run();
    console.log(lines.slice(-2).join('\n'));
  },
);

test.runIf(servers.length > 0)('publish-to-visible', async () => {
  const broker = await TestBroker.start(servers[0]);
  ends.push(() => broker.stop());
  const world = new FeedWorld(broker.url, {
    feed: { verifier: (settings) => new VerifierThread(settings, threadFile) },
  });
  ends.push(() => world.stop());
  world.register([keys]);
  await world.start();
  await world.happened.until(({ reports }) => reports.length > 0);
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
