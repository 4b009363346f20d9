import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FIRST_ASK_PAUSE_MS } from '../../src/feed/control-asks.js';
import { CONTROL_SUBJECT_PREFIX, decodeAsk, encodeAsk } from '../../src/feed/control-message.js';
import { answerAsks } from '../../src/feed/provider/backfill.js';
import { fullEventType } from '../../src/feed/provider/commands.js';
import { createFeedPublisher, type FeedPublisher, ProviderToolError } from '../../src/feed/provider/index.js';
import { generateSigningKey } from '../../src/feed/provider/key-files.js';
import { Outbox } from '../../src/feed/provider/outbox.js';
import { signToken } from '../../src/feed/provider/sign-token.js';
import { FEED_STREAM } from '../../src/feed/stream.js';
import { content } from '../feed/fixtures.js';
import { TestBroker, testServer } from './broker.js';
import { FeedWorld, providerKeys, type TestProviderKeys, TestPublisher } from './feed-world.js';

const server = await testServer();

let broker: TestBroker;
let world: FeedWorld;
let keys: TestProviderKeys;
let outbox: string;
let publisher: FeedPublisher;

async function open(): Promise<FeedPublisher> {
  return createFeedPublisher({
    provider: keys.id,
    issuer: keys.issuer,
    key: keys.signing,
    outbox,
    servers: [broker.url],
  });
}

beforeEach(async () => {
  if (server === undefined) return;
  broker = await TestBroker.start(server);
  world = new FeedWorld(broker.url);
  keys = await providerKeys();
  world.register([keys]);
  await world.start();
  await world.happened.until(({ reports }) => reports.length === 1);
  outbox = join(world.folder, 'outbox.json');
  publisher = await open();
});
afterEach(async () => {
  if (server === undefined) return;
  for (const connection of connections.splice(0)) await connection.close();
  await publisher.close();
  await world.stop();
  await broker.stop();
});

const connections: NatsConnection[] = [];

async function connected(): Promise<NatsConnection> {
  const connection = await connect({ servers: [broker.url] });
  connections.push(connection);
  return connection;
}

const missing = (): readonly (readonly [number, number])[] =>
  world.feed.statuses()[0]?.record.sequence?.gaps ?? [];

function event() {
  return publisher.publish({
    email: 'victim@att.net',
    naming: 'clear',
    type: 'credential-compromise',
    event: { credential_type: 'password' },
  });
}

/** Gives a number to a token as `publish` does, and loses the token on the way. */
async function lose(count: number): Promise<void> {
  await publisher.close();
  const box = await Outbox.open(outbox);
  for (let lost = 0; lost < count; lost++) {
    const jti = `lost-${box.next}`;
    const said = content({ issuer: keys.issuer, jti, seq: box.next, issuedAt: Date.now() });
    await box.add([{ jti, token: await signToken(said, keys.signing) }], Date.now());
    box.confirm([box.next - 1]);
  }
  await box.close();
  publisher = await open();
}

describe.runIf(server !== undefined)('a number that did not come', () => {
  test('fault 6: makes the feed STALE, is asked for, and is given again from the outbox', async () => {
    await publisher.heartbeat();
    await event();
    await lose(2);
    await event();
    await world.happened.until(({ accepted }) => accepted === 2);
    expect(missing()).toEqual([[3, 4]]);
    expect(world.feed.statuses()[0]?.state).toBe('STALE');

    for await (const answer of publisher.answerBackfill()) {
      expect(answer).toEqual({ ranges: [[3, 4]], publishedCount: 2, lacking: [] });
      break;
    }
    await world.happened.until(({ accepted }) => accepted === 4);
    expect(missing()).toEqual([]);
    expect(world.feed.statuses()[0]?.state).toBe('FRESH');
    expect(world.happened.asked).toBeGreaterThanOrEqual(2);
  });

  test('is asked for again until somebody answers', async () => {
    await publisher.heartbeat();
    await lose(1);
    await publisher.heartbeat();
    await world.happened.until(({ heartbeats }) => heartbeats === 2);
    await world.happened.until(({ asked }) => asked === 1);
    world.clockOffsetMs += FIRST_ASK_PAUSE_MS;
    await world.happened.until(({ asked }) => asked === 2);
    const answers = publisher.answerBackfill();
    world.clockOffsetMs += 2 * FIRST_ASK_PAUSE_MS - 1_000;
    for await (const answer of answers) {
      expect(answer.ranges).toEqual([[2, 2]]);
      break;
    }
    await world.happened.until(({ accepted }) => accepted === 1);
    expect(missing()).toEqual([]);
  });

  test('that the stream has lost is given again, though the broker still knows its message id', async () => {
    const { seq } = await publisher.heartbeat();
    expect(await publisher.backfill([[seq, seq]])).toEqual({
      ranges: [[seq, seq]],
      publishedCount: 1,
      lacking: [],
    });
    const jsm = await jetstreamManager(await connected());
    expect((await jsm.streams.info(FEED_STREAM)).state.messages).toBe(2);
  });

  test('is void when the provider says so, which it cannot say of what it holds or has not given out', async () => {
    await publisher.heartbeat();
    await lose(1);
    await publisher.heartbeat();
    await world.happened.until(({ heartbeats }) => heartbeats === 2);
    expect(missing()).toEqual([[2, 2]]);
    await expect(publisher.declareVoid([2, 2])).rejects.toMatchObject({ code: 'EVENT_INVALID' });
    await expect(publisher.declareVoid([4, 4])).rejects.toMatchObject({ code: 'EVENT_INVALID' });

    // The counter survived the loss of the tokens.
    await publisher.close();
    rmSync(outbox);
    rmSync(`${outbox}.tokens`, { recursive: true });
    writeFileSync(outbox, '{"next":4}');
    publisher = await open();
    expect(await publisher.backfill([[2, 2]])).toMatchObject({ publishedCount: 0, lacking: [[2, 2]] });
    await publisher.declareVoid([2, 2]);
    await world.happened.until(({ heartbeats }) => heartbeats === 3);
    expect(missing()).toEqual([]);
    expect(await publisher.readStatus()).toMatchObject({ state: 'FRESH', missingCount: 0 });
  });

  test('is given under the key of today, when that of its token has left the key set', async () => {
    await lose(1);
    const { signing, publicJwk } = await generateSigningKey('next', 'ES256');
    keys = { ...keys, signing, publicJwks: [publicJwk] };
    world.register([keys]);
    await world.happened.until(({ registriesLoaded }) => registriesLoaded === 2);
    await publisher.close();
    publisher = await open();
    expect(await publisher.backfill([[1, 1]])).toMatchObject({ publishedCount: 1, lacking: [] });
    await world.happened.until(({ accepted, refused }) => accepted + refused.length === 1);
    expect(world.happened.refused).toEqual([]);
  });

  test('is given at a later ask when the broker did not confirm it at an earlier one', async () => {
    const connection = await connected();
    const source = { connection, provider: keys.id, outboxFile: outbox };
    const asker = await connected();
    const ask = (seq: number): void => {
      const ranges = [[seq, seq]] as const;
      const text = encodeAsk({ provider: keys.id, ranges, askedAt: Date.now() });
      asker.publish(`${CONTROL_SUBJECT_PREFIX}${keys.id}`, text);
    };
    const given: (readonly (readonly [number, number])[])[] = [];
    const answers = answerAsks(source, new AbortController().signal, async (_, ranges) => {
      given.push(ranges);
      ask(2);
      if (given.length === 1) throw new ProviderToolError('NOT_CONFIRMED', 'the broker is away');
      return { ranges, publishedCount: 1, lacking: [] };
    });
    const first = answers.next();
    await connection.flush();
    ask(1);
    expect((await first).value).toMatchObject({ ranges: [[2, 2]] });
    expect(given).toEqual([[[1, 1]], [[2, 2]]]);
    await answers.return(undefined);
  });

  test('is not missing when its message is refused for good, but is when it may be good later', async () => {
    const raw = TestPublisher.over(await connected(), keys);
    const tomorrow = Date.now() + 86_400_000;
    await raw.publish({ seq: 1, jti: 'good' });
    await raw.publish({
      seq: 2,
      jti: 'no-type',
      eventType: fullEventType('credential-compromise'),
      event: {},
    });
    await raw.publish({ seq: 3, jti: 'no-subject', subject: { format: 'opaque', id: '' } });
    await raw.publish({ seq: 4, jti: 'early', issuedAt: tomorrow });
    await raw.publish({ seq: 5, jti: 'elsewhere', audience: 'urn:other' });
    await raw.publish({ seq: 6, jti: 'last' });
    await world.happened.until(({ accepted }) => accepted === 2);
    expect(world.happened.refused).toEqual([
      'EVENT_INVALID',
      'SUBJECT_ID_INVALID',
      'ISSUED_IN_FUTURE',
      'AUDIENCE_MISMATCH',
    ]);
    expect(missing()).toEqual([[4, 5]]);
  });

  test('is asked for on the control subject alone, in a form that is checked', async () => {
    const connection = await connected();
    const subscription = connection.subscribe(`${CONTROL_SUBJECT_PREFIX}${keys.id}`, { max: 1 });
    await connection.flush();
    await publisher.heartbeat();
    await lose(1);
    await publisher.heartbeat();
    for await (const message of subscription) {
      expect(JSON.parse(message.string())).toEqual({
        type: 'backfill',
        provider: keys.id,
        ranges: [[2, 2]],
        asked_at: expect.any(Number),
      });
      expect(decodeAsk(message.string())).toMatchObject({ ranges: [[2, 2]] });
    }
  });
});
