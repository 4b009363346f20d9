import { afterEach, describe, expect, test } from 'vitest';
import type { MailboxLink } from '../../src/decision/evidence.js';
import { opaqueSubjectOf } from '../../src/identity/opaque-subject.js';
import { addressOf, pairKey } from '../identity/fixtures.js';
import { TestBroker, testServers } from './broker.js';
import { FeedWorld, PROVIDER, providerKeys, TestPublisher } from './feed-world.js';

const DAY_MS = 86_400_000;

const keys = await providerKeys();
const servers = await testServers();
const k1 = pairKey('k1', 31);
const k2 = pairKey('k2', 32);

/** What a test made, last made first gone. */
const made: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of made.splice(0).reverse()) await end();
});

/** The pair keys file with these keys, newest first. */
function fileOf(...pairKeys: (typeof k1)[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairKeys.map(({ id, secret }) => [id, secret.export().toString('base64url')] as const),
  );
}

describe.each(servers)('pair keys, nats-server $version', (server) => {
  test('rotate: mailboxes named while both live match events under either, and those named later under the new one', async () => {
    const broker = await TestBroker.start(server);
    made.push(() => broker.stop());
    const world = new FeedWorld(broker.url);
    made.push(() => world.stop());
    let loaded = 0;
    const live = async (...pairKeys: (typeof k1)[]): Promise<void> => {
      world.register([{ ...keys, pairKeys: fileOf(...pairKeys) }]);
      loaded++;
      if (loaded > 1) await world.happened.until(({ registriesLoaded }) => registriesLoaded === loaded);
    };
    await live(k1);
    await world.start();
    const publisher = await TestPublisher.connect(broker.url, keys);
    made.push(() => publisher.close());
    let published = 0;
    const publish = async (key: typeof k1, name: string): Promise<void> => {
      await publisher.publish({
        subject: { format: 'opaque', id: opaqueSubjectOf(key, addressOf(`${name}@att.net`)) },
      });
      published++;
      await world.happened.until(({ accepted, refused }) => accepted + refused.length === published);
    };
    /** The mailbox as an account that names it now stores it. */
    const named = (name: string): MailboxLink =>
      world.pseudonyms.mailbox(addressOf(`${name}@att.net`), Date.now());
    const matches = (link: MailboxLink): number =>
      world.view.mailboxView(link, Date.now()).records.flatMap(({ record }) => record.events).length;

    const before = named('joe');
    await publish(k1, 'joe');
    expect(matches(before)).toBe(1);

    await live(k2, k1);
    const during = named('joe');
    expect(matches(during)).toBe(1);
    await publish(k2, 'joe');
    await publish(k1, 'ann');
    // Why the overlap is needed: what was named before the new key is not found by it.
    expect([matches(before), matches(during), matches(named('ann'))]).toEqual([1, 2, 1]);

    world.clockOffsetMs = 31 * DAY_MS;
    await live(k2);
    const after = named('joe');
    expect([matches(during), matches(after)]).toEqual([2, 1]);
    await publish(k2, 'joe');
    expect([matches(during), matches(after)]).toEqual([3, 2]);
    expect(world.happened.pairKeysDroppedEarly).toEqual([]);

    // A provider that was not told: its event waits and its number is missing, until the key is put back.
    await publish(k1, 'joe');
    expect(world.happened.refused).toEqual(['PAIR_KEY_UNKNOWN']);
    expect(world.feed.parkedCount(PROVIDER)).toBe(1);
    await publish(k2, 'joe');
    expect(world.feed.statuses()[0]?.record.sequence?.gaps).toEqual([[5, 5]]);
    await live(k2, k1);
    await world.happened.until(({ accepted }) => accepted === published);
    expect(world.feed.statuses()[0]?.record.sequence?.gaps).toEqual([]);
    expect(matches(during)).toBe(5);
  });

  test('that are replaced at once are told, also under the same id', async () => {
    const broker = await TestBroker.start(server);
    made.push(() => broker.stop());
    const world = new FeedWorld(broker.url);
    made.push(() => world.stop());
    world.register([{ ...keys, pairKeys: fileOf(k1) }]);
    await world.start();
    world.register([{ ...keys, pairKeys: fileOf({ ...k2, id: 'k1' }) }]);
    await world.happened.until(({ registriesLoaded }) => registriesLoaded === 2);
    expect(world.happened.pairKeysDroppedEarly).toEqual(['k1']);
  });
});
