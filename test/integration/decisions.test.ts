import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt';
import { status as GrpcStatus } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Channel, Decision, Release } from '../../src/gen/holdfast/v1/decision_pb.js';
import { RiskService } from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { SignalType } from '../../src/gen/holdfast/v1/signal_pb.js';
import { bitcoinAddress } from '../../src/population/bitcoin-address.js';
import { UNREADABLE_ADDRESSES } from '../server/risk/valid-request.js';
import { details, failure, START, startTestService, stopServices, type TestService } from './harness.js';
import { ago, codes, DAY_MS, degradations, HOUR_MS, MINUTE_MS, reset, theft, usual } from './requests.js';

const known = usual('any').destination;

let running: TestService;

beforeEach(async () => {
  running = await startTestService();
});

afterEach(stopServices);

describe('presence (I7)', () => {
  test('an absent value means the highest tier, and the answer says so', async () => {
    await running.report(reset());
    expect((await running.assess(usual('w-0'))).decision).toBe(Decision.ALLOW);
    const { referenceValue: _, ...absent } = usual('w-1');
    const answer = await running.assess(absent);
    expect(answer.decision).toBe(Decision.STEP_UP);
    expect(degradations(answer)).toContain('REFERENCE_VALUE_ABSENT');
    // It may have been any value, so the rolling day with it belongs to the highest tier too.
    expect((await running.assess(usual('w-2'))).decision).toBe(Decision.STEP_UP);
  });

  test.each([0, 0.001])(
    'a value of %d for a positive amount is unknown, not small',
    async (referenceValue) => {
      await running.report(reset());
      const answer = await running.assess(usual('w-1', { referenceValue }));
      expect(answer.decision).toBe(Decision.STEP_UP);
      expect(degradations(answer)).toContain('REFERENCE_VALUE_ABSENT');
    },
  );

  test('a network that is not said earns nothing, and the answer says so', async () => {
    const answer = await running.assess(usual('w-1', { destination: { ...known, network: '' } }));
    expect(degradations(answer)).toEqual(['DESTINATION_NETWORK_ABSENT']);
  });

  test('other absent facts give no points and are listed', async () => {
    const { session: _, account: __, balanceShare: ___, ...bare } = usual('w-1');
    const answer = await running.assess({ ...bare, destination: { address: bitcoinAddress('savings') } });
    expect(answer.score).toBe(0);
    expect(degradations(answer)).toEqual([
      'BALANCE_SHARE_ABSENT',
      'DESTINATION_ADDED_AT_ABSENT',
      'DESTINATION_NETWORK_ABSENT',
      'DEVICE_ID_ABSENT',
      'DEVICE_FIRST_SEEN_AT_ABSENT',
      'FACTORS_ABSENT',
      'ACCOUNT_OPENED_AT_ABSENT',
    ]);
  });
});

describe('the e-mail of a request', () => {
  test('may be absent for ever: the account has a phone only', async () => {
    const first = await running.assess(usual('w-1', { email: '' }));
    expect([first.decision, degradations(first)]).toEqual([
      Decision.ALLOW,
      ['EMAIL_ABSENT', 'MAILBOX_UNKNOWN'],
    ]);
    await running.report(
      reset({ email: '', channel: Channel.SMS }),
      reset({ email: '', type: SignalType.SIM_CHANGED, channel: Channel.UNSPECIFIED }),
    );
    const troubled = await running.assess(theft('w-2', { email: '' }));
    expect(troubled.decision).toBe(Decision.HOLD);
    expect(troubled.untrustedChannels).toEqual([Channel.SMS, Channel.VOICE]);
  });

  test.each(UNREADABLE_ADDRESSES)('that cannot be read is answered without a mailbox: %s', async (email) => {
    const first = await running.assess(usual('w-1', { email }));
    expect([first.decision, degradations(first)]).toEqual([
      Decision.ALLOW,
      ['EMAIL_UNREADABLE', 'MAILBOX_UNKNOWN'],
    ]);
    await running.report(reset({ email }));
    expect((await running.assess(theft('w-2', { email }))).decision).toBe(Decision.HOLD);
    const stored = await running.client.call(RiskService.method.getAssessment, {
      assessmentId: first.assessmentId,
    });
    expect(stored.assessment?.response).toEqual(first);
  });

  test('that cannot be read takes back nothing that is known of other mailboxes', async () => {
    await running.assess(usual('w-1'));
    await running.report(
      reset({ type: SignalType.EMAIL_REPORTED_COMPROMISED, channel: Channel.UNSPECIFIED }),
    );
    const answer = await running.assess(usual('w-2', { email: 'joe@my_host.example.com' }));
    expect(codes(answer)).toContain('MAILBOX_EXPOSED');
    expect(answer.untrustedChannels).toEqual([Channel.EMAIL]);
  });

  test.each([
    ['CONTROL_CHARACTER', 'joe\u0000@example.com'],
    ['TOO_LONG', `joe@${'x'.repeat(250)}.example`],
  ])('stays refused for what is no text of an address: %s', async (reason, email) => {
    const error = await failure(running.assess(usual('w-1', { email })));
    expect(error.code).toBe(GrpcStatus.INVALID_ARGUMENT);
    expect(details(error).badRequest?.fieldViolations.map((one) => [one.field, one.reason])).toEqual([
      ['email', reason],
    ]);
  });

  test('may be absent once an answer or a signal named the mailbox', async () => {
    await running.assess(usual('w-1'));
    await running.report(reset({ accountId: 'account-2' }));
    const byAnswer = await running.assess(usual('w-2', { email: '' }));
    const bySignal = await running.assess(usual('w-3', { email: '', accountId: 'account-2' }));
    const inline = { ...reset({ accountId: '' }), signalId: 'inline' };
    const byInline = await running.assess(
      usual('w-4', { email: '', accountId: 'account-3', signals: [inline] }),
    );
    expect([byAnswer, bySignal, byInline].map(degradations)).toEqual([
      ['EMAIL_ABSENT'],
      ['EMAIL_ABSENT'],
      ['EMAIL_ABSENT'],
    ]);
  });
});

describe('a step-up', () => {
  const byTotp = (enrolledAgoMs: number, verifiedAgoMs: number) => ({
    session: {
      deviceId: 'laptop',
      deviceFirstSeenAt: ago(400 * DAY_MS),
      factors: [{ channel: Channel.TOTP, enrolledAt: ago(enrolledAgoMs), verifiedAt: ago(verifiedAgoMs) }],
    },
  });

  beforeEach(async () => {
    await running.report(reset({ occurredAt: ago(HOUR_MS) }));
  });

  test('is satisfied by a factor that was enrolled before the trouble and verified just now', async () => {
    const asked = await running.assess(usual('w-1', { referenceValue: 20_000 }));
    expect(asked.decision).toBe(Decision.STEP_UP);
    expect(asked.acceptableChannels).toEqual([Channel.TOTP]);
    const confirmed = await running.assess(
      usual('w-1', { referenceValue: 20_000, ...byTotp(2 * HOUR_MS, MINUTE_MS) }),
    );
    expect(confirmed.decision).toBe(Decision.ALLOW);
    expect(confirmed.score).toBe(asked.score);
    const satisfied = confirmed.reasons.find(({ code }) => code === 'STEP_UP_SATISFIED');
    expect(satisfied?.points).toBe(0);
  });

  test.each([
    ['enrolled after the trouble began', 30 * MINUTE_MS, MINUTE_MS],
    ['verified more than 15 minutes ago', 2 * HOUR_MS, 15 * MINUTE_MS + 1],
  ])('is not satisfied by a factor %s', async (_, enrolledAgoMs, verifiedAgoMs) => {
    const answer = await running.assess(
      usual('w-1', { referenceValue: 20_000, ...byTotp(enrolledAgoMs, verifiedAgoMs) }),
    );
    expect(codes(answer)).not.toContain('STEP_UP_SATISFIED');
    expect([Decision.STEP_UP, Decision.HOLD]).toContain(answer.decision);
  });

  test('without an acceptable channel left becomes a hold that a person ends', async () => {
    const answer = await running.assess(
      usual('w-1', { referenceValue: 20_000, ...byTotp(30 * MINUTE_MS, MINUTE_MS) }),
    );
    expect(answer.decision).toBe(Decision.HOLD);
    expect(answer.release).toBe(Release.PERSON);
    expect(answer.holdUntil).toBeDefined();
  });

  test('a hold is not satisfied by a confirmation', async () => {
    const answer = await running.assess(theft('w-1', byTotp(300 * DAY_MS, MINUTE_MS)));
    expect(answer.decision).toBe(Decision.HOLD);
  });
});

describe('velocity', () => {
  beforeEach(async () => {
    await running.report(reset());
  });

  test('slices of a withdrawal reach the tier of their sum', async () => {
    const slices = [];
    for (const withdrawalId of ['w-1', 'w-2', 'w-3']) {
      slices.push(await running.assess(usual(withdrawalId, { referenceValue: 4_000 })));
    }
    expect(slices.map(({ decision }) => decision)).toEqual([
      Decision.ALLOW,
      Decision.ALLOW,
      Decision.STEP_UP,
    ]);
  });

  test('asking again for one withdrawal counts it once', async () => {
    for (let turn = 0; turn < 4; turn++) {
      const answer = await running.assess(usual('w-1', { referenceValue: 4_000 }));
      expect(answer.decision).toBe(Decision.ALLOW);
    }
  });

  test('a held one does not count, and one that is held later no longer does', async () => {
    const held = await running.assess(theft('w-1', { referenceValue: 9_000 }));
    expect(held.decision).toBe(Decision.HOLD);
    const next = await running.assess(usual('w-2', { referenceValue: 4_000 }));
    expect(next.decision).toBe(Decision.ALLOW);
    expect((await running.assess(theft('w-2', { referenceValue: 4_000 }))).decision).toBe(Decision.HOLD);
    expect((await running.assess(usual('w-3', { referenceValue: 9_000 }))).decision).toBe(Decision.ALLOW);
  });

  test('one that is refused as malformed does not count', async () => {
    await failure(running.assess(usual('w-1', { referenceValue: 9_000, amount: 'x' })));
    expect((await running.assess(usual('w-2', { referenceValue: 4_000 }))).decision).toBe(Decision.ALLOW);
  });

  test('it is remembered across a restart and forgotten after a day', async () => {
    await running.assess(usual('w-1', { referenceValue: 9_000 }));
    running = await running.restart();
    expect((await running.assess(usual('w-2', { referenceValue: 4_000 }))).decision).toBe(Decision.STEP_UP);
    running.clock.now += DAY_MS + 2 * MINUTE_MS;
    expect((await running.assess(usual('w-3', { referenceValue: 4_000 }))).decision).toBe(Decision.ALLOW);
  });

  test('calls that arrive together cannot slip past each other', async () => {
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) => running.assess(usual(`w-${index}`, { referenceValue: 4_000 }))),
    );
    const allowed = answers.filter(({ decision }) => decision === Decision.ALLOW);
    expect(allowed).toHaveLength(2);
  });
});

describe('I9: a hold ends', () => {
  test('by itself at hold_until and not a second earlier, and the answer says so', async () => {
    await running.report(reset());
    const held = await running.assess(theft('w-1'));
    expect(held.decision).toBe(Decision.HOLD);
    expect(held.release).toBe(Release.AUTOMATIC);
    const until = held.holdUntil === undefined ? 0 : timestampMs(held.holdUntil);
    expect(until).toBeGreaterThan(START);
    running.clock.now = until - 1_000;
    const early = await running.assess(theft('w-1', { dryRun: true }));
    running.clock.now = until;
    const then = await running.assess(theft('w-1', { dryRun: true }));
    expect(early.decision).toBe(Decision.HOLD);
    expect([Decision.ALLOW, Decision.STEP_UP]).toContain(then.decision);
  });

  test('by a person: a release lets this withdrawal go until something adverse is heard', async () => {
    await running.report(reset());
    await running.assess(theft('w-1'));
    running.clock.now += MINUTE_MS;
    const { pseudonyms } = running.service;
    await running.write('default', {
      kind: 'release',
      accountId: 'account-1',
      release: {
        withdrawal: pseudonyms.withdrawal('default', 'w-1'),
        destination: pseudonyms.destination('default', 'bitcoin', bitcoinAddress('elsewhere')).id,
        ceiling: 500_000,
        releasedAt: running.clock.now,
      },
      actor: 'reviewer',
      reason: 'called back',
    });
    running.clock.now += MINUTE_MS;
    const released = await running.assess(theft('w-1'));
    expect([released.decision, codes(released)[0]]).toEqual([Decision.ALLOW, 'PASSWORD_RESET']);
    expect(codes(released)).toContain('RELEASED');
    const other = await running.assess(theft('w-2'));
    expect(other.decision).toBe(Decision.HOLD);
    await running.report(
      reset({ type: SignalType.NEW_DEVICE, occurredAt: timestampFromMs(running.clock.now) }),
    );
    expect((await running.assess(theft('w-1'))).decision).toBe(Decision.HOLD);
  });
});
