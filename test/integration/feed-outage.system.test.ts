import { afterEach, describe, expect, test } from 'vitest';
import { RISC, VERIFICATION } from '../../src/feed/event-types.js';
import { Channel, FeedState } from '../../src/gen/holdfast/v1/decision_pb.js';
import { type Blackhole, TcpProxy } from '../nats/tcp-proxy.js';
import { feedWhere, mailbox, server, startProviderWorld } from './provider-world.js';
import { codes, HOUR_MS, usual } from './requests.js';

const proxies: TcpProxy[] = [];
afterEach(async () => {
  for (const proxy of proxies.splice(0)) await proxy.close();
});

const COMPROMISE = {
  subject: mailbox('vera'),
  eventType: `${RISC}credential-compromise`,
  event: { credential_type: 'password' },
} as const;

describe.runIf(server !== undefined)('a broker that is away', () => {
  test('fault 1: an hour after it was killed answers still know what it said, and say that it is STALE', async () => {
    const { broker, service, publisher } = await startProviderWorld();
    await publisher.publish(COMPROMISE);
    await publisher.publish({ eventType: VERIFICATION, event: {} });
    await feedWhere(service, ({ state }) => state === FeedState.FRESH);
    const before = await service.assess(usual('w-before', { email: 'vera@att.net' }));
    await broker.kill();
    await feedWhere(service, ({ state }) => state === FeedState.STALE);
    service.clock.now += HOUR_MS;

    const after = await service.assess(usual('w-after', { email: 'vera@att.net' }));
    expect(after.feeds.map(({ state }) => state)).toEqual([FeedState.STALE]);
    expect(codes(after)).toEqual(expect.arrayContaining([...codes(before)]));
    expect(after.untrustedChannels).toContain(Channel.EMAIL);
    expect(after.degradations.map(({ code }) => code)).toContain('FEED_STALE');
    expect((await service.ops('/readyz')).status).toBe(200);

    await broker.up();
    await publisher.publish({ eventType: VERIFICATION, event: {}, issuedAt: service.clock.now });
    await feedWhere(service, ({ state }) => state === FeedState.FRESH);
    const again = await service.assess(usual('w-again', { email: 'vera@att.net' }));
    expect(again.feeds.map(({ state }) => state)).toEqual([FeedState.FRESH]);
  });

  test.each<Blackhole>(['swallows', 'never-accepts'])(
    'fault 3: an address that %s changes neither readiness nor answers, nor a start',
    async (kind) => {
      let proxy: TcpProxy | undefined;
      const { service, publisher } = await startProviderWorld([], async (broker) => {
        proxy = await TcpProxy.open(broker.port);
        proxies.push(proxy);
        return proxy.url;
      });
      await publisher.publish(COMPROMISE);
      await feedWhere(service, ({ acceptedCount }) => acceptedCount === 1n);
      await proxy?.blackhole(kind);
      await feedWhere(service, ({ state }) => state === FeedState.STALE);
      expect((await service.ops('/readyz')).status).toBe(200);
      const answer = await service.assess(usual('w-1', { email: 'vera@att.net' }));
      expect(answer.untrustedChannels).toContain(Channel.EMAIL);

      const restarted = await service.restart();
      expect((await restarted.ops('/readyz')).status).toBe(200);
      const known = await restarted.assess(usual('w-2', { email: 'vera@att.net' }));
      expect(known.untrustedChannels).toContain(Channel.EMAIL);
      expect(known.feeds.map(({ state }) => state)).toEqual([FeedState.STALE]);
      await proxy?.restore();
      await feedWhere(restarted, ({ state }) => state !== FeedState.STALE);
    },
  );
});
