import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { RISC } from '../../src/feed/event-types.js';
import { FeedState } from '../../src/gen/holdfast/v1/decision_pb.js';
import { FeedService } from '../../src/gen/holdfast/v1/feed_service_pb.js';
import { opaqueSubjectOf } from '../../src/identity/opaque-subject.js';
import { ATT_PAIR_KEY } from '../feed/fixtures.js';
import { addressOf } from '../identity/fixtures.js';
import { TestBroker, testServer } from '../nats/broker.js';
import { PROVIDER, providerKeys, TestPublisher } from '../nats/feed-world.js';
import { startTestService, stopServices, TestClock, type TestService, temporaryFolder } from './harness.js';
import { codes, usual } from './requests.js';

const server = await testServer();
const keys = await providerKeys();
const ending: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ending.splice(0)) await end();
  await stopServices();
});

interface World {
  readonly service: TestService;
  readonly publisher: TestPublisher;
}

/** A service with a real broker and one registered provider. */
async function startWorld(): Promise<World> {
  const broker = await TestBroker.start(server);
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'jwks.json'), JSON.stringify({ keys: keys.publicJwks }));
  writeFileSync(
    join(folder, 'pair-keys.json'),
    JSON.stringify({ [ATT_PAIR_KEY.id]: ATT_PAIR_KEY.secret.export().toString('base64url') }),
  );
  writeFileSync(
    join(folder, 'providers.yaml'),
    [
      'providers:',
      `  - id: ${keys.id}`,
      `    issuer: ${keys.issuer}`,
      '    operator: att',
      '    keys: { jwks_file: jwks.json }',
      '    algorithms: [EdDSA]',
      '    subjects: [opaque]',
      '    pair_keys_file: pair-keys.json',
      '    heartbeat_seconds: 60',
      '    max_confidence: 1.0',
      '    cohorts: own-domains',
      '',
    ].join('\n'),
  );
  const service = await startTestService({
    folder,
    // Tokens are dated by the machine's own clock.
    clock: new TestClock(Date.now()),
    env: { HOLDFAST_NATS_URL: broker.url, HOLDFAST_PROVIDERS_FILE: join(folder, 'providers.yaml') },
  });
  const publisher = await TestPublisher.connect(broker.url, keys);
  ending.push(
    () => publisher.close(),
    () => service.stop(),
    () => broker.stop(),
  );
  await feedWhere(service, (feed) => feed.state !== FeedState.STALE);
  return { service, publisher };
}

/** Waits until the feed is as wanted, and gives it. The test's own time limit bounds the wait. */
async function feedWhere(
  service: TestService,
  wanted: (feed: FeedOfProvider) => boolean,
): Promise<FeedOfProvider> {
  for (;;) {
    const { feed } = await service.client.call(FeedService.method.getFeed, { provider: PROVIDER });
    if (feed !== undefined && wanted(feed)) return feed;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

type FeedOfProvider = NonNullable<Awaited<ReturnType<typeof feedOf>>>;

async function feedOf(service: TestService) {
  return (await service.client.call(FeedService.method.getFeed, { provider: PROVIDER })).feed;
}

function mailbox(name: string) {
  return { format: 'opaque', id: opaqueSubjectOf(ATT_PAIR_KEY, addressOf(`${name}@att.net`)) } as const;
}

describe.runIf(server !== undefined)('a mail provider, from its signature to the answer', () => {
  test('what it says changes the next answer, and the answer names it', async () => {
    const { service, publisher } = await startWorld();
    const before = await service.assess(usual('w-before', { email: 'vera@att.net' }));
    await publisher.publish({
      subject: mailbox('vera'),
      eventType: `${RISC}credential-compromise`,
      event: { credential_type: 'password' },
    });
    await feedWhere(service, (feed) => feed.acceptedCount === 1n);
    const after = await service.assess(usual('w-after', { email: 'vera@att.net' }));
    expect(after.score).toBeGreaterThan(before.score);
    expect(after.reasons.some((reason) => reason.provider === PROVIDER)).toBe(true);
    expect(codes(before)).not.toEqual(codes(after));
    expect(after.untrustedChannels).not.toEqual([]);
    expect(after.feeds.map((feed) => feed.provider)).toEqual([PROVIDER]);
  });

  test('fault 8: in a storm of events answers go on, and nothing is dropped', async () => {
    const storm = 3_000;
    const { service, publisher } = await startWorld();
    let stormIsOver = false;
    const publishing = (async () => {
      for (let sent = 0; sent < storm; sent += 100) {
        const batch = Array.from({ length: 100 }, (_, index) =>
          publisher.publish({
            subject: mailbox(`customer-${(sent + index) % 500}`),
            eventType: `${RISC}recovery-activated`,
            event: {},
          }),
        );
        await Promise.all(batch);
      }
    })();
    const answers: string[] = [];
    const asking = (async () => {
      while (!stormIsOver) {
        const answer = await service.assess(usual(`w-${answers.length}`, { email: 'customer-7@att.net' }));
        answers.push(answer.assessmentId);
      }
    })();
    await publishing;
    const feed = await feedWhere(service, ({ acceptedCount }) => acceptedCount >= BigInt(storm));
    stormIsOver = true;
    await asking;
    expect(feed.acceptedCount).toBe(BigInt(storm));
    expect(feed.quarantined).toEqual([]);
    expect(feed.missingCount).toBe(0n);
    expect(answers.length).toBeGreaterThan(20);
    expect(new Set(answers).size).toBe(answers.length);
  }, 120_000);
});
