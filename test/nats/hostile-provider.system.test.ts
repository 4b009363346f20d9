import { afterEach, describe, expect, test } from 'vitest';
import { VERIFICATION } from '../../src/feed/event-types.js';
import { signToken } from '../../src/feed/provider/sign-token.js';
import { MAX_TOKEN_BYTES } from '../../src/feed/token.js';
import { bytesOf, content } from '../feed/fixtures.js';
import { TestBroker, testServers } from './broker.js';
import { FeedWorld, PROVIDER, providerKeys, TestPublisher } from './feed-world.js';

const keys = await providerKeys();
const otherKeys = await providerKeys('acme', 'https://mail.acme.example', 'domains: [acme.example]');
const servers = await testServers();
const DAY_MS = 86_400_000;

const made: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of made.splice(0).reverse()) await end();
});

async function setUp(server: (typeof servers)[number]) {
  const broker = await TestBroker.start(server);
  made.push(() => broker.stop());
  const world = new FeedWorld(broker.url);
  made.push(() => world.stop());
  world.register([keys, otherKeys]);
  await world.start();
  await world.happened.until(({ reports }) => reports.length > 0);
  const publisher = await TestPublisher.connect(broker.url, keys);
  made.push(() => publisher.close());
  return { world, publisher, other: TestPublisher.over(publisher.connection, otherKeys) };
}

function statusOf(world: FeedWorld, provider: string) {
  return world.feed.statuses().find((status) => status.provider === provider);
}

describe.each(servers)('nats-server $version', (server) => {
  test('fault 12: tokens too large or nested too deep are refused, counted by provider, and hold up nobody', async () => {
    const { world, publisher } = await setUp(server);
    const subject = `holdfast.feed.${PROVIDER}`;
    const said = content({ issuer: keys.issuer, issuedAt: Date.now() });
    const deep = { credential_type: 'x', x: JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`) };
    await publisher.publishRaw(subject, new Uint8Array(MAX_TOKEN_BYTES + 1));
    await publisher.publishRaw(subject, bytesOf(await signToken({ ...said, event: deep }, keys.signing)));
    await publisher.publishRaw(
      subject,
      bytesOf(await signToken({ ...said, event: { text: 'x'.repeat(8_000) } }, keys.signing)),
    );
    await publisher.publish();
    await world.happened.until(({ accepted }) => accepted === 1);
    expect(world.happened.refused).toEqual(['TOO_LARGE', 'NESTED_TOO_DEEP', 'TOO_LARGE']);
    expect(statusOf(world, PROVIDER)?.record.refused).toEqual({ TOO_LARGE: 2, NESTED_TOO_DEEP: 1 });
    expect(world.feed.listQuarantine({ provider: PROVIDER, limit: 10 })).toHaveLength(3);
    // What no token can be is refused by the broker itself: the stream has a limit of its own.
    const answer = await publisher.connection.request(subject, new Uint8Array(20_000), { timeout: 2_000 });
    expect(answer.json()).toMatchObject({ error: { description: expect.stringContaining('size') } });
  });

  test('fault 17: a provider whose clock is a day ahead is refused and shown; others are not touched', async () => {
    const { world, publisher, other } = await setUp(server);
    const ahead = Date.now() + DAY_MS;
    const beat = { eventType: VERIFICATION, event: {}, subject: { format: 'opaque', id: 'x' } } as const;
    await publisher.publish({ issuedAt: ahead });
    await publisher.publish({ ...beat, issuedAt: ahead });
    await other.publish({ ...beat, seq: 1, jti: 'beat' });
    await world.happened.until(({ heartbeats }) => heartbeats === 1);
    expect(world.happened.refused).toEqual(['ISSUED_IN_FUTURE', 'ISSUED_IN_FUTURE']);
    expect(world.happened.accepted).toBe(0);
    await expect.poll(() => statusOf(world, 'acme')?.state).toBe('FRESH');
    // Its heartbeats do not count, so that withdrawals that need it are handled with care.
    expect(statusOf(world, PROVIDER)).toMatchObject({
      state: 'SILENT',
      record: { refused: { ISSUED_IN_FUTURE: 2 } },
    });
    expect(statusOf(world, PROVIDER)?.record.watermark).toBeUndefined();
    // Its clock is put right.
    await publisher.publish({ ...beat });
    await world.happened.until(({ heartbeats }) => heartbeats === 2);
    await expect.poll(() => statusOf(world, PROVIDER)?.record.heartbeatAt).toBeGreaterThan(0);
  });
});
