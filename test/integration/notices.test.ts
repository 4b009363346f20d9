import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { afterEach, describe, expect, test } from 'vitest';
import { PACKAGED_POLICY_FILE } from '../../src/config.js';
import { Channel, Decision, Release, ReleaseConditionKind } from '../../src/gen/holdfast/v1/decision_pb.js';
import { SignalType } from '../../src/gen/holdfast/v1/signal_pb.js';
import { bitcoinAddress } from '../../src/population/bitcoin-address.js';
import { type RequestInit, startTestService, stopServices } from './harness.js';
import { ago, codes, usual } from './requests.js';

afterEach(stopServices);

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A large withdrawal by a customer with the mailbox alone, from a phone seen first three hours ago. */
function mailboxOnly(asked: number, changes: RequestInit = {}): RequestInit {
  return usual('w-told', {
    referenceValue: 12_000,
    balanceShare: 0.4,
    destination: {
      address: bitcoinAddress('new'),
      network: 'bitcoin',
      addedAt: timestampFromMs(asked - 2 * HOUR_MS),
    },
    session: {
      deviceId: 'phone',
      deviceFirstSeenAt: timestampFromMs(asked - 3 * HOUR_MS),
      factors: [{ channel: Channel.EMAIL, enrolledAt: ago(400 * DAY_MS) }],
    },
    ...changes,
  });
}

async function started() {
  const service = await startTestService({ env: { HOLDFAST_POLICY_FILE: PACKAGED_POLICY_FILE } });
  const asked = service.clock.now;
  await service.report({
    accountId: 'account-1',
    type: SignalType.NEW_DEVICE,
    occurredAt: timestampFromMs(asked - 3 * HOUR_MS),
  });
  const first = await service.assess(mailboxOnly(asked));
  return { service, asked, first };
}

describe('a customer who can answer no question', () => {
  test('is told, may object for a day, and then has his coins', async () => {
    const { service, asked, first } = await started();
    expect(first).toMatchObject({ decision: Decision.HOLD, release: Release.PERSON });
    const notify = first.releaseConditions.find(({ kind }) => kind === ReleaseConditionKind.NOTIFY);
    expect(notify?.channels).toEqual([Channel.EMAIL]);

    service.clock.now += HOUR_MS;
    const sentAt = service.clock.now;
    const notices = [{ channel: Channel.EMAIL, sentAt: timestampFromMs(sentAt) }];
    const told = await service.assess(mailboxOnly(asked, { notices }));
    expect(told).toMatchObject({ decision: Decision.HOLD, release: Release.AUTOMATIC });
    expect(codes(told)).toContain('NOTICE_SENT');
    expect(Number(told.holdUntil?.seconds ?? 0n) * 1000).toBe(Math.ceil((sentAt + DAY_MS) / 1000) * 1000);

    service.clock.now = sentAt + DAY_MS - 1000;
    const early = await service.assess(mailboxOnly(asked, { notices }));
    expect(early.decision).toBe(Decision.HOLD);
    service.clock.now = sentAt + DAY_MS;
    const unopposed = await service.assess(mailboxOnly(asked, { notices }));
    expect(unopposed.decision).toBe(Decision.ALLOW);
  });

  test('is not served by a notice of what he did not ask', async () => {
    const { service, asked } = await started();
    const notices = [{ channel: Channel.EMAIL, sentAt: timestampFromMs(asked + HOUR_MS) }];
    service.clock.now += 26 * HOUR_MS;
    const now = service.clock.now;
    await service.report({
      accountId: 'account-1',
      type: SignalType.NEW_DEVICE,
      occurredAt: timestampFromMs(now - HOUR_MS),
    });
    const { destination } = mailboxOnly(now);
    const other = await service.assess(
      mailboxOnly(now, { notices, destination: { ...destination, address: bitcoinAddress('other') } }),
    );
    expect(other).toMatchObject({ decision: Decision.HOLD, release: Release.PERSON });
  });
});
