import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { FeedState } from '../../src/gen/holdfast/v1/decision_pb.js';
import { FeedService } from '../../src/gen/holdfast/v1/feed_service_pb.js';
import { opaqueSubjectOf } from '../../src/identity/opaque-subject.js';
import { ATT_PAIR_KEY } from '../feed/fixtures.js';
import { addressOf } from '../identity/fixtures.js';
import { TestBroker, testServer } from '../nats/broker.js';
import { PROVIDER, providerKeys, TestPublisher } from '../nats/feed-world.js';
import { startTestService, stopServices, TestClock, type TestService, temporaryFolder } from './harness.js';

/** The broker that tests of the whole service use; undefined where none can be had. */
export const server = await testServer();
const keys = await providerKeys();
const ending: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ending.splice(0)) await end();
  await stopServices();
});

export interface ProviderWorld {
  readonly broker: TestBroker;
  readonly service: TestService;
  readonly publisher: TestPublisher;
}

/**
 * A service with a real broker and one registered provider.
 *
 * @param limits further lines of its registration
 * @param urlOf at which address the service is to reach the broker, if not at its own
 */
export async function startProviderWorld(
  limits: readonly string[] = [],
  urlOf: (broker: TestBroker) => string | Promise<string> = ({ url }) => url,
): Promise<ProviderWorld> {
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
      ...limits.map((line) => `    ${line}`),
      '',
    ].join('\n'),
  );
  const service = await startTestService({
    folder,
    // Tokens are dated by the machine's own clock.
    clock: new TestClock(Date.now()),
    env: {
      HOLDFAST_NATS_URL: await urlOf(broker),
      HOLDFAST_PROVIDERS_FILE: join(folder, 'providers.yaml'),
    },
  });
  const publisher = await TestPublisher.connect(broker.url, keys);
  ending.push(
    () => publisher.close(),
    () => service.stop(),
    () => broker.stop(),
  );
  await feedWhere(service, (feed) => feed.state !== FeedState.STALE);
  return { broker, service, publisher };
}

/** Waits until the feed is as wanted, and gives it. The test's own time limit bounds the wait. */
export async function feedWhere(
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

/** The pseudonym under which the provider speaks of a mailbox at att.net. */
export function mailbox(name: string) {
  return { format: 'opaque', id: opaqueSubjectOf(ATT_PAIR_KEY, addressOf(`${name}@att.net`)) } as const;
}
