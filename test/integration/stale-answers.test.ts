import { readFileSync, writeFileSync } from 'node:fs';
import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt';
import { status as GrpcStatus } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CohortRecord, ProviderEventRecord } from '../../src/decision/evidence.js';
import { Channel, Decision, Release } from '../../src/gen/holdfast/v1/decision_pb.js';
import { OutcomeLabel, RiskService } from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { SignalType } from '../../src/gen/holdfast/v1/signal_pb.js';
import { bitcoinAddress } from '../../src/population/bitcoin-address.js';
import {
  details,
  failure,
  type RequestInit,
  startTestService,
  stopServices,
  type TestService,
} from './harness.js';
import { DAY_MS, HOUR_MS, MINUTE_MS, reset, theft, usual } from './requests.js';

let running: TestService;

beforeEach(async () => {
  running = await startTestService();
});

afterEach(stopServices);

const RETRY_WINDOW_MS = 15 * MINUTE_MS;

/** An attempt that is allowed: the withdrawal's own id names it, as custody gates do. */
const ATTEMPT = usual('w-1', { requestId: 'w-1' });

/** Fails unless the id is refused because the answer of `assessmentId` no longer holds. */
async function expectStale(request: RequestInit, assessmentId: string): Promise<void> {
  const { journal } = running.service.stores;
  const before = journal.head;
  const error = await failure(running.assess(request));
  expect(error.code).toBe(GrpcStatus.FAILED_PRECONDITION);
  expect(details(error).info?.reason).toBe('REQUEST_ID_STALE');
  expect(details(error).info?.metadata['assessment_id']).toBe(assessmentId);
  expect(details(error).badRequest?.fieldViolations.map(({ field }) => field)).toEqual(['request_id']);
  expect(journal.head).toBe(before);
  const again = await running.assess({ ...request, requestId: `${request.requestId ?? ''}-again` });
  expect(again.assessmentId).not.toBe(assessmentId);
}

async function expectIdentical(request: RequestInit, assessmentId: string): Promise<void> {
  expect((await running.assess(request)).assessmentId).toBe(assessmentId);
}

async function tell(event: Partial<ProviderEventRecord> = {}): Promise<void> {
  const [alias] = running.mailbox('victor@att.net').aliases;
  if (alias === undefined) throw new Error('a mailbox has at least one alias');
  const { now } = running.clock;
  const whole: ProviderEventRecord = {
    type: 'CREDENTIAL_COMPROMISE',
    provider: 'att',
    id: 'event-1',
    occurredAt: now - HOUR_MS,
    issuedAt: now,
    receivedAt: now,
    timeIs: 'DISCOVERED',
    unauthorised: true,
    confidence: 1,
    ...event,
  };
  await running.write('', {
    kind: 'provider-event',
    provider: 'att',
    tokenId: whole.id,
    content: { kind: 'event', alias: alias.alias, event: whole },
  });
}

async function tellIncident(changes: Partial<CohortRecord> = {}): Promise<void> {
  const cohort: CohortRecord = {
    id: 'incident-1',
    provider: 'att',
    domains: ['att.net'],
    mechanism: 'mail keys',
    from: running.clock.now - DAY_MS,
    confidence: 1,
    issuedAt: running.clock.now,
    retracted: false,
    ...changes,
  };
  await running.write('', {
    kind: 'provider-event',
    provider: 'att',
    tokenId: `incident at ${running.clock.now}`,
    content: { kind: 'cohort', cohort },
  });
}

/** Everything that speaks for a takeover, each alone. */
const ADVERSE: readonly (readonly [what: string, happen: () => Promise<unknown>])[] = [
  ['a reset', () => running.report(reset())],
  ['a signal that gives no points', () => running.report(reset({ type: SignalType.NEW_LOCATION }))],
  ['a signal that happened before the answer', () => running.report(reset({ signalId: 'late' }))],
  [
    'a failed sign-in',
    () =>
      running.report(
        reset({ type: SignalType.LOGIN_FAILED, occurredAt: timestampFromMs(running.clock.now) }),
      ),
  ],
  [
    'a customer who says that the mailbox is not his alone',
    () => running.report(reset({ type: SignalType.EMAIL_REPORTED_COMPROMISED })),
  ],
  [
    'a signal that came with another request',
    () => running.assess(usual('w-2', { signals: [reset({ type: SignalType.NEW_DEVICE })] })),
  ],
  ['a named compromise of the mailbox', () => tell()],
  ['a forced change of its password', () => tell({ type: 'CREDENTIAL_CHANGE_REQUIRED' })],
  ['an incident of its domain', () => tellIncident()],
  [
    'the word that it was theft',
    async () => {
      const { assessments } = await running.client.call(RiskService.method.listAssessments, {
        accountId: 'account-1',
      });
      const outcome = {
        assessmentId: assessments[0]?.assessmentId ?? '',
        label: OutcomeLabel.FRAUD_CONFIRMED,
        reportedBy: 'test',
        observedAt: timestampFromMs(running.clock.now),
      };
      await running.client.call(RiskService.method.reportOutcome, { outcomes: [outcome] });
    },
  ],
];

describe('an ALLOW', () => {
  test.each(ADVERSE)('is given again for 15 minutes, and no longer after %s', async (_, happen) => {
    const first = await running.assess(ATTEMPT);
    expect(first.decision).toBe(Decision.ALLOW);
    running.clock.now += MINUTE_MS;
    await happen();
    running.clock.now += RETRY_WINDOW_MS - MINUTE_MS;
    await expectIdentical(ATTEMPT, first.assessmentId);
    running.clock.now += 1;
    await expectStale(ATTEMPT, first.assessmentId);
    await expectStale(ATTEMPT, first.assessmentId);
  });

  test('is given again for seven days while nothing adverse came', async () => {
    const first = await running.assess(ATTEMPT);
    for (const later of [RETRY_WINDOW_MS + 1, DAY_MS, 3 * DAY_MS]) {
      running.clock.now += later;
      await expectIdentical(ATTEMPT, first.assessmentId);
      // Neither other withdrawals nor trouble of other accounts are news of this one.
      await running.assess(usual(`w-${later}`));
      await running.report(reset({ accountId: 'account-2', email: 'other@att.net' }));
    }
  });

  test('is given again although what speaks against the account was known before', async () => {
    const signals = [reset({ type: SignalType.NEW_DEVICE })];
    await tellIncident();
    const attempt = { ...ATTEMPT, signals };
    const first = await running.assess(attempt);
    expect(first.decision).toBe(Decision.ALLOW);
    running.clock.now += DAY_MS;
    await expectIdentical(attempt, first.assessmentId);
  });

  test('is given again after what speaks for the customer', async () => {
    const first = await running.assess(ATTEMPT);
    await tell({ type: 'RESECURED' });
    await tellIncident({ retracted: true });
    await tell({ id: 'event-2' });
    await running.write('', {
      kind: 'provider-event',
      provider: 'att',
      tokenId: 'retraction',
      content: {
        kind: 'retraction',
        retraction: { provider: 'att', id: 'event-2', issuedAt: running.clock.now },
      },
    });
    running.clock.now += DAY_MS;
    await expectIdentical(ATTEMPT, first.assessmentId);
  });

  test('is not given again after a restart either', async () => {
    const first = await running.assess(ATTEMPT);
    await running.report(reset());
    running.clock.now += RETRY_WINDOW_MS + 1;
    running = await running.restart();
    await expectStale(ATTEMPT, first.assessmentId);
  });

  test('is not given again where another mailbox of the account turned out to be in trouble long ago', async () => {
    await tell();
    const phoneOnly = { ...ATTEMPT, email: '' };
    const first = await running.assess(phoneOnly);
    expect(first.decision).toBe(Decision.ALLOW);
    await running.assess(usual('w-2'));
    running.clock.now += RETRY_WINDOW_MS + 1;
    await expectStale(phoneOnly, first.assessmentId);
  });

  test('is not given again where another policy decides', async () => {
    const first = await running.assess(ATTEMPT);
    writeFileSync(
      running.policyFile,
      readFileSync(running.policyFile, 'utf8').replace('points: 30', 'points: 31'),
    );
    await expect
      .poll(async () => (await running.assess(usual('w-2', { dryRun: true }))).policyRevision?.number)
      .toBe(2);
    await expectIdentical(ATTEMPT, first.assessmentId);
    running.clock.now += RETRY_WINDOW_MS + 1;
    await expectStale(ATTEMPT, first.assessmentId);
  });
});

test('a STEP_UP is not given again after something adverse', async () => {
  const request = usual('w-1', { requestId: 'r-1', referenceValue: 20_000, signals: [reset()] });
  const first = await running.assess(request);
  expect(first.decision).toBe(Decision.STEP_UP);
  running.clock.now += HOUR_MS;
  await expectIdentical(request, first.assessmentId);
  await running.report(reset({ type: SignalType.SIM_CHANGED, channel: Channel.UNSPECIFIED }));
  await expectStale(request, first.assessmentId);
});

describe('a HOLD', () => {
  const held = theft('w-1', { requestId: 'r-1', signals: [reset()] });

  test('is given again until it ends by itself, whatever comes', async () => {
    const first = await running.assess(held);
    expect([first.decision, first.release]).toEqual([Decision.HOLD, Release.AUTOMATIC]);
    const until = first.holdUntil === undefined ? 0 : timestampMs(first.holdUntil);
    running.clock.now = until - 1;
    await running.report(reset({ type: SignalType.SIM_CHANGED, channel: Channel.UNSPECIFIED }));
    await expectIdentical(held, first.assessmentId);
    running.clock.now = until;
    await expectStale(held, first.assessmentId);
  });

  test('is not given again once a person released it', async () => {
    const first = await running.assess(held);
    running.clock.now += RETRY_WINDOW_MS + 1;
    await expectIdentical(held, first.assessmentId);
    const { pseudonyms } = running.service;
    // Of one account more than a ledger carries: older ones lie apart.
    for (const withdrawal of ['w-1', 'w-2', 'w-3', 'w-4', 'w-5', 'w-6']) {
      running.clock.now += 1;
      await running.write('default', {
        kind: 'release',
        accountId: 'account-1',
        release: {
          withdrawal: pseudonyms.withdrawal('default', withdrawal),
          destination: pseudonyms.destination('default', 'bitcoin', bitcoinAddress('elsewhere')).id,
          ceiling: 500_000,
          releasedAt: running.clock.now,
        },
        actor: 'reviewer',
        reason: 'the customer called',
      });
    }
    await expectStale(held, first.assessmentId);
  });
});

test('a REJECT is given again as long as it is remembered', async () => {
  await tell();
  await running.report(reset(), reset({ type: SignalType.MFA_RESET }));
  const request = theft('w-1', { requestId: 'r-1' });
  const first = await running.assess(request);
  expect(first.decision).toBe(Decision.REJECT);
  running.clock.now += 6 * DAY_MS;
  await running.report(reset({ type: SignalType.NEW_DEVICE }));
  await expectIdentical(request, first.assessmentId);
});

test('other content under the id of a stale answer is refused as before', async () => {
  await running.assess(ATTEMPT);
  await running.report(reset());
  running.clock.now += HOUR_MS;
  const error = await failure(running.assess({ ...ATTEMPT, amount: '2' }));
  expect(details(error).info?.reason).toBe('REQUEST_ID_REUSED');
});
