import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import { RESECURED, RETRACTION, RISC } from '../../src/feed/event-types.js';
import { signToken, type TokenContent } from '../../src/feed/provider/sign-token.js';
import { Channel, Decision } from '../../src/gen/holdfast/v1/decision_pb.js';
import { type AssessWithdrawalResponse, RiskService } from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { bitcoinAddress } from '../../src/population/bitcoin-address.js';
import { bytesOf, content } from '../feed/fixtures.js';
import { PROVIDER } from '../nats/feed-world.js';
import type { TestService } from './harness.js';
import { feedWhere, mailbox, type ProviderWorld, server, startProviderWorld } from './provider-world.js';
import { codes, DAY_MS, HOUR_MS, usual } from './requests.js';

/** Hours before now, in epoch seconds as providers write them. */
function hoursAgo(hours: number): number {
  return Math.floor((Date.now() - hours * HOUR_MS) / 1_000);
}

function said(jti: string, eventType: string, hours: number, event: object = {}): Partial<TokenContent> {
  return { jti, subject: mailbox('vera'), eventType, event: { ...event, event_timestamp: hoursAgo(hours) } };
}

const compromise = (hours: number) =>
  said('compromise', `${RISC}credential-compromise`, hours, { credential_type: 'password' });

const retraction: Partial<TokenContent> = {
  jti: 'retraction',
  subject: { format: 'opaque', id: 'retraction' },
  eventType: RETRACTION,
  event: { jti: 'compromise' },
};

/** Most of the balance leaves: with an exposed mailbox it is held, without one it is not. */
function ask(service: TestService, withdrawalId: string): Promise<AssessWithdrawalResponse> {
  const ago = (ms: number) => timestampFromMs(Date.now() - ms);
  return service.assess(
    usual(withdrawalId, {
      email: 'vera@att.net',
      referenceValue: 5_000,
      balanceShare: 0.9,
      destination: { address: bitcoinAddress('savings'), network: 'bitcoin', addedAt: ago(300 * DAY_MS) },
      session: { deviceId: 'laptop', deviceFirstSeenAt: ago(400 * DAY_MS) },
    }),
  );
}

/** Publishes one after the other; resolves when all are taken in. */
async function publish({ service, publisher }: ProviderWorld, ...events: Partial<TokenContent>[]) {
  const before = (await feedWhere(service, () => true)).acceptedCount;
  for (const event of events) await publisher.publish(event);
  await feedWhere(service, ({ acceptedCount }) => acceptedCount === before + BigInt(events.length));
}

describe.runIf(server !== undefined)('corrections, from the provider to the answer', () => {
  test('a retraction ends a hold at once; what was answered before stays as it was', async () => {
    const world = await startProviderWorld();
    const { service } = world;
    await publish(world, compromise(3));
    const held = await ask(service, 'w-1');
    expect(held.decision).toBe(Decision.HOLD);
    expect(codes(held)).toContain('MAILBOX_EXPOSED');
    expect(held.untrustedChannels).toContain(Channel.EMAIL);

    await publish(world, retraction);
    const after = await ask(service, 'w-1');
    expect(after.decision).toBe(Decision.ALLOW);
    expect(codes(after)).not.toContain('MAILBOX_EXPOSED');
    expect(after.untrustedChannels).toEqual([]);

    const { assessmentId } = held;
    const { assessment } = await service.client.call(RiskService.method.getAssessment, { assessmentId });
    expect(assessment?.response).toMatchObject({ decision: Decision.HOLD, score: held.score });

    // The log has both: whoever starts anew comes to the same.
    const again = await service.restart();
    expect((await ask(again, 'w-1')).decision).toBe(Decision.ALLOW);
  });

  test('a retraction that comes first takes its event back when that comes', async () => {
    const world = await startProviderWorld();
    await publish(world, retraction, compromise(3));
    const answer = await ask(world.service, 'w-1');
    expect(answer.decision).toBe(Decision.ALLOW);
    expect(codes(answer)).not.toContain('MAILBOX_EXPOSED');
  });

  test('a mailbox that was secured again is trusted from then on, until the next compromise', async () => {
    const world = await startProviderWorld();
    const { service } = world;
    await publish(world, compromise(3));
    const held = await ask(service, 'w-1');
    await publish(world, said('secured', RESECURED, 2));
    const released = await ask(service, 'w-1');
    await publish(world, { ...compromise(1), jti: 'again' });
    const heldAgain = await ask(service, 'w-2');
    expect([held, released, heldAgain].map(({ decision }) => decision)).toEqual([
      Decision.HOLD,
      Decision.ALLOW,
      Decision.HOLD,
    ]);
    expect(released.untrustedChannels).toEqual([]);
  });

  test('fault 16: a clearing token replayed after a newer compromise does nothing', async () => {
    const world = await startProviderWorld();
    const { service, publisher } = world;
    const enabled = said('enabled', `${RISC}account-enabled`, 2);
    const token = await signToken(
      content({ ...enabled, issuer: publisher.keys.issuer, issuedAt: Date.now() - 2 * HOUR_MS, seq: 1 }),
      publisher.keys.signing,
    );
    const replay = () => publisher.publishRaw(`holdfast.feed.${PROVIDER}`, bytesOf(token));
    await publish(world, compromise(3));
    await replay();
    await feedWhere(service, ({ acceptedCount }) => acceptedCount === 2n);
    expect((await ask(service, 'w-1')).decision).toBe(Decision.ALLOW);

    await publish(world, { ...compromise(1), jti: 'newer' });
    const held = await ask(service, 'w-2');
    expect(held.decision).toBe(Decision.HOLD);
    // The same bytes again, and the same old word under a new name.
    await replay();
    await publish(world, { ...enabled, jti: 'enabled, said again' });
    const after = await ask(service, 'w-2');
    expect(after.decision).toBe(Decision.HOLD);
    expect(after.score).toBe(held.score);
    expect(after.holdUntil).toEqual(held.holdUntil);
    expect(after.untrustedChannels).toEqual(held.untrustedChannels);
  });
});
