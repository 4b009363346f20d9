import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterEach, describe, expect, test } from 'vitest';
import { feedStreamConfig } from '../../src/feed/stream.js';
import { freePort, TestBroker, testServers } from './broker.js';
import { FeedWorld, providerKeys, TestPublisher } from './feed-world.js';

const keys = await providerKeys();
const servers = await testServers();

const made: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of made.splice(0).reverse()) await end();
});

interface Setting {
  /** Lines of the broker's configuration. */
  readonly config?: string;
  readonly monitorPort?: number;
  /** The stream as somebody else made it; absent: Holdfast makes it. */
  readonly stream?: object;
  readonly isStrict?: boolean;
}

async function startWorld(server: (typeof servers)[number], setting: Setting = {}) {
  const { monitorPort, isStrict = false } = setting;
  const http = monitorPort === undefined ? '' : `http: "127.0.0.1:${monitorPort}"\n`;
  const broker = await TestBroker.start(server, `${http}${setting.config ?? ''}`);
  made.push(() => broker.stop());
  if (setting.stream !== undefined) {
    const connection = await connect({ servers: [broker.url] });
    const jsm = await jetstreamManager(connection);
    await jsm.streams.add({ ...feedStreamConfig({ replicas: 1 }), ...setting.stream });
    await connection.close();
  }
  const world = new FeedWorld(broker.url, {
    feed: {
      isStrict,
      monitorUrls: monitorPort === undefined ? [] : [`http://127.0.0.1:${monitorPort}`],
    },
  });
  made.push(() => world.stop());
  world.register([keys]);
  await world.start();
  if (!isStrict) await world.happened.until(({ reports }) => reports.length > 0);
  return { world, url: broker.url };
}

/** Resolves when strict mode has refused, with what it said. */
async function refusal(world: FeedWorld): Promise<string> {
  await world.happened.until(({ downs }) => downs.some((cause) => cause.includes('DEGRADED_DURABILITY')));
  return world.happened.downs.find((cause) => cause.includes('DEGRADED_DURABILITY')) ?? '';
}

describe.each(servers)('fault 20: what nats-server $version cannot promise', (server) => {
  test('a stream of our own has every setting; version and syncing are named, one by one', async () => {
    const { world } = await startWorld(server, { monitorPort: await freePort() });
    const [report] = world.happened.reports;
    expect(report?.version).toContain(server.version);
    expect(report?.deviations).toEqual([]);
    expect(report?.isProduction).toBe(server.modern);
    expect(world.feed.missingGuarantees).toEqual(
      server.modern
        ? ['sync_interval is 120 s, not always: a power loss takes what was acknowledged in it']
        : [
            `nats-server ${server.version} is older than 2.12.6: what it acknowledged may be lost`,
            'sync_interval is not known to be always: this server has no such setting',
          ],
    );
  });

  test('a stream that somebody else made otherwise: each setting is named, and it is read all the same', async () => {
    const stream = {
      deny_delete: false,
      deny_purge: false,
      max_msgs: 1_000,
      max_age: 60e9,
      duplicate_window: 60e9,
    };
    const { world, url } = await startWorld(server, { stream });
    expect(world.feed.missingGuarantees).toEqual(
      expect.arrayContaining([
        'stream duplicate_window is 60000000000, not 600000000000',
        expect.stringMatching(/^stream max_age is 60000000000, not \d+$/),
        'stream deny_delete is false, not true',
        'stream deny_purge is false, not true',
        'stream max_msgs is 1000, not -1',
      ]),
    );
    const publisher = await TestPublisher.connect(url, keys);
    made.push(() => publisher.close());
    await publisher.publish();
    await world.happened.until(({ accepted }) => accepted === 1);
  });

  test('strict mode reads nothing from it, and says why', async () => {
    const { world } = await startWorld(server, { isStrict: true });
    const said = await refusal(world);
    expect(said).toContain('sync_interval is not known to be always: HOLDFAST_NATS_MONITOR_URL is not set');
    expect(said.includes('older than 2.12.6')).toBe(!server.modern);
    expect(world.happened.reports).toEqual([]);
    expect(world.feed.statuses()[0]?.state).toBe('STALE');
    expect(world.feed.missingGuarantees.length).toBeGreaterThan(0);
  });

  test('strict mode refuses a stream whose messages may be deleted', async () => {
    const monitorPort = await freePort();
    const stream = { deny_delete: false };
    const { world } = await startWorld(server, { isStrict: true, monitorPort, stream });
    expect(await refusal(world)).toContain('stream deny_delete is false, not true');
  });
});

describe.each(servers.filter(({ modern }) => modern))(
  'fault 20: nats-server $version as it should be',
  (server) => {
    test('with sync_interval: always nothing is missing, and strict mode reads', async () => {
      const monitorPort = await freePort();
      const config = 'jetstream { sync_interval: always }\n';
      const { world } = await startWorld(server, { config, monitorPort, isStrict: true });
      await world.happened.until(({ reports }) => reports.length > 0);
      expect(world.feed.missingGuarantees).toEqual([]);
      expect(world.happened.downs).toEqual([]);
    });
  },
);
