import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { status as GrpcStatus } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Channel } from '../../src/gen/holdfast/v1/decision_pb.js';
import { SignalType } from '../../src/gen/holdfast/v1/signal_pb.js';
import { UNREADABLE_ADDRESSES } from '../server/risk/valid-request.js';
import { details, failure, START, startTestService, stopServices, type TestService } from './harness.js';
import { ago, codes, DAY_MS, degradations, HOUR_MS, MINUTE_MS, reset, usual } from './requests.js';

let running: TestService;

beforeEach(async () => {
  running = await startTestService();
});

afterEach(stopServices);

describe('reported signals', () => {
  test('count in the next answer', async () => {
    const before = await running.assess(usual('w-1'));
    await running.report(reset());
    const after = await running.assess(usual('w-2'));
    expect([before.score, after.score]).toEqual([0, 30]);
    expect(codes(after)).toContain('PASSWORD_RESET');
  });

  test('name the factor that they are about: it is no older than they are, whatever it claims', async () => {
    const factors = [
      { channel: Channel.TOTP, factorId: 'f-1', enrolledAt: ago(500 * DAY_MS), verifiedAt: ago(MINUTE_MS) },
    ];
    const asked = (id: string) => running.assess(usual(id, { session: { factors } }));
    const signalId = 'enrolled';
    await running.report(
      reset({ signalId: 'device', type: SignalType.NEW_DEVICE }),
      reset({ signalId: 'lost', type: SignalType.MFA_RESET, occurredAt: ago(2 * MINUTE_MS) }),
    );
    const before = await asked('w-1');
    const factor = { channel: Channel.TOTP, factorId: 'f-1', enrolledAt: ago(500 * DAY_MS) };
    const enrolled = reset({ signalId, type: SignalType.MFA_CHANGED, occurredAt: ago(MINUTE_MS), factor });
    expect((await running.report(enrolled)).rejected).toEqual([]);
    expect((await running.report(enrolled)).accepted).toMatchObject([{ signalId, duplicate: true }]);
    const other = await running.report({ ...enrolled, factor: { ...factor, factorId: 'f-2' } });
    expect(other.rejected).toMatchObject([{ field: 'signal_id' }]);
    const after = await asked('w-2');
    expect([codes(before), codes(after)]).toEqual([
      expect.arrayContaining(['STEP_UP_SATISFIED']),
      expect.arrayContaining(['NO_ACCEPTABLE_CHANNEL']),
    ]);
  });

  test('good ones of a batch are kept, bad ones reported with field and cause', async () => {
    const answer = await running.report(
      reset({ signalId: 's-0' }),
      reset({ signalId: 's-1', type: SignalType.UNSPECIFIED }),
      reset({ signalId: 's-2\u0000' }),
      reset({ signalId: 's-3', email: 'nobody\u0007@example.com' }),
      reset({ signalId: 's-4', email: `${'x'.repeat(250)}@x.de` }),
    );
    expect(answer.accepted.map(({ signalId, duplicate }) => [signalId, duplicate])).toEqual([['s-0', false]]);
    expect(answer.rejected.map(({ index, signalId, field }) => [index, signalId, field])).toEqual([
      [1, 's-1', 'type'],
      [2, '', 'signal_id'],
      [3, 's-3', 'email'],
      [4, 's-4', 'email'],
    ]);
    expect((await running.assess(usual('w-1'))).score).toBe(30);
  });

  test('a repeated one is a duplicate, in the same batch and later', async () => {
    const first = await running.report(reset({ signalId: 's-1' }), reset({ signalId: 's-1' }));
    const second = await running.report(reset({ signalId: 's-1' }));
    expect([...first.accepted, ...second.accepted].map(({ duplicate }) => duplicate)).toEqual([
      false,
      true,
      true,
    ]);
  });

  test('one without an id is known by what it is about', async () => {
    const first = await running.report(reset());
    const same = await running.report(reset({ email: 'VICTOR@att.net' }));
    const other = await running.report(reset({ occurredAt: ago(2 * MINUTE_MS) }));
    expect([first, same, other].map(({ accepted }) => accepted[0]?.duplicate)).toEqual([false, true, false]);
  });

  test('an id that is used again for other content is rejected', async () => {
    await running.report(reset({ signalId: 's-1' }));
    const { accepted, rejected } = await running.report(
      reset({ signalId: 's-1', type: SignalType.NEW_DEVICE }),
    );
    expect(accepted).toEqual([]);
    expect(rejected.map(({ index, signalId, field }) => [index, signalId, field])).toEqual([
      [0, 's-1', 'signal_id'],
    ]);
    expect(codes(await running.assess(usual('w-1')))).not.toContain('NEW_DEVICE');
  });

  test('more than five minutes ahead is rejected, less is taken as now', async () => {
    const { accepted, rejected } = await running.report(
      reset({ signalId: 'late', occurredAt: timestampFromMs(START + 5 * MINUTE_MS + 1) }),
      reset({ signalId: 'soon', occurredAt: timestampFromMs(START + 5 * MINUTE_MS) }),
    );
    expect(rejected.map(({ signalId, field }) => [signalId, field])).toEqual([['late', 'occurred_at']]);
    expect(accepted.map(({ signalId }) => signalId)).toEqual(['soon']);
    const reason = (await running.assess(usual('w-1'))).reasons.find(({ code }) => code === 'PASSWORD_RESET');
    expect(reason?.occurredAt).toEqual(timestampFromMs(START));
  });

  test('what is too old to count is rejected with the reason, what just counts is kept', async () => {
    const failed = { type: SignalType.LOGIN_FAILED };
    const { accepted, rejected } = await running.report(
      reset({ signalId: 's-0', occurredAt: ago(180 * DAY_MS + 1) }),
      reset({ signalId: 's-1', occurredAt: ago(180 * DAY_MS) }),
      reset({ ...failed, signalId: 's-2', occurredAt: ago(48 * HOUR_MS + 1) }),
      reset({ ...failed, signalId: 's-3', occurredAt: ago(48 * HOUR_MS) }),
    );
    expect(accepted.map(({ signalId }) => signalId)).toEqual(['s-1', 's-3']);
    expect(rejected.map(({ signalId, field, cause }) => [signalId, field, cause])).toEqual([
      ['s-0', 'occurred_at', expect.stringContaining('180 days')],
      ['s-2', 'occurred_at', expect.stringContaining('48 hours')],
    ]);
    const { signals, loginFailures } = running.service.stores.view.account('default', 'account-1');
    expect([signals.length, loginFailures.length]).toEqual([1, 1]);
  });

  test.each(UNREADABLE_ADDRESSES)(
    'one whose address cannot be read counts, and says so: %s',
    async (email) => {
      const { accepted, rejected } = await running.report(reset({ email }), reset({ email }));
      expect(rejected).toEqual([]);
      expect(accepted.map(({ duplicate, emailUnreadable }) => [duplicate, emailUnreadable])).toEqual([
        [false, true],
        [true, true],
      ]);
      const answer = await running.assess(usual('w-1'));
      expect([answer.score, degradations(answer)]).toEqual([30, []]);
      expect(running.service.stores.view.account('default', 'account-1').mailboxes).toHaveLength(1);
    },
  );

  test('two that differ in addresses that cannot be read are two', async () => {
    const { accepted } = await running.report(
      reset({ email: 'joe@my_host.example.com' }),
      reset({ email: 'ann@my_host.example.com' }),
    );
    expect(accepted.map(({ duplicate }) => duplicate)).toEqual([false, false]);
  });

  test.each([
    ['none', 0],
    ['more than 500', 501],
  ])('a batch of %s is refused as a whole', async (_, count) => {
    const head = running.service.stores.journal.head;
    const error = await failure(running.report(...Array.from({ length: count }, () => reset())));
    expect(error.code).toBe(GrpcStatus.INVALID_ARGUMENT);
    expect(details(error).badRequest?.fieldViolations.map(({ field }) => field)).toEqual(['signals']);
    expect(running.service.stores.journal.head).toBe(head);
  });
});

describe('inline signals', () => {
  test('count in this answer and become evidence from it', async () => {
    const inline = { type: SignalType.NEW_DEVICE, occurredAt: ago(MINUTE_MS) };
    const first = await running.assess(usual('w-1', { signals: [inline] }));
    const second = await running.assess(usual('w-2'));
    expect([codes(first), codes(second)]).toEqual([['NEW_DEVICE'], ['NEW_DEVICE']]);
  });

  test('the same one inline and reported counts once', async () => {
    const signal = reset({ signalId: 's-1' });
    await running.report(signal);
    const head = running.service.stores.journal.head;
    const answer = await running.assess(usual('w-1', { signals: [signal, signal] }));
    expect(answer.score).toBe(30);
    expect(running.service.stores.view.account('default', 'account-1').signals).toHaveLength(1);
    expect(running.service.stores.journal.head).toBe(head + 1);
    const again = await running.report(signal);
    expect(again.accepted.map(({ duplicate }) => duplicate)).toEqual([true]);
  });

  test('reported after it came inline it is a duplicate', async () => {
    await running.assess(usual('w-1', { signals: [reset()] }));
    const { accepted } = await running.report(reset());
    expect(accepted.map(({ duplicate }) => duplicate)).toEqual([true]);
  });

  test.each<readonly [string, string, Parameters<typeof reset>[0]]>([
    ['breaks a rule', 'signals[1].occurred_at', { occurredAt: timestampFromMs(START + 6 * MINUTE_MS) }],
    ['is of another account', 'signals[1].account_id', { accountId: 'account-2' }],
    ['is too old to count', 'signals[1].occurred_at', { occurredAt: ago(180 * DAY_MS + 1) }],
    [
      'is a failed sign-in too old to count',
      'signals[1].occurred_at',
      { type: SignalType.LOGIN_FAILED, occurredAt: ago(48 * HOUR_MS + 1) },
    ],
    ['has an id with other content', 'signals[1].signal_id', { signalId: 's-0', type: SignalType.MFA_RESET }],
  ])('one that %s fails the call, and nothing is kept', async (_, field, changes) => {
    const head = running.service.stores.journal.head;
    const signals = [reset({ signalId: 's-0' }), reset({ signalId: 's-1', ...changes })];
    const error = await failure(running.assess(usual('w-1', { requestId: 'r-1', signals })));
    expect(error.code).toBe(GrpcStatus.INVALID_ARGUMENT);
    expect(details(error).badRequest?.fieldViolations.map((violation) => violation.field)).toEqual([field]);
    expect(running.service.stores.journal.head).toBe(head);
    expect((await running.assess(usual('w-1'))).score).toBe(0);
  });

  test('one that grew too old between two tries does not spoil the second', async () => {
    const request = usual('w-1', { requestId: 'r-1', signals: [reset({ occurredAt: ago(180 * DAY_MS) })] });
    const first = await running.assessBytes(request);
    running.clock.now += MINUTE_MS;
    expect((await running.assessBytes(request)).equals(first)).toBe(true);
  });

  test('one whose address cannot be read counts, and the answer says so', async () => {
    const signals = [reset({ email: 'joe@my_host.example.com' })];
    const answer = await running.assess(usual('w-1', { signals }));
    expect(answer.score).toBe(30);
    expect(answer.degradations.map(({ code, subject }) => [code, subject])).toEqual([
      ['EMAIL_UNREADABLE', 'signals.email'],
    ]);
  });

  test('a dry run counts them and keeps none', async () => {
    const answer = await running.assess(usual('w-1', { signals: [reset()], dryRun: true }));
    expect(answer.score).toBe(30);
    expect((await running.assess(usual('w-2'))).score).toBe(0);
  });
});

test('counts of reported signals are published', async () => {
  await running.report(reset({ signalId: 's-1' }), reset({ signalId: 's-1' }), reset({ accountId: '' }));
  const { text } = await running.ops('/metrics');
  expect(text).toContain('holdfast_signals_total{result="accepted"} 1');
  expect(text).toContain('holdfast_signals_total{result="duplicate"} 1');
  expect(text).toContain('holdfast_signals_total{result="rejected"} 1');
});
