import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { VERIFICATION } from '../../src/feed/event-types.js';
import { type SigningKey, signToken } from '../../src/feed/provider/sign-token.js';
import { opaqueSubjectOf } from '../../src/identity/opaque-subject.js';
import { decodeEntry } from '../../src/store/codec/entries.js';
import { decodeLogEntry } from '../../src/store/log-entry.js';
import { ATT_PAIR_KEY, bytesOf, content } from '../feed/fixtures.js';
import { KeySetServer } from '../feed/key-set-server.js';
import { addressOf } from '../identity/fixtures.js';
import { tempFolder } from '../store/temp-folder.js';
import { TestBroker, testServers } from './broker.js';
import {
  FeedWorld,
  type FeedWorldOptions,
  PROVIDER,
  providerKeys,
  type TestProviderKeys,
  TestPublisher,
} from './feed-world.js';

const HOUR_MS = 3_600_000;

const keys = await providerKeys();
const servers = await testServers();

/** The key that comes after {@link keys}. */
const next = await newKey('next');

/** What a test made, last made first gone. */
const made: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of made.splice(0).reverse()) await end();
});

interface KeyPair {
  readonly signing: SigningKey;
  readonly publicJwk: Readonly<Record<string, unknown>>;
}

async function newKey(kid: string): Promise<KeyPair> {
  const { signing, publicJwks } = await providerKeys();
  return { signing: { ...signing, kid }, publicJwk: { ...publicJwks[0], kid } };
}

async function startBroker(server: (typeof servers)[number]): Promise<TestBroker> {
  const broker = await TestBroker.start(server);
  made.push(() => broker.stop());
  return broker;
}

async function startKeySetServer(): Promise<KeySetServer> {
  const server = await KeySetServer.start();
  made.push(() => server.stop());
  return server;
}

async function startWorld(
  broker: TestBroker,
  providers: readonly TestProviderKeys[],
  { feed, ...rest }: FeedWorldOptions = {},
): Promise<FeedWorld> {
  // A missed key may ask at once, so that no test waits.
  const world = new FeedWorld(broker.url, { ...rest, feed: { keySetTimes: { missedMs: 1 }, ...feed } });
  made.push(() => world.stop());
  world.register(providers);
  await world.start();
  await world.happened.until(({ reports }) => reports.length > 0);
  return world;
}

async function publisherOf(broker: TestBroker, provider: TestProviderKeys): Promise<TestPublisher> {
  const publisher = await TestPublisher.connect(broker.url, provider);
  made.push(() => publisher.close());
  return publisher;
}

function mailbox(name: string) {
  return { format: 'opaque', id: opaqueSubjectOf(ATT_PAIR_KEY, addressOf(`${name}@att.net`)) } as const;
}

const HEARTBEAT = {
  eventType: VERIFICATION,
  event: {},
  subject: { format: 'opaque', id: 'heartbeat' },
} as const;

function eventsAbout(world: FeedWorld, name: string): readonly string[] {
  const link = world.pseudonyms.mailbox(addressOf(`${name}@att.net`), Date.now());
  return world.view
    .mailboxView(link, Date.now())
    .records.flatMap(({ record }) => record.events.map(({ type }) => type));
}

/** Numbers of the provider's events in the order in which they were recorded. */
function recordedNumbers(world: FeedWorld): readonly (number | undefined)[] {
  return [...world.log.read(1)].flatMap(({ position, bytes }) => {
    const { kind, payload } = decodeLogEntry(position, bytes);
    const body = decodeEntry(kind, payload);
    return body.kind === 'provider-event' ? [body.seq] : [];
  });
}

function stateOf(world: FeedWorld, provider = PROVIDER): string | undefined {
  return world.feed.statuses().find((status) => status.provider === provider)?.state;
}

function countsOf(world: FeedWorld, provider = PROVIDER) {
  return world.feed.statuses().find((status) => status.provider === provider)?.record.refused;
}

describe.each(servers)('keys, nats-server $version', (server) => {
  test('fault 14: events under a key that is not published yet are parked, and applied in order when it is', async () => {
    const broker = await startBroker(server);
    const keySet = await startKeySetServer();
    keySet.serveKeys(keys.publicJwks);
    const world = await startWorld(broker, [{ ...keys, jwksUrl: keySet.url }]);
    const publisher = await publisherOf(broker, keys);
    await publisher.publish({ subject: mailbox('before') });
    await publisher.publish({ ...HEARTBEAT });
    for (const name of ['a', 'b', 'c']) await publisher.publish({ subject: mailbox(name) }, next.signing);
    await world.happened.until(({ refused }) => refused.length === 3);
    expect(world.happened.refused).toEqual(['KEY_UNKNOWN', 'KEY_UNKNOWN', 'KEY_UNKNOWN']);
    expect(world.feed.parkedCount(PROVIDER)).toBe(3);
    expect(eventsAbout(world, 'a')).toEqual([]);
    // What is only parked is not known: the feed is not current.
    world.clockOffsetMs = 6_000;
    await expect.poll(() => stateOf(world)).toBe('LAGGING');
    // Nor has it come: the next number that does shows that some are missing.
    await publisher.publish({ ...HEARTBEAT });
    await world.happened.until(({ heartbeats }) => heartbeats === 2);
    expect(world.feed.statuses()[0]?.record.sequence).toMatchObject({ first: 1, last: 6, gaps: [[3, 5]] });
    await expect.poll(() => stateOf(world)).toBe('STALE');
    // The same again, as a back-fill brings it, takes no second place.
    await publisher.publish({ subject: mailbox('a'), seq: 3, jti: `jti-${PROVIDER}-3` }, next.signing);
    await keySet.asked(2);

    keySet.serveKeys([next.publicJwk, ...keys.publicJwks]);
    await publisher.publish({ subject: mailbox('d') }, next.signing);
    await world.happened.until(({ accepted }) => accepted === 5);
    // Entries can be read once they are durable.
    await expect.poll(() => recordedNumbers(world)).toHaveLength(5);
    const parked = [3, 4, 5];
    expect(recordedNumbers(world).filter((seq) => parked.some((one) => one === seq))).toEqual(parked);
    for (const name of ['before', 'a', 'b', 'c', 'd']) expect(eventsAbout(world, name)).toHaveLength(1);
    expect(world.feed.parkedCount(PROVIDER)).toBe(0);
    expect(world.feed.listQuarantine({ limit: 10 })).toEqual([]);
    await expect.poll(() => stateOf(world)).toBe('FRESH');
  });

  test('fault 14: a rotation while we are away loses nothing, even if the old key is gone when we are back', async () => {
    const broker = await startBroker(server);
    const keySet = await startKeySetServer();
    const keySetFolder = join(tempFolder(), 'key-sets');
    keySet.serveKeys(keys.publicJwks);
    const registered = [{ ...keys, jwksUrl: keySet.url }];
    const first = await startWorld(broker, registered, { feed: { keySetFolder } });
    const publisher = await publisherOf(broker, keys);
    await publisher.publish({ subject: mailbox('before') });
    await first.happened.until(({ accepted }) => accepted === 1);
    const { log, state } = first;
    await first.stop();

    await publisher.publish({ subject: mailbox('away') });
    keySet.serveKeys([next.publicJwk]);
    await publisher.publish({ subject: mailbox('rotated') }, next.signing);
    const back = await startWorld(broker, registered, { log, state, feed: { keySetFolder } });
    await back.happened.until(({ accepted }) => accepted === 2);
    for (const name of ['before', 'away', 'rotated']) expect(eventsAbout(back, name)).toHaveLength(1);

    // A state that has to be made anew reads the stream again from its first message: all of it is still good.
    const anew = await startWorld(broker, registered, { feed: { keySetFolder } });
    await anew.happened.until(({ accepted }) => accepted === 3);
    expect(anew.happened.refused.filter((reason) => reason !== 'KEY_UNKNOWN')).toEqual([]);
    await expect.poll(() => recordedNumbers(anew)).toHaveLength(3);
  });

  test('fault 14: parked events outlive a restart; the kept key set serves while its address cannot be reached', async () => {
    const broker = await startBroker(server);
    const keySet = await startKeySetServer();
    const keySetFolder = join(tempFolder(), 'key-sets');
    keySet.serveKeys(keys.publicJwks);
    const registered = [{ ...keys, jwksUrl: keySet.url }];
    const first = await startWorld(broker, registered, { feed: { keySetFolder } });
    const publisher = await publisherOf(broker, keys);
    await publisher.publish({ subject: mailbox('parked') }, next.signing);
    await first.happened.until(({ refused }) => refused.length === 1);
    const { log, state } = first;
    await first.stop();

    keySet.answer((_, response) => void response.writeHead(503).end());
    const back = await startWorld(broker, registered, { log, state, feed: { keySetFolder } });
    expect(back.feed.parkedCount(PROVIDER)).toBe(1);
    await publisher.publish({ subject: mailbox('known') });
    await back.happened.until(({ accepted }) => accepted === 1);
    expect(back.happened.keySets[0]).toMatchObject({ kind: 'taken', source: 'saved' });

    keySet.serveKeys([...keys.publicJwks, next.publicJwk]);
    await publisher.publish({ subject: mailbox('newer') }, next.signing);
    await back.happened.until(({ accepted }) => accepted === 3);
    for (const name of ['parked', 'known', 'newer']) expect(eventsAbout(back, name)).toHaveLength(1);
  });

  test('fault 14: a flood under unknown keys fills its own provider’s room only, and what found none is counted', async () => {
    const broker = await startBroker(server);
    const keySet = await startKeySetServer();
    const other = await providerKeys('acme', 'https://acme.example', 'domains: [acme.example]');
    keySet.serveKeys(keys.publicJwks);
    const world = await startWorld(broker, [{ ...keys, jwksUrl: keySet.url }, other], {
      feed: { parkingLimit: 20 },
    });
    const honest = await publisherOf(broker, keys);
    const hostile = await publisherOf(broker, other);
    await honest.publish({ subject: mailbox('victim') }, next.signing);
    for (let n = 0; n < 30; n++) await hostile.publish({ ...HEARTBEAT }, next.signing);
    await world.happened.until(({ refused }) => refused.length === 31);
    expect([world.feed.parkedCount(PROVIDER), world.feed.parkedCount('acme')]).toEqual([1, 20]);
    expect(countsOf(world, 'acme')).toEqual({ KEY_UNKNOWN: 20, PARKING_FULL: 10 });
    expect(world.feed.listQuarantine({ limit: 100, reason: 'PARKING_FULL' })).toHaveLength(10);

    keySet.serveKeys([...keys.publicJwks, next.publicJwk]);
    await honest.publish({ subject: mailbox('later') }, next.signing);
    await world.happened.until(({ accepted }) => accepted === 2);
    expect(eventsAbout(world, 'victim')).toHaveLength(1);

    // What found no room is tried with the others.
    world.register([
      { ...keys, jwksUrl: keySet.url },
      { ...other, publicJwks: [next.publicJwk] },
    ]);
    await world.happened.until(({ heartbeats }) => heartbeats === 30);
    expect(world.feed.listQuarantine({ limit: 100 })).toEqual([]);
    expect(world.feed.statuses().find(({ provider }) => provider === 'acme')?.record.sequence?.gaps).toEqual(
      [],
    );
  });

  test('a key that left its set is good for what came before, not for what comes after', async () => {
    const broker = await startBroker(server);
    const keySet = await startKeySetServer();
    keySet.serveKeys([next.publicJwk, ...keys.publicJwks]);
    // An hour behind the broker, so that the grace is over for it when we see that the key has left.
    const clock = { nowMs: () => Date.now() - HOUR_MS };
    const world = await startWorld(broker, [{ ...keys, jwksUrl: keySet.url }], { feed: { clock } });
    const publisher = await publisherOf(broker, keys);
    const say = (name: string, key = keys.signing): Promise<void> =>
      publisher.publish({ subject: mailbox(name), issuedAt: clock.nowMs() }, key);
    await say('old');
    await world.happened.until(({ accepted }) => accepted === 1);
    keySet.serveKeys([next.publicJwk]);
    await say('stranger', (await newKey('unknown')).signing);
    await world.happened.until(({ keySets }) =>
      keySets.some((happening) => happening.kind === 'taken' && happening.retiredCount === 1),
    );
    await say('late');
    await say('new', next.signing);
    await world.happened.until(({ accepted }) => accepted === 2);
    expect(world.happened.refused).toEqual(['KEY_UNKNOWN', 'KEY_RETIRED']);
    expect(['old', 'late', 'new'].map((name) => eventsAbout(world, name).length)).toEqual([1, 0, 1]);
  });

  test('a revoked key is refused at once, whatever its set says', async () => {
    const broker = await startBroker(server);
    const keySet = await startKeySetServer();
    keySet.serveKeys([next.publicJwk, ...keys.publicJwks]);
    const registered = { ...keys, jwksUrl: keySet.url };
    const world = await startWorld(broker, [registered]);
    const publisher = await publisherOf(broker, keys);
    await publisher.publish({ subject: mailbox('before') });
    await world.happened.until(({ accepted }) => accepted === 1);
    world.register([{ ...registered, revoked: [keys.signing.kid] }]);
    await world.happened.until(({ registriesLoaded }) => registriesLoaded === 2);
    await publisher.publish({ subject: mailbox('thief') });
    await publisher.publish({ subject: mailbox('owner') }, next.signing);
    await world.happened.until(({ accepted }) => accepted === 2);
    expect(world.happened.refused).toEqual(['KEY_REVOKED']);
    expect(['before', 'thief', 'owner'].map((name) => eventsAbout(world, name).length)).toEqual([1, 0, 1]);
    // It is no key that may come: nothing waits for it.
    expect(world.feed.parkedCount(PROVIDER)).toBe(0);
  });

  test('fault 13: no algorithm, a shared secret made of the public key, or an unknown critical header: refused, without any effect', async () => {
    const broker = await startBroker(server);
    const world = await startWorld(broker, [keys]);
    const publisher = await publisherOf(broker, keys);
    const { kid } = keys.signing;
    const payload = Buffer.from(
      (await signToken(said('forged'), keys.signing)).split('.')[1] ?? '',
      'base64url',
    );
    const head = (fields: object): string =>
      Buffer.from(JSON.stringify({ typ: 'secevent+jwt', kid, ...fields })).toString('base64url');
    const unsigned = (fields: object): string => `${head(fields)}.${payload.toString('base64url')}`;
    const publicBytes = Buffer.from(JSON.stringify(keys.publicJwks[0]));
    const hmac = (text: string): string => createHmac('sha256', publicBytes).update(text).digest('base64url');
    const good = (await signToken(said('forged'), keys.signing)).split('.')[2] ?? '';
    const hs256 = unsigned({ alg: 'HS256' });
    const forged: readonly (readonly [string, string])[] = [
      [`${unsigned({ alg: 'none' })}.`, 'MALFORMED'],
      [`${unsigned({ alg: 'none' })}.${good}`, 'ALGORITHM_REFUSED'],
      [`${unsigned({ alg: 'None' })}.${good}`, 'ALGORITHM_REFUSED'],
      [`${hs256}.${hmac(hs256)}`, 'ALGORITHM_REFUSED'],
      [`${unsigned({ alg: 'RS256' })}.${good}`, 'ALGORITHM_REFUSED'],
      [`${unsigned({ alg: 'EdDSA', crit: ['exp'] })}.${good}`, 'CRITICAL_EXTENSION'],
      [`${unsigned({ alg: 'EdDSA', jwk: next.publicJwk })}.${good}`, 'SIGNATURE_INVALID'],
    ];
    for (const [token] of forged) await publisher.publishRaw(`holdfast.feed.${PROVIDER}`, bytesOf(token));
    await publisher.publish({ subject: mailbox('honest') });
    await world.happened.until(({ accepted }) => accepted === 1);
    expect(world.happened.refused).toEqual(forged.map(([, reason]) => reason));
    expect(countsOf(world)).toEqual({
      MALFORMED: 1,
      ALGORITHM_REFUSED: 4,
      CRITICAL_EXTENSION: 1,
      SIGNATURE_INVALID: 1,
    });
    expect(eventsAbout(world, 'forged')).toEqual([]);
    await expect.poll(() => recordedNumbers(world)).toHaveLength(1);
    expect(world.feed.statuses()[0]?.record.sequence).toMatchObject({ first: 1, last: 1 });
  });

  test('fault 15: a good signature under another audience, issuer or subject is refused and counted for that provider', async () => {
    const broker = await startBroker(server);
    const other = await providerKeys('acme', 'https://acme.example', 'domains: [acme.example]');
    // One kid for both: the key is looked up under the subject's provider, never by the kid alone.
    const sameKid = { ...other.signing, kid: keys.signing.kid };
    const acme = {
      ...other,
      signing: sameKid,
      publicJwks: other.publicJwks.map((jwk) => ({ ...jwk, kid: sameKid.kid })),
    };
    const world = await startWorld(broker, [keys, acme]);
    const publisher = await publisherOf(broker, acme);
    await publisher.publish({ audience: 'urn:another-exchange' });
    await publisher.publish({ issuer: keys.issuer, subject: mailbox('victim') });
    const foreign = await signToken(said('victim', { issuer: keys.issuer }), acme.signing);
    await publisher.publishRaw(`holdfast.feed.${PROVIDER}`, bytesOf(foreign));
    await publisher.publish({ subject: { format: 'email', email: 'victim@att.net' } });
    await publisher.publish({ ...HEARTBEAT });
    const att = await publisherOf(broker, keys);
    await att.publish({ subject: mailbox('customer') });
    await world.happened.until(({ accepted, heartbeats }) => accepted === 1 && heartbeats === 1);
    expect(countsOf(world, 'acme')).toEqual({
      AUDIENCE_MISMATCH: 1,
      ISSUER_MISMATCH: 1,
      NOT_AUTHORISED: 1,
    });
    expect(countsOf(world)).toEqual({ SIGNATURE_INVALID: 1 });
    expect(eventsAbout(world, 'victim')).toEqual([]);
    expect(eventsAbout(world, 'customer')).toHaveLength(1);
  });
});

function said(name: string, overrides: Parameters<typeof content>[0] = {}) {
  return content({ jti: `forged-${name}`, issuedAt: Date.now(), subject: mailbox(name), ...overrides });
}
