import { readFileSync } from 'node:fs';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterEach, expect, test } from 'vitest';
import { bytesOf } from '../feed/fixtures.js';
import { TestBroker, testServer } from './broker.js';
import { FeedWorld, providerKeys, TestPublisher } from './feed-world.js';

const server = await testServer();

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function sampleBroker(): Promise<TestBroker> {
  const sample = readFileSync('deploy/nats/feed.conf', 'utf8');
  // Servers before 2.10 refuse the setting; the permissions are the same.
  const config = (server?.modern === true ? sample : sample.replace(/sync_interval: .*/, ''))
    .replace(/store_dir: .*/, '')
    .replace('$HOLDFAST_PASSWORD', '"exchange-secret"')
    .replace('$ATT_PASSWORD', '"provider-secret"');
  const broker = await TestBroker.start(server, config);
  ends.push(() => broker.stop());
  return broker;
}

function urlFor(broker: TestBroker, user: string, password: string): string {
  return broker.url.replace('nats://', `nats://${user}:${password}@`);
}

async function provider(broker: TestBroker): Promise<NatsConnection> {
  const credentials = { user: 'att', pass: 'provider-secret', inboxPrefix: '_INBOX_att' };
  const connection = await connect({ servers: [broker.url], ...credentials });
  ends.push(() => connection.close());
  return connection;
}

test.runIf(server !== undefined)('the sample configuration lets both sides do their work', async () => {
  const broker = await sampleBroker();
  const keys = await providerKeys('att', 'https://mail.att.example');
  const world = new FeedWorld(urlFor(broker, 'holdfast', 'exchange-secret'));
  ends.push(() => world.stop());
  world.register([keys]);
  await world.start();
  await world.happened.until(({ reports }) => reports.length === 1);
  expect(world.happened.reports[0]?.deviations).toEqual([]);
  const publisher = TestPublisher.over(await provider(broker), keys);
  await publisher.publish();
  await world.happened.until(({ accepted }) => accepted === 1);
});

test.runIf(server !== undefined)(
  'fault 19: a provider cannot publish for another, read the stream, or listen to others',
  async () => {
    const broker = await sampleBroker();
    const connection = await provider(broker);
    const refusedBy = async (act: () => Promise<unknown>): Promise<string> =>
      act().then(
        () => 'allowed',
        (error: unknown) => String(error),
      );
    for (const subject of [
      'holdfast.feed.other',
      '$JS.API.STREAM.INFO.HOLDFAST_FEED',
      '$JS.API.STREAM.DELETE.HOLDFAST_FEED',
    ]) {
      const outcome = await refusedBy(() => connection.request(subject, bytesOf('x'), { timeout: 2_000 }));
      expect(outcome).toMatch(/permission/i);
    }
    for (const subject of ['holdfast.feed.>', '_INBOX.>', '_INBOX_other.>']) {
      const subscription = connection.subscribe(subject);
      expect(await subscription.closed.then((error) => String(error))).toMatch(/permission/i);
    }
  },
);

test('the sample asks for what production needs', () => {
  const sample = readFileSync('deploy/nats/feed.conf', 'utf8');
  expect(sample).toMatch(/^ {2}sync_interval: always$/m);
  expect(sample).toMatch(/^max_payload: 64KB$/m);
});
