import { describe, expect, test } from 'vitest';
import { RISC } from '../../src/feed/event-types.js';
import { PROVIDER } from '../nats/feed-world.js';
import { feedWhere, mailbox, server, startProviderWorld } from './provider-world.js';
import { codes, usual } from './requests.js';

describe.runIf(server !== undefined)('a mail provider, from its signature to the answer', () => {
  test('what it says changes the next answer, and the answer names it', async () => {
    const { service, publisher } = await startProviderWorld();
    const before = await service.assess(usual('w-before', { email: 'vera@att.net' }));
    await publisher.publish({
      subject: mailbox('vera'),
      eventType: `${RISC}credential-compromise`,
      event: { credential_type: 'password' },
    });
    await feedWhere(service, (feed) => feed.acceptedCount === 1n);
    const after = await service.assess(usual('w-after', { email: 'vera@att.net' }));
    expect(after.score).toBeGreaterThan(before.score);
    expect(after.reasons.some((reason) => reason.provider === PROVIDER)).toBe(true);
    expect(codes(before)).not.toEqual(codes(after));
    expect(after.untrustedChannels).not.toEqual([]);
    expect(after.feeds.map((feed) => feed.provider)).toEqual([PROVIDER]);
  });

  test('fault 8: in a storm of events answers go on, and nothing is dropped', async () => {
    const storm = 3_000;
    const { service, publisher } = await startProviderWorld();
    let stormIsOver = false;
    const publishing = (async () => {
      for (let sent = 0; sent < storm; sent += 100) {
        const batch = Array.from({ length: 100 }, (_, index) =>
          publisher.publish({
            subject: mailbox(`customer-${(sent + index) % 500}`),
            eventType: `${RISC}recovery-activated`,
            event: {},
          }),
        );
        await Promise.all(batch);
      }
    })();
    const answers: string[] = [];
    const asking = (async () => {
      while (!stormIsOver) {
        const answer = await service.assess(usual(`w-${answers.length}`, { email: 'customer-7@att.net' }));
        answers.push(answer.assessmentId);
      }
    })();
    await publishing;
    const feed = await feedWhere(service, ({ acceptedCount }) => acceptedCount >= BigInt(storm));
    stormIsOver = true;
    await asking;
    expect(feed.acceptedCount).toBe(BigInt(storm));
    expect(feed.quarantined).toEqual([]);
    expect(feed.missingCount).toBe(0n);
    expect(answers.length).toBeGreaterThan(20);
    expect(new Set(answers).size).toBe(answers.length);
  });
});
