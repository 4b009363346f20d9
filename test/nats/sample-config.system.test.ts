import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterEach, expect, test } from 'vitest';
import { answerAsks } from '../../src/feed/provider/backfill.js';
import { nextReport } from '../../src/feed/provider/status-reader.js';
import { bytesOf } from '../feed/fixtures.js';
import { TestBroker, testServer } from './broker.js';
import { FeedWorld, providerKeys, TestPublisher } from './feed-world.js';

const server = await testServer();

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function sampleBroker(change = (sample: string): string => sample): Promise<TestBroker> {
  const sample = change(readFileSync('deploy/nats/feed.conf', 'utf8'));
  // Servers before 2.10 refuse the setting; the permissions are the same.
  const config = (server?.modern === true ? sample : sample.replace(/sync_interval: .*/, ''))
    .replace(/store_dir: .*/, '')
    .replace('$EXCHANGE_PASSWORD', '"exchange-secret"')
    .replace('$ATT_PASSWORD', '"provider-secret"');
  const broker = await TestBroker.start(server, config);
  ends.push(() => broker.stop());
  return broker;
}

function urlFor(broker: TestBroker, user: string, password: string): string {
  return broker.url.replace('nats://', `nats://${user}:${password}@`);
}

async function connectedAs(broker: TestBroker, user: string, pass: string): Promise<NatsConnection> {
  const connection = await connect({ servers: [broker.url], user, pass, inboxPrefix: `_INBOX_${user}` });
  ends.push(() => connection.close());
  return connection;
}

async function provider(broker: TestBroker): Promise<NatsConnection> {
  return connectedAs(broker, 'att', 'provider-secret');
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

  const answers = answerAsks(
    { connection: publisher.connection, provider: 'att', outboxFile: join(world.folder, 'none') },
    new AbortController().signal,
  );
  await publisher.publish({ seq: 3, jti: 'third' });
  expect((await answers.next()).value).toMatchObject({ ranges: [[2, 2]], lacking: [[2, 2]] });
  await answers.return(undefined);
  await publisher.publish({ seq: 4, jti: 'fourth' });
  expect(await nextReport(publisher.connection, 'att')).toMatchObject({ state: 'STALE', gaps: [[2, 2]] });
  expect(world.happened.noticesRefused).toEqual([]);
});

test.runIf(server !== undefined)(
  'a broker that does not let the exchange speak to providers is reported, and read all the same',
  async () => {
    const broker = await sampleBroker((sample) =>
      sample.replace(/^ *"holdfast\.feed-(status|control)\.\*"$/gm, ''),
    );
    const keys = await providerKeys('att', 'https://mail.att.example');
    const world = new FeedWorld(urlFor(broker, 'holdfast', 'exchange-secret'));
    ends.push(() => world.stop());
    world.register([keys]);
    await world.start();
    await world.happened.until(({ noticesRefused }) => noticesRefused.length === 1);
    expect(world.happened.noticesRefused).toEqual(['holdfast.feed-status.att']);
    await TestPublisher.over(await provider(broker), keys).publish();
    await world.happened.until(({ accepted }) => accepted === 1);
  },
);

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
      'holdfast.feed-status.att',
      'holdfast.feed-control.att',
      'holdfast.feed-control.other',
      '$JS.API.STREAM.INFO.HOLDFAST_FEED',
      '$JS.API.STREAM.DELETE.HOLDFAST_FEED',
    ]) {
      const outcome = await refusedBy(() => connection.request(subject, bytesOf('x'), { timeout: 2_000 }));
      expect(outcome).toMatch(/permission/i);
    }
    for (const subject of [
      'holdfast.feed.>',
      'holdfast.feed-status.other',
      'holdfast.feed-status.*',
      'holdfast.feed-control.other',
      'holdfast.feed-control.>',
      '_INBOX.>',
      '_INBOX_other.>',
    ]) {
      const subscription = connection.subscribe(subject);
      expect(await subscription.closed.then((error) => String(error))).toMatch(/permission/i);
    }
  },
);

test.runIf(server !== undefined)(
  'an acknowledgement that a provider asks to have sent elsewhere reaches neither another feed nor the broker’s API',
  async () => {
    const broker = await sampleBroker();
    const keys = await providerKeys('att', 'https://mail.att.example');
    const world = new FeedWorld(urlFor(broker, 'holdfast', 'exchange-secret'));
    ends.push(() => world.stop());
    world.register([keys, await providerKeys('other', 'https://mail.other.example')]);
    await world.start();
    await world.happened.until(({ reports }) => reports.length === 1);
    const publisher = TestPublisher.over(await provider(broker), keys);
    for (const reply of [
      'holdfast.feed.other',
      'holdfast.feed-status.other',
      '$JS.API.STREAM.PURGE.HOLDFAST_FEED',
    ]) {
      publisher.connection.publish('holdfast.feed.att', bytesOf('no token'), { reply });
    }
    // Each is acknowledged after the broker has dealt with what came before it.
    await publisher.publish();
    await publisher.publish({ seq: 2, jti: 'second' });
    await world.happened.until(({ accepted }) => accepted === 2);
    expect(world.happened.refused).toEqual(['MALFORMED', 'MALFORMED', 'MALFORMED']);
  },
);

test.runIf(server !== undefined)(
  'a provider that asks for the status of another is told why it gets none',
  async () => {
    const connection = await provider(await sampleBroker());
    await expect(nextReport(connection, 'other')).rejects.toMatchObject({ code: 'BROKER_REFUSED' });
    const source = { connection, provider: 'other', outboxFile: 'none' };
    const answers = answerAsks(source, new AbortController().signal);
    await expect(answers.next()).rejects.toMatchObject({ code: 'BROKER_REFUSED' });
  },
);

test('the sample asks for what production needs', () => {
  const sample = readFileSync('deploy/nats/feed.conf', 'utf8');
  expect(sample).toMatch(/^ {2}sync_interval: always$/m);
  expect(sample).toMatch(/^max_payload: 64KB$/m);
});
