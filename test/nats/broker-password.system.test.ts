import { afterEach, expect, test } from 'vitest';
import { encodeFeedRecord, markReset, NEW_FEED } from '../../src/feed/feed-record.js';
import { describeFeeds } from '../../src/service/feeds.js';
import { TestBroker, testServer } from './broker.js';
import { FeedWorld, PROVIDER, providerKeys } from './feed-world.js';

const CONFIG = 'authorization { user: holdfast, password: right-password }';

const worlds: FeedWorld[] = [];
let broker: TestBroker | undefined;

afterEach(async () => {
  for (const world of worlds.splice(0)) await world.stop();
  await broker?.stop();
});

const server = await testServer();

test.runIf(server !== undefined)(
  'a wrong password shows the lost link and why, not the state of before',
  async () => {
    broker = await TestBroker.start(server, CONFIG);
    const world = new FeedWorld(broker.url.replace('nats://', 'nats://holdfast:wrong-password@'));
    worlds.push(world);
    world.register([await providerKeys()]);
    // Before, the stream had been found recreated.
    world.view.setFeed(PROVIDER, encodeFeedRecord(markReset(NEW_FEED, Date.now())));
    await world.start();
    await world.happened.until(({ downs }) => downs.some((cause) => /authorization/i.test(cause)));
    expect(world.feed.statuses()).toMatchObject([{ provider: PROVIDER, state: 'STALE' }]);
    expect(describeFeeds(world.feed)).toMatch(/0 of 1 fresh, broker not reached: .*authorization/i);
    expect([...world.happened.downs, describeFeeds(world.feed)].join()).not.toContain('password');
  },
);
