import { afterEach, describe, expect, test } from 'vitest';
import { EvidenceView } from '../../src/evidence/evidence-view.js';
import { CAEP, RESECURED, RETRACTION, RISC, VERIFICATION } from '../../src/feed/event-types.js';
import type { TokenContent } from '../../src/feed/provider/sign-token.js';
import { opaqueSubjectOf } from '../../src/identity/opaque-subject.js';
import { MemoryLogStore } from '../../src/store/memory-log-store.js';
import { MemoryStateStore } from '../../src/store/memory-state-store.js';
import { ATT_PAIR_KEY, bytesOf } from '../feed/fixtures.js';
import { addressOf } from '../identity/fixtures.js';
import { TestBroker, testServers } from './broker.js';
import { POISON, randomSource } from './campaign.js';
import { FeedWorld, type FeedWorldOptions, PROVIDER, providerKeys, TestPublisher } from './feed-world.js';

const keys = await providerKeys();
const servers = await testServers();

const made: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of made.splice(0).reverse()) await end();
});

async function newBroker(server: (typeof servers)[number]): Promise<TestBroker> {
  const broker = await TestBroker.start(server);
  made.push(() => broker.stop());
  return broker;
}

async function newWorld(broker: TestBroker, options: FeedWorldOptions = {}): Promise<FeedWorld> {
  const world = new FeedWorld(broker.url, options);
  made.push(() => world.stop());
  world.register([keys]);
  await world.start();
  await world.happened.until(({ reports }) => reports.length > 0);
  return world;
}

async function newPublisher(broker: TestBroker, of = keys): Promise<TestPublisher> {
  const publisher = await TestPublisher.connect(broker.url, of);
  made.push(() => publisher.close());
  return publisher;
}

function mailbox(name: string) {
  return { format: 'opaque', id: opaqueSubjectOf(ATT_PAIR_KEY, addressOf(`${name}@att.net`)) } as const;
}

/** All that is known of a mailbox, but for when it came. */
function knownOf(world: FeedWorld, name: string) {
  const record = world.view.mailbox(mailbox(name).id.replace('hmac-sha256:', `p:${PROVIDER}:`));
  return {
    events: record?.events.map((event) => ({ ...event, receivedAt: 0 })),
    retractions: record?.retractions.map((retraction) => ({ ...retraction, receivedAt: 0 })),
  };
}

/** The story of a mailbox: exposed, secured, exposed again, with a mistake that was taken back, and signs around it. */
function story(now: number): readonly Partial<TokenContent>[] {
  const at = (hours: number): number => Math.floor(now / 1_000) - hours * 3_600;
  const about = (jti: string, hours: number, eventType: string, fields: object = {}) => ({
    jti,
    subject: mailbox('vera'),
    eventType,
    event: { ...fields, event_timestamp: at(hours) },
  });
  const appPassword = { credential_type: 'mail-app-password' };
  return [
    about('watch', 90, `${CAEP}credential-change`, { ...appPassword, change_type: 'create' }),
    about('exposed', 80, `${RISC}credential-compromise`, { credential_type: 'password' }),
    about('sign', 70, `${RISC}recovery-activated`),
    about('secured', 60, RESECURED),
    about('mistake', 50, `${RISC}credential-compromise`, { credential_type: 'password' }),
    {
      jti: 'sorry',
      subject: { format: 'opaque', id: 'sorry' },
      eventType: RETRACTION,
      event: { jti: 'mistake' },
    },
    about('again', 40, `${RISC}credential-compromise`, { credential_type: 'password' }),
    about('revoked', 30, `${CAEP}credential-change`, { ...appPassword, change_type: 'revoke' }),
    ...Array.from({ length: 12 }, (_, n) => about(`session-${n}`, 20 - n, `${CAEP}session-revoked`)),
  ];
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const result = [...list];
  for (let n = result.length - 1; n > 0; n--) {
    const other = Math.floor(random() * (n + 1));
    const [a, b] = [result[n], result[other]];
    if (a !== undefined && b !== undefined) [result[n], result[other]] = [b, a];
  }
  return result;
}

const ORDERS = 4;
const SEED = 20_261_125;

describe.each(servers)('nats-server $version', (server) => {
  test(`fault 10: a mailbox's story in ${ORDERS} orders, with repetitions, ends in the state of the true order`, async () => {
    const random = randomSource(SEED);
    const now = Date.now();
    const events = story(now).map((event, index) => ({ ...event, seq: index + 1, issuedAt: now }));
    const orders = Array.from({ length: ORDERS }, () => {
      const repeated = shuffled(events, random).slice(0, 5);
      return shuffled([...events, ...repeated], random);
    });
    const [wanted, ...others] = await Promise.all(
      [events, ...orders].map((order) => toldIn(order, events.length)),
    );
    expect(wanted?.retractions).toHaveLength(1);
    for (const other of others) expect(other).toEqual(wanted);

    /** What a service of its own comes to know of the mailbox. */
    async function toldIn(order: readonly Partial<TokenContent>[], different: number) {
      const broker = await newBroker(server);
      const world = await newWorld(broker);
      const publisher = await newPublisher(broker);
      for (const event of order) await publisher.publishRepeatable(event);
      await world.happened.until(({ accepted, duplicates }) => accepted + duplicates === order.length);
      expect(world.happened.accepted).toBe(different);
      expect(world.feed.statuses()[0]?.record.sequence).toMatchObject({
        first: 1,
        last: different,
        gaps: [],
      });
      return knownOf(world, 'vera');
    }
  });

  test('fault 11: an event on which our own code throws is set aside for good; the feed goes on, also after a restart', async () => {
    const broker = await newBroker(server);
    const [log, state] = [new MemoryLogStore(), new MemoryStateStore()];
    const poisoned = { log, state, view: () => new PoisonedView(state, { cacheBytes: 1_000_000 }) };
    const world = await newWorld(broker, poisoned);
    const publisher = await newPublisher(broker);
    await publisher.publish({ eventType: POISON, event: {} });
    await publisher.publish({ subject: mailbox('after') });
    await world.happened.until(({ accepted }) => accepted === 1);
    expect(world.happened.refused).toEqual(['HANDLER_FAILED']);
    expect(world.feed.listQuarantine({ limit: 10 })).toMatchObject([
      { reason: 'HANDLER_FAILED', detail: 'RangeError', provider: PROVIDER },
    ]);
    expect(knownOf(world, 'after').events).toHaveLength(1);
    await made.splice(1, 1)[0]?.();
    const again = await newWorld(broker, poisoned);
    await publisher.publish({ subject: mailbox('later') });
    await again.happened.until(({ accepted }) => accepted === 1);
    expect(again.happened.refused).toEqual([]);
    expect(knownOf(again, 'later').events).toHaveLength(1);
  });

  test('fault 19: where the broker lets one provider publish as another, its signature does not pass', async () => {
    const broker = await newBroker(server);
    const other = await providerKeys('other', 'https://other.example', 'domains: [other.example]');
    const world = new FeedWorld(broker.url);
    made.push(() => world.stop());
    world.register([keys, other]);
    await world.start();
    await world.happened.until(({ reports }) => reports.length > 0);
    const [honest, hostile] = [await newPublisher(broker), await newPublisher(broker, other)];
    await honest.publish({ eventType: VERIFICATION, event: {} });
    await world.happened.until(({ heartbeats }) => heartbeats === 1);
    const before = world.feed.statuses().find(({ provider }) => provider === PROVIDER)?.record;

    const flood = 500;
    const forged = { subject: mailbox('victim'), issuer: keys.issuer, issuedAt: Date.now() + 30_000 };
    for (let n = 1; n <= flood; n++)
      await hostile.publishAs(PROVIDER, { ...forged, jti: `f${n}`, seq: 1_000 + n });
    await honest.publish({ subject: mailbox('real') });
    await world.happened.until(({ accepted }) => accepted === 1);
    const after = world.feed.statuses().find(({ provider }) => provider === PROVIDER)?.record;
    expect(after?.refused).toEqual({ KEY_UNKNOWN: flood });
    expect(after?.sequence).toMatchObject({ last: (before?.sequence?.last ?? 0) + 1, gaps: [] });
    expect(after?.heartbeatAt).toBe(before?.heartbeatAt);
    expect(knownOf(world, 'victim').events).toBeUndefined();
    expect(knownOf(world, 'real').events).toHaveLength(1);
  });

  test('what came without an entry of the log outlives a crash within seconds: heartbeats, refusals, the place', async () => {
    const broker = await newBroker(server);
    const [log, state] = [new MemoryLogStore(), new MemoryStateStore()];
    const world = new FeedWorld(broker.url, { log, state });
    world.register([keys]);
    await world.start();
    const publisher = await newPublisher(broker);
    await world.happened.until(({ reports }) => reports.length > 0);
    await publisher.publish({ eventType: VERIFICATION, event: {} });
    await publisher.publishRaw(`holdfast.feed.${PROVIDER}`, bytesOf('not a token'));
    await world.happened.until(({ heartbeats, refused }) => heartbeats === 1 && refused.length === 1);
    await expect.poll(() => state.get('feeds', PROVIDER)).toBeDefined();
    expect(log.lastPosition).toBe(0);
    const disks = await world.crash(() => ({ log: log.powerLoss(), state: state.powerLoss() }));

    const back = await newWorld(broker, disks);
    await publisher.publish({ subject: mailbox('later') });
    await back.happened.until(({ accepted }) => accepted === 1);
    // Nothing was read again.
    expect(back.happened).toMatchObject({ heartbeats: 0, refused: [] });
    expect(back.feed.listQuarantine({ limit: 10 })).toMatchObject([{ reason: 'MALFORMED' }]);
    expect(back.feed.statuses()[0]).toMatchObject({ state: 'FRESH', record: { refused: { MALFORMED: 1 } } });
  });
});

/** The evidence as it is, but that it throws on one type of event. */
class PoisonedView extends EvidenceView {
  override applyBody(...args: Parameters<EvidenceView['applyBody']>): void {
    const [, , body] = args;
    if (
      body.kind === 'provider-event' &&
      body.content.kind === 'unknown-type' &&
      body.content.type === POISON
    ) {
      throw new RangeError('poison');
    }
    super.applyBody(...args);
  }
}
