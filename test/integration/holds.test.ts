import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt';
import { status as GrpcStatus, type ServiceError } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Channel, Decision, Release } from '../../src/gen/holdfast/v1/decision_pb.js';
import {
  type Hold,
  HoldService,
  HoldState,
  type ListHoldsRequestSchema,
} from '../../src/gen/holdfast/v1/hold_service_pb.js';
import { OutcomeLabel, RiskService } from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { SignalType } from '../../src/gen/holdfast/v1/signal_pb.js';
import { bitcoinAddress } from '../../src/population/bitcoin-address.js';
import { details, failure, startTestService, stopServices, type TestService } from './harness.js';
import { ago, codes, DAY_MS, MINUTE_MS, reset, theft, usual } from './requests.js';

const { getHold, listHolds, releaseHold, confirmFraud } = HoldService.method;
const BY = { actor: 'olga', reason: 'called him back' };

let running: TestService;

beforeEach(async () => {
  running = await startTestService();
  await running.report(reset());
});

afterEach(stopServices);

/** Asks as a thief would, and is held. */
async function held(withdrawalId: string, changes: Parameters<typeof theft>[1] = {}) {
  const answer = await running.assess(theft(withdrawalId, changes));
  expect(answer.decision).toBe(Decision.HOLD);
  running.clock.now += 1_000;
  return answer;
}

async function holdOf(withdrawalId: string): Promise<Hold> {
  const { hold } = await running.client.call(getHold, { withdrawalId });
  if (hold === undefined) throw new Error('no hold');
  return hold;
}

async function listed(
  filter: MessageInitShape<typeof ListHoldsRequestSchema> = {},
): Promise<readonly string[]> {
  const { holds } = await running.client.call(listHolds, filter);
  return holds.map(({ withdrawalId }) => withdrawalId);
}

function fieldsOf(error: ServiceError): readonly string[] {
  return details(error).badRequest?.fieldViolations.map(({ field }) => field) ?? [];
}

async function reasonOf(call: Promise<unknown>): Promise<string | undefined> {
  return details(await failure(call)).info?.reason;
}

describe('a hold', () => {
  test('is shown as it was answered', async () => {
    const answer = await held('w-1');
    const hold = await holdOf('w-1');
    expect(hold).toMatchObject({
      withdrawalId: 'w-1',
      accountId: 'account-1',
      assessmentId: answer.assessmentId,
      state: HoldState.OPEN,
      release: Release.AUTOMATIC,
      referenceValue: 5_000,
      tier: 'standard',
      endedBy: '',
    });
    expect(hold.holdUntil).toEqual(answer.holdUntil);
  });

  test('goes with the next answer that is none, and is unknown before the first', async () => {
    expect(await reasonOf(running.client.call(getHold, { withdrawalId: 'w-1' }))).toBe('HOLD_NOT_FOUND');
    const { holdUntil } = await held('w-1');
    running.clock.now = timestampMs(holdUntil ?? ago(0)) + 1;
    expect((await holdOf('w-1')).state).toBe(HoldState.EXPIRED);
    expect(await listed()).toEqual([]);
    expect(await listed({ states: [HoldState.EXPIRED] })).toEqual(['w-1']);
    expect((await running.assess(theft('w-1'))).decision).not.toBe(Decision.HOLD);
    expect(await reasonOf(running.client.call(getHold, { withdrawalId: 'w-1' }))).toBe('HOLD_NOT_FOUND');
    expect(await listed({ states: [HoldState.EXPIRED] })).toEqual([]);
  });

  test('that is asked about again is one hold, first held when it was', async () => {
    await held('w-1');
    const before = await holdOf('w-1');
    const { assessmentId } = await held('w-1');
    expect(await holdOf('w-1')).toMatchObject({ assessmentId, firstHeldAt: before.firstHeldAt });
    expect(await listed()).toEqual(['w-1']);
  });

  test('dry runs and other withdrawals make none', async () => {
    await running.assess(theft('w-1', { dryRun: true }));
    await running.assess(usual('w-2'));
    expect(await listed()).toEqual([]);
  });
});

describe('a list of holds', () => {
  test('comes page by page, the one due first before the others, and none twice', async () => {
    for (let n = 0; n < 7; n++) {
      await held(`w-${n}`, { accountId: n % 2 === 0 ? 'account-1' : 'account-2', signals: [signalOf(n)] });
    }
    const all = await running.client.call(listHolds, { pageSize: 10_000 });
    expect(all.nextPageToken).toBe('');
    const due = all.holds.map(({ holdUntil }) => Number(holdUntil?.seconds));
    expect(due).toEqual(due.toSorted((a, b) => a - b));
    const paged: string[] = [];
    let pageToken = '';
    do {
      const page = await running.client.call(listHolds, { pageSize: 3, pageToken });
      expect(page.holds.length).toBeLessThanOrEqual(3);
      paged.push(...page.holds.map(({ withdrawalId }) => withdrawalId));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(paged).toEqual(all.holds.map(({ withdrawalId }) => withdrawalId));
    expect(paged.toSorted()).toEqual(['w-0', 'w-1', 'w-2', 'w-3', 'w-4', 'w-5', 'w-6']);
    expect((await listed({ accountId: 'account-2' })).toSorted()).toEqual(['w-1', 'w-3', 'w-5']);
  });

  test('refuses states that are none, and tokens of other filters', async () => {
    for (let n = 0; n < 3; n++) await held(`w-${n}`);
    const wrong = await failure(
      running.client.call(listHolds, { states: [HoldState.UNSPECIFIED, Number(9)] }),
    );
    expect(wrong.code).toBe(GrpcStatus.INVALID_ARGUMENT);
    expect(fieldsOf(wrong)).toEqual(['states[0]', 'states[1]']);
    const { nextPageToken } = await running.client.call(listHolds, { pageSize: 1 });
    expect(nextPageToken).not.toBe('');
    const other = { states: [HoldState.RELEASED], pageToken: nextPageToken };
    expect(await reasonOf(running.client.call(listHolds, other))).toBe('PAGE_TOKEN_INVALID');
    expect(await reasonOf(running.client.call(listHolds, { pageToken: 'x' }))).toBe('PAGE_TOKEN_INVALID');
  });
});

describe('a person who releases a hold', () => {
  test('lets the withdrawal go, as it was held', async () => {
    const { assessmentId } = await held('w-1');
    const { hold } = await running.client.call(releaseHold, { withdrawalId: 'w-1', assessmentId, ...BY });
    expect(hold).toMatchObject({ state: HoldState.RELEASED, endedBy: 'olga', endReason: 'called him back' });
    const elsewhere = { ...theft('w-1').destination, address: bitcoinAddress('swapped') };
    const swapped = await running.assess(theft('w-1', { destination: elsewhere, dryRun: true }));
    expect(swapped.decision).toBe(Decision.HOLD);
    const more = await running.assess(theft('w-1', { amount: '0.02', dryRun: true }));
    expect(more.decision).toBe(Decision.HOLD);
    const answer = await running.assess(theft('w-1'));
    expect(answer.decision).toBe(Decision.ALLOW);
    expect(codes(answer)).toContain('RELEASED');
    expect((await holdOf('w-1')).state).toBe(HoldState.RELEASED);
    expect(await listed()).toEqual([]);
    expect(await listed({ states: [HoldState.RELEASED], accountId: 'account-1' })).toEqual(['w-1']);
  });

  test('does not outweigh what was heard later', async () => {
    await held('w-1');
    await running.client.call(releaseHold, { withdrawalId: 'w-1', ...BY });
    running.clock.now += 1_000;
    await running.report(reset({ type: SignalType.MFA_RESET }));
    const { assessmentId } = await held('w-1');
    expect(await holdOf('w-1')).toMatchObject({ state: HoldState.OPEN, assessmentId, endedBy: '' });
  });

  test('is told so, and nothing changes, when the hold is not open or not the one that was looked at', async () => {
    const first = await held('w-1');
    const elsewhere = { ...theft('w-1').destination, address: bitcoinAddress('swapped') };
    const { holdUntil } = await held('w-1', { destination: elsewhere });
    const stale = { withdrawalId: 'w-1', assessmentId: first.assessmentId, ...BY };
    const refused = await failure(running.client.call(releaseHold, stale));
    expect(refused.code).toBe(GrpcStatus.FAILED_PRECONDITION);
    expect(details(refused).info?.reason).toBe('HOLD_NOT_OPEN');
    expect((await holdOf('w-1')).state).toBe(HoldState.OPEN);
    const unknown = running.client.call(releaseHold, { withdrawalId: 'w-2', ...BY });
    expect(await reasonOf(unknown)).toBe('HOLD_NOT_FOUND');
    running.clock.now = timestampMs(holdUntil ?? ago(0)) + 1;
    const late = running.client.call(releaseHold, { withdrawalId: 'w-1', ...BY });
    expect(details(await failure(late)).info).toMatchObject({
      reason: 'HOLD_NOT_OPEN',
      metadata: { state: 'EXPIRED' },
    });
  });

  test('may ask again; another may not', async () => {
    await held('w-1');
    const request = { withdrawalId: 'w-1', ...BY };
    const first = await running.client.call(releaseHold, request);
    const { head } = running.service.stores.journal;
    running.clock.now += MINUTE_MS;
    expect(await running.client.call(releaseHold, request)).toEqual(first);
    expect(running.service.stores.journal.head).toBe(head);
    const other = running.client.call(releaseHold, { ...request, actor: 'max' });
    expect(await reasonOf(other)).toBe('HOLD_NOT_OPEN');
  });

  test('may set a ceiling, not above what was held', async () => {
    await held('w-1');
    const refused = await failure(
      running.client.call(releaseHold, { withdrawalId: 'w-1', ceiling: 5_000.01, ...BY }),
    );
    expect(fieldsOf(refused)).toEqual(['ceiling']);
    await running.client.call(releaseHold, { withdrawalId: 'w-1', ceiling: 2_000, ...BY });
    expect((await running.assess(theft('w-1', { dryRun: true }))).decision).toBe(Decision.HOLD);
    const part = theft('w-1', { amount: '0.004', referenceValue: 2_000 });
    expect((await running.assess(part)).decision).toBe(Decision.ALLOW);
  });

  test('must say who and why', async () => {
    await held('w-1');
    const refused = await failure(running.client.call(releaseHold, { ceiling: 0 }));
    expect(fieldsOf(refused)).toEqual(['withdrawal_id', 'actor', 'reason', 'ceiling']);
  });
});

describe('a person who confirms theft', () => {
  test('has the withdrawal held for good, whatever is asked', async () => {
    const answer = await held('w-1');
    const { hold } = await running.client.call(confirmFraud, { withdrawalId: 'w-1', ...BY });
    expect(hold).toMatchObject({ state: HoldState.FRAUD_CONFIRMED, endedBy: 'olga' });
    const { outcome } = await running.client.call(RiskService.method.getAssessment, {
      assessmentId: answer.assessmentId,
    });
    expect(outcome).toMatchObject({ label: OutcomeLabel.FRAUD_CONFIRMED, reportedBy: 'olga' });
    running.clock.now += 60 * DAY_MS;
    for (const changes of [{}, { amount: '0.001', referenceValue: 5 }, { requestId: 'new' }]) {
      const again = await running.assess(usual('w-1', changes));
      expect(again).toMatchObject({ decision: Decision.HOLD, assessmentId: answer.assessmentId });
    }
    const dry = await running.assess(usual('w-1', { dryRun: true }));
    expect(dry).toMatchObject({ decision: Decision.HOLD, assessmentId: '' });
    expect((await running.assess(usual('w-2'))).decision).toBe(Decision.ALLOW);
  });

  test('loses nothing of what comes with a later question', async () => {
    await held('w-1');
    await running.client.call(confirmFraud, { withdrawalId: 'w-1', ...BY });
    const signals = [signalOf(2)];
    await running.assess(theft('w-1', { signals }));
    const { accepted } = await running.report(...signals);
    expect(accepted).toMatchObject([{ duplicate: true }]);
  });

  test('outweighs a release, not the other way round', async () => {
    await held('w-1');
    await running.client.call(releaseHold, { withdrawalId: 'w-1', ...BY });
    await running.client.call(confirmFraud, { withdrawalId: 'w-1', ...BY });
    expect((await running.assess(theft('w-1'))).decision).toBe(Decision.HOLD);
    const release = running.client.call(releaseHold, { withdrawalId: 'w-1', ...BY });
    expect(await reasonOf(release)).toBe('HOLD_NOT_OPEN');
    const { head } = running.service.stores.journal;
    await running.client.call(confirmFraud, { withdrawalId: 'w-1', ...BY });
    expect(running.service.stores.journal.head).toBe(head);
    const other = await running.client.call(confirmFraud, { withdrawalId: 'w-1', actor: 'max', reason: 'x' });
    expect(other.hold).toMatchObject({
      state: HoldState.FRAUD_CONFIRMED,
      endedBy: BY.actor,
      endReason: BY.reason,
    });
    expect(running.service.stores.journal.head).toBe(head);
  });

  test.each([
    ['', 'actor'],
    ['  ', 'actor'],
    ['x'.repeat(129), 'actor'],
  ])('names himself: %j is refused', async (actor, field) => {
    await held('w-1');
    const request = { withdrawalId: 'w-1', actor, reason: 'x' };
    for (const call of [
      running.client.call(confirmFraud, request),
      running.client.call(releaseHold, request),
    ]) {
      const error = await failure(call);
      expect(details(error).badRequest?.fieldViolations.map((violation) => violation.field)).toEqual([field]);
    }
  });

  test('may be mistaken: an outcome HONEST opens the hold again, a cancellation does not', async () => {
    const { assessmentId } = await held('w-1');
    await running.client.call(confirmFraud, { withdrawalId: 'w-1', ...BY });
    const report = (label: OutcomeLabel) =>
      running.client.call(RiskService.method.reportOutcome, {
        outcomes: [
          { assessmentId, label, reportedBy: 'max', observedAt: timestampFromMs(running.clock.now) },
        ],
      });
    running.clock.now += MINUTE_MS;
    await report(OutcomeLabel.CUSTOMER_CANCELLED);
    expect((await holdOf('w-1')).state).toBe(HoldState.FRAUD_CONFIRMED);
    running.clock.now += MINUTE_MS;
    await report(OutcomeLabel.HONEST);
    expect((await holdOf('w-1')).state).toBe(HoldState.OPEN);
    await running.client.call(releaseHold, { withdrawalId: 'w-1', ...BY });
    expect((await running.assess(theft('w-1'))).decision).toBe(Decision.ALLOW);
  });
});

test('what people said outlives a restart, and a state that is made anew', async () => {
  await held('open');
  await held('released');
  await held('stolen');
  await running.client.call(releaseHold, { withdrawalId: 'released', ...BY });
  await running.client.call(confirmFraud, { withdrawalId: 'stolen', ...BY });
  const states = [HoldState.OPEN, HoldState.RELEASED, HoldState.FRAUD_CONFIRMED];
  const before = await running.client.call(listHolds, { states });
  expect(before.holds).toHaveLength(3);
  running = await running.restart();
  expect(await running.client.call(listHolds, { states })).toEqual(before);
  await running.stop();
  removeState(running);
  running = await running.restart();
  expect(await running.client.call(listHolds, { states })).toEqual(before);
  expect((await running.assess(theft('released'))).decision).toBe(Decision.ALLOW);
  expect((await running.assess(usual('stolen'))).decision).toBe(Decision.HOLD);
});

function removeState({ folder }: TestService): void {
  rmSync(join(folder, 'data', 'state'), { recursive: true });
}

function signalOf(n: number) {
  return reset({
    signalId: `signal-${n}`,
    accountId: n % 2 === 0 ? 'account-1' : 'account-2',
    occurredAt: ago(n * 5 * MINUTE_MS),
    channel: Channel.EMAIL,
  });
}
