import { afterEach, describe, expect, test } from 'vitest';
import { opaqueSubjectOf } from '../../src/identity/opaque-subject.js';
import { ATT_PAIR_KEY } from '../feed/fixtures.js';
import { addressOf } from '../identity/fixtures.js';
import { TestBroker, testServers } from './broker.js';
import { FeedWorld, providerKeys, TestPublisher } from './feed-world.js';
import { type Blackhole, TcpProxy } from './tcp-proxy.js';

const keys = await providerKeys();
const servers = await testServers();

const made: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of made.splice(0).reverse()) await end();
});

/** Most sockets that an outage may take: two services, and both ends of a connection are ours here. */
const MOST_SOCKETS = 5;

/** Long enough for several attempts of 2 s each: sockets that are left behind would add up. */
const OUTAGE_MS = 7_000;

const LOOK_EVERY_MS = 100;

/** Sockets of this process, among them those that are still connecting. */
function socketCount(): number {
  const kinds = process.getActiveResourcesInfo();
  return kinds.filter((kind) => kind === 'TCPSocketWrap' || kind === 'TCPConnectWrap').length;
}

/** The most sockets that there are at a time. */
async function mostSocketsDuring(outageMs: number): Promise<number> {
  let most = 0;
  const endsAt = performance.now() + outageMs;
  while (performance.now() < endsAt) {
    most = Math.max(most, socketCount());
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return most;
}

function mailbox(name: string) {
  return { format: 'opaque', id: opaqueSubjectOf(ATT_PAIR_KEY, addressOf(`${name}@att.net`)) } as const;
}

const KINDS: readonly Blackhole[] = ['swallows', 'never-accepts'];

describe.each(servers)('fault 3: a blackholed address of nats-server $version', (server) => {
  test.each(KINDS)(
    'that %s: noticed, few sockets, and all is read when it is back, also by a service that started meanwhile',
    async (kind) => {
      const broker = await TestBroker.start(server);
      made.push(() => broker.stop());
      const proxy = await TcpProxy.open(broker.port);
      made.push(() => proxy.close());
      const publisher = await TestPublisher.connect(broker.url, keys);
      made.push(() => publisher.close());
      const world = newWorld(proxy);
      await world.start();
      await publisher.publish({ subject: mailbox('before') });
      await world.happened.until(({ accepted }) => accepted === 1);

      const before = socketCount();
      await proxy.blackhole(kind);
      const late = newWorld(proxy);
      await late.start();
      const watching = mostSocketsDuring(OUTAGE_MS);
      await world.happened.until(({ downs }) => downs.length > 0);
      expect(world.feed.statuses()[0]?.state).toBe('STALE');
      await publisher.publish({ subject: mailbox('meanwhile') });
      expect(await watching).toBeLessThanOrEqual(before + MOST_SOCKETS);
      expect(late.happened.downs.length).toBeGreaterThan(0);

      await proxy.restore();
      await world.happened.until(({ accepted }) => accepted === 2);
      await late.happened.until(({ accepted }) => accepted === 2);
      expect(world.happened).toMatchObject({ duplicates: 0, resets: [], refused: [] });
    },
  );
});

function newWorld(proxy: TcpProxy): FeedWorld {
  const world = new FeedWorld(proxy.url);
  made.push(() => world.stop());
  world.register([keys]);
  return world;
}
