import { afterEach, describe, expect, test } from 'vitest';
import { VERIFICATION } from '../../src/feed/event-types.js';
import { opaqueSubjectOf } from '../../src/identity/opaque-subject.js';
import { ATT_PAIR_KEY, bytesOf } from '../feed/fixtures.js';
import { addressOf } from '../identity/fixtures.js';
import { TestBroker, testServers } from './broker.js';
import { FeedWorld, type FeedWorldOptions, PROVIDER, providerKeys, TestPublisher } from './feed-world.js';
import { OwnTime } from './own-time.js';

const keys = await providerKeys();
const servers = await testServers();

/** What a test made, last made first gone. */
const made: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of made.splice(0).reverse()) await end();
});

async function setUp(server: (typeof servers)[number], options: FeedWorldOptions = {}) {
  const broker = await TestBroker.start(server);
  made.push(() => broker.stop());
  const world = await newWorld(broker, options);
  const publisher = await TestPublisher.connect(broker.url, keys);
  made.push(() => publisher.close());
  return { broker, world, publisher };
}

async function newWorld(broker: TestBroker, options: FeedWorldOptions = {}): Promise<FeedWorld> {
  const world = new FeedWorld(broker.url, options);
  made.push(() => world.stop());
  world.register([keys]);
  await world.start();
  await world.happened.until(({ reports }) => reports.length > 0);
  return world;
}

function mailbox(name: string) {
  return { format: 'opaque', id: opaqueSubjectOf(ATT_PAIR_KEY, addressOf(`${name}@att.net`)) } as const;
}

/** Types of the events that an account with this mailbox is answered from. */
function eventsAbout(world: FeedWorld, email: string): readonly string[] {
  const link = world.pseudonyms.mailbox(addressOf(email), Date.now());
  return world.view
    .mailboxView(link, Date.now())
    .records.flatMap(({ record }) => record.events.map(({ type }) => type));
}

function stateOf(world: FeedWorld): string | undefined {
  return world.feed.statuses()[0]?.state;
}

// Where no broker can be had there is nothing to run; `find-server.test.ts` shows that it is said.
describe.each(servers)('nats-server $version', (server) => {
  test('a signed event is known to the next answer; a heartbeat makes the feed FRESH', async () => {
    const { world, publisher } = await setUp(server);
    expect(stateOf(world)).toBe('SILENT');
    await publisher.publish({ subject: mailbox('victim') });
    await publisher.publish({
      eventType: VERIFICATION,
      event: {},
      subject: { format: 'opaque', id: PROVIDER },
    });
    await world.happened.until(({ accepted, heartbeats }) => accepted === 1 && heartbeats === 1);
    expect(eventsAbout(world, 'victim@att.net')).toEqual(['CREDENTIAL_COMPROMISE']);
    expect(eventsAbout(world, 'other@att.net')).toEqual([]);
    await expect.poll(() => stateOf(world)).toBe('FRESH');
  });

  test('fault 1: a killed broker makes the feed STALE, and reading goes on where it stopped', async () => {
    const { world, publisher, broker } = await setUp(server);
    await publisher.publish({ subject: mailbox('first') });
    await world.happened.until(({ accepted }) => accepted === 1);
    await broker.kill();
    await world.happened.until(({ downs }) => downs.length > 0);
    expect(stateOf(world)).toBe('STALE');
    expect(eventsAbout(world, 'first@att.net')).toHaveLength(1);
    await broker.up();
    await publisher.publish({ subject: mailbox('second') });
    await world.happened.until(({ accepted }) => accepted === 2);
    expect(eventsAbout(world, 'second@att.net')).toHaveLength(1);
    expect(world.happened).toMatchObject({ duplicates: 0, resets: [], refused: [] });
  });

  test('fault 2: a frozen broker is noticed within 10 s; after it, the view is current within 2 s', async () => {
    const { world, publisher, broker } = await setUp(server);
    await publisher.publish({ subject: mailbox('first') });
    await world.happened.until(({ accepted }) => accepted === 1);
    const frozen = new OwnTime();
    broker.freeze();
    await world.happened.until(({ downs }) => downs.length > 0);
    expect(frozen.stopMs()).toBeLessThan(10_000);
    expect(stateOf(world)).toBe('STALE');
    broker.thaw();
    await publisher.publish({ subject: mailbox('second') });
    const thawed = new OwnTime();
    await world.happened.until(({ accepted }) => accepted === 2);
    expect(thawed.stopMs()).toBeLessThan(2_000);
    expect(world.happened.duplicates).toBe(0);
  });

  test('fault 5: a stream deleted and recreated is noticed, and everything in it is applied', async () => {
    const { world, publisher } = await setUp(server);
    for (const name of ['a', 'b', 'c', 'd']) await publisher.publish({ subject: mailbox(name) });
    await world.happened.until(({ accepted }) => accepted === 4);
    await publisher.deleteStream();
    await world.happened.until(({ resets }) => resets.length === 1);
    for (const name of ['e', 'f', 'g', 'h', 'i', 'j', 'k'])
      await publisher.publish({ subject: mailbox(name) });
    await world.happened.until(({ accepted }) => accepted === 11);
    expect(world.happened.resets).toEqual(['RECREATED']);
    for (const name of 'abcdefghijk') expect(eventsAbout(world, `${name}@att.net`)).toHaveLength(1);
  });

  test('fault 5: recreated by somebody else while we were away, longer than what we had read', async () => {
    const { world, publisher, broker } = await setUp(server);
    await publisher.publish({ subject: mailbox('a') });
    await world.happened.until(({ accepted }) => accepted === 1);
    const { log, state } = world;
    await made.splice(1, 1)[0]?.();
    await publisher.deleteStream();
    const between = await newWorld(broker);
    for (const name of ['b', 'c', 'd']) await publisher.publish({ subject: mailbox(name) });
    await between.happened.until(({ accepted }) => accepted === 3);
    const back = await newWorld(broker, { log, state });
    await back.happened.until(({ accepted }) => accepted === 3);
    expect(back.happened.resets).toEqual(['RECREATED']);
    for (const name of 'abcd') expect(eventsAbout(back, `${name}@att.net`)).toHaveLength(1);
  });

  test('fault 4: a broker that comes back with older data is RESET; nothing known is lost', async () => {
    const { world, publisher, broker } = await setUp(server);
    await publisher.publish({ subject: mailbox('kept') });
    await world.happened.until(({ accepted }) => accepted === 1);
    await broker.backUp('monday');
    await publisher.publish({ subject: mailbox('lost') });
    await world.happened.until(({ accepted }) => accepted === 2);
    await broker.rollBackTo('monday');
    await world.happened.until(({ resets }) => resets.length === 1);
    expect(world.happened.resets).toEqual(['ROLLED_BACK']);
    expect(stateOf(world)).toBe('RESET');
    expect(eventsAbout(world, 'lost@att.net')).toHaveLength(1);
    await publisher.publish({ subject: mailbox('later'), issuedAt: Date.now() + 1_000 });
    await publisher.publish({ eventType: VERIFICATION, event: {}, issuedAt: Date.now() + 1_000 });
    await world.happened.until(({ accepted }) => accepted === 3);
    await expect.poll(() => stateOf(world)).toBe('FRESH');
    expect(eventsAbout(world, 'kept@att.net')).toHaveLength(1);
  });

  test('fault 4: older data that has grown past our place again is told by its last message', async () => {
    const { world, publisher, broker } = await setUp(server);
    await publisher.publish({ subject: mailbox('kept') });
    await world.happened.until(({ accepted }) => accepted === 1);
    await broker.backUp('monday');
    await publisher.publish({ subject: mailbox('lost') });
    await world.happened.until(({ accepted }) => accepted === 2);
    const { log, state } = world;
    await made.splice(1, 1)[0]?.();
    await broker.rollBackTo('monday');
    for (const name of ['x', 'y', 'z']) await publisher.publish({ subject: mailbox(name) });
    const back = await newWorld(broker, { log, state });
    await back.happened.until(({ accepted }) => accepted === 3);
    expect(back.happened.resets).toEqual(['REWRITTEN']);
    for (const name of ['kept', 'lost', 'x', 'y', 'z'])
      expect(eventsAbout(back, `${name}@att.net`)).toHaveLength(1);
  });

  test('a restart goes on from the cursor in the state', async () => {
    const { world, publisher, broker } = await setUp(server);
    await publisher.publish({ subject: mailbox('a') });
    await publisher.publish({ subject: mailbox('b') });
    await world.happened.until(({ accepted }) => accepted === 2);
    const { log, state } = world;
    await made.splice(1, 1)[0]?.();
    await publisher.publish({ subject: mailbox('c') });
    const back = await newWorld(broker, { log, state });
    await back.happened.until(({ accepted }) => accepted === 1);
    expect(back.happened).toMatchObject({ duplicates: 0, resets: [] });
    for (const name of 'abc') expect(eventsAbout(back, `${name}@att.net`)).toHaveLength(1);
    expect(back.feed.statuses()[0]?.record).toMatchObject({
      acceptedCount: 3,
      sequence: { first: 1, last: 3 },
    });
  });

  test('fault 9: the same event again, long after the broker has forgotten it, changes nothing', async () => {
    const { world, publisher } = await setUp(server);
    await publisher.publish({ jti: 'one', subject: mailbox('victim') });
    await publisher.publish({ jti: 'other', subject: mailbox('victim') });
    await world.happened.until(({ accepted }) => accepted === 2);
    const before = eventsAbout(world, 'victim@att.net');
    await publisher.deleteStream();
    await world.happened.until(({ resets }) => resets.length === 1);
    await publisher.publish({ jti: 'one', subject: mailbox('victim') });
    await world.happened.until(({ duplicates }) => duplicates === 1);
    expect(eventsAbout(world, 'victim@att.net')).toEqual(before);
    expect(world.happened.accepted).toBe(2);
  });

  test('faults 11, 12, 15, 17, 19: refused messages are set aside with their reason, and the next one is read', async () => {
    const { world, publisher } = await setUp(server);
    await publisher.publishRaw(`holdfast.feed.${PROVIDER}`, bytesOf('not a token'));
    await publisher.publishRaw(`holdfast.feed.${PROVIDER}`, bytesOf('x'.repeat(9_000)));
    await publisher.publish({ audience: 'urn:else' });
    await publisher.publish({ issuedAt: Date.now() + 86_400_000 });
    await publisher.publish({ subject: { format: 'email', email: 'canary@gmail.com' } });
    await publisher.publishRaw('holdfast.feed.nobody', bytesOf('a.b.c'));
    await publisher.publish({ subject: mailbox('victim') });
    await world.happened.until(({ accepted }) => accepted === 1);
    const reasons = [
      'MALFORMED',
      'TOO_LARGE',
      'AUDIENCE_MISMATCH',
      'ISSUED_IN_FUTURE',
      'NOT_AUTHORISED',
      'PROVIDER_UNKNOWN',
    ];
    expect(world.happened.refused).toEqual(reasons);
    const kept = world.feed.listQuarantine({ limit: 100 });
    expect(kept.map(({ reason }) => reason).reverse()).toEqual(reasons);
    expect(JSON.stringify(kept)).not.toContain('canary');
    expect(world.feed.listQuarantine({ limit: 1, reason: 'TOO_LARGE' })).toMatchObject([
      { sizeBytes: 9_000 },
    ]);
    expect(world.feed.statuses()[0]?.record.refused).toEqual({
      MALFORMED: 1,
      TOO_LARGE: 1,
      AUDIENCE_MISMATCH: 1,
      ISSUED_IN_FUTURE: 1,
      NOT_AUTHORISED: 1,
    });
    expect(eventsAbout(world, 'victim@att.net')).toHaveLength(1);
  });

  test('fault 14: an event under a key that is not registered yet is parked, and applied when the key comes', async () => {
    const { world, publisher } = await setUp(server);
    const next = await providerKeys();
    const rotated = { ...next.signing, kid: 'next' };
    await publisher.publish({ subject: mailbox('victim') }, rotated);
    await world.happened.until(({ refused }) => refused.length === 1);
    expect(world.happened.refused).toEqual(['KEY_UNKNOWN']);
    expect(eventsAbout(world, 'victim@att.net')).toEqual([]);
    const publicNext = next.publicJwks.map((jwk) => ({ ...jwk, kid: 'next' }));
    world.register([{ ...keys, publicJwks: [...keys.publicJwks, ...publicNext] }]);
    await world.happened.until(({ accepted }) => accepted === 1);
    expect(eventsAbout(world, 'victim@att.net')).toHaveLength(1);
    expect(world.feed.listQuarantine({ limit: 10 })).toEqual([]);
  });

  test('an operator tries a refused message again after putting the cause right', async () => {
    const { world, publisher } = await setUp(server);
    await publisher.publish({ subject: { format: 'email', email: 'somebody@acme.example' } });
    await world.happened.until(({ refused }) => refused.length === 1);
    const [message] = world.feed.listQuarantine({ limit: 1 });
    const id = message?.id ?? '';
    expect(await world.feed.retryQuarantined(id)).toMatchObject({
      kind: 'tried',
      outcome: { reason: 'NOT_AUTHORISED' },
    });
    world.register([{ ...keys, scope: 'domains: [acme.example]' }]);
    await world.happened.until(({ registriesLoaded }) => registriesLoaded === 2);
    expect(await world.feed.retryQuarantined(id)).toMatchObject({
      kind: 'tried',
      outcome: { kind: 'evidence' },
    });
    expect(await world.feed.retryQuarantined(id)).toEqual({ kind: 'not-found' });
    expect(eventsAbout(world, 'somebody@acme.example')).toHaveLength(1);
  });
});

test.runIf(servers.length > 0)('at least one server is today\u2019s or the oldest that must do', () => {
  expect(servers.some(({ modern, version }) => modern || version.startsWith('2.9.'))).toBe(true);
});
