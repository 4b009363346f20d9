import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PolicyService, RuleKind } from '../../src/gen/holdfast/v1/policy_service_pb.js';
import { OutcomeLabel, RiskService } from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { decodeEntry } from '../../src/store/codec/entries.js';
import { details, failure, START, startTestService, stopServices, type TestService } from './harness.js';
import { HOUR_MS, reset, theft, usual } from './requests.js';

let running: TestService;

beforeEach(async () => {
  running = await startTestService();
});

afterEach(stopServices);

function outcome(assessmentId: string, label: OutcomeLabel, observedAtMs: number, reportedBy = 'fraud-desk') {
  return { assessmentId, label, reportedBy, observedAt: timestampFromMs(observedAtMs) };
}

function report(...outcomes: ReturnType<typeof outcome>[]) {
  return running.client.call(RiskService.method.reportOutcome, { outcomes });
}

function known(assessmentId: string) {
  return running.service.stores.view.outcome('default', assessmentId);
}

describe('outcomes', () => {
  test('are shown with their assessment, the latest observation alone', async () => {
    const { assessmentId } = await running.assess(usual('w-1'));
    const shown = () => running.client.call(RiskService.method.getAssessment, { assessmentId });
    expect((await shown()).outcome).toBeUndefined();
    running.clock.now += 3 * HOUR_MS;
    const latest = outcome(assessmentId, OutcomeLabel.CUSTOMER_CANCELLED, START + 2 * HOUR_MS, 'chargebacks');
    await report(latest, outcome(assessmentId, OutcomeLabel.FRAUD_CONFIRMED, START + HOUR_MS));
    expect((await shown()).outcome).toMatchObject(latest);
  });

  test('are kept, and the latest observation counts whatever the order', async () => {
    const { assessmentId } = await running.assess(usual('w-1'));
    running.clock.now += 3 * HOUR_MS;
    expect(
      (await report(outcome(assessmentId, OutcomeLabel.HONEST, START + 2 * HOUR_MS))).acceptedCount,
    ).toBe(1);
    await report(outcome(assessmentId, OutcomeLabel.FRAUD_CONFIRMED, START + HOUR_MS));
    expect(known(assessmentId)?.label).toBe('HONEST');
    await report(outcome(assessmentId, OutcomeLabel.UNKNOWN, START + 3 * HOUR_MS));
    running = await running.restart();
    expect(known(assessmentId)).toEqual({
      label: 'UNKNOWN',
      reportedBy: 'fraud-desk',
      observedAt: START + 3 * HOUR_MS,
    });
  });

  test('may name the withdrawal: its latest assessment is meant', async () => {
    await running.assess(usual('w-1'));
    const latest = await running.assess(usual('w-1', { amount: '0.02' }));
    const other = await running.assess(usual('w-2', { accountId: 'account-9' }));
    const base = { label: OutcomeLabel.SENT, reportedBy: 'core', observedAt: timestampFromMs(START) };
    const { acceptedCount, rejected } = await running.client.call(RiskService.method.reportOutcome, {
      outcomes: [
        { ...base, withdrawalId: 'w-1' },
        { ...base, withdrawalId: 'w-2', accountId: 'account-9' },
        { ...base, withdrawalId: 'w-2', accountId: 'account-1' },
        { ...base, withdrawalId: 'w-3' },
        { ...base, withdrawalId: 'w-1', assessmentId: latest.assessmentId },
        { ...base, assessmentId: latest.assessmentId, accountId: 'account-1' },
        base,
      ],
    });
    expect(acceptedCount).toBe(2);
    expect(rejected.map(({ index, field }) => [index, field])).toEqual([
      [2, 'withdrawal_id'],
      [3, 'withdrawal_id'],
      [4, 'withdrawal_id'],
      [5, 'account_id'],
      [6, 'assessment_id'],
    ]);
    expect(known(latest.assessmentId)?.label).toBe('SENT');
    expect(known(other.assessmentId)?.label).toBe('SENT');
  });

  test('of a batch the good ones are kept and the bad ones named', async () => {
    const { assessmentId } = await running.assess(usual('w-1'));
    const other = await running.write('another', recordedBody(assessmentId));
    const { acceptedCount, rejected } = await report(
      outcome(assessmentId.replace(/^./, 'f'), OutcomeLabel.HONEST, START),
      outcome(assessmentId, OutcomeLabel.HONEST, START),
      outcome(other.id, OutcomeLabel.HONEST, START),
      outcome(assessmentId, OutcomeLabel.UNSPECIFIED, START),
      outcome(assessmentId, OutcomeLabel.HONEST, START, ''),
      outcome(assessmentId, OutcomeLabel.HONEST, START + HOUR_MS),
      outcome('no id', OutcomeLabel.HONEST, START),
    );
    expect(acceptedCount).toBe(1);
    expect(rejected.map(({ index, field }) => [index, field])).toEqual([
      [0, 'assessment_id'],
      [2, 'assessment_id'],
      [3, 'label'],
      [4, 'reported_by'],
      [5, 'observed_at'],
      [6, 'assessment_id'],
    ]);
  });

  test('reported twice are kept once', async () => {
    const { assessmentId } = await running.assess(usual('w-1'));
    await report(outcome(assessmentId, OutcomeLabel.HONEST, START));
    const { head } = running.service.stores.journal;
    expect((await report(outcome(assessmentId, OutcomeLabel.HONEST, START))).acceptedCount).toBe(1);
    expect(running.service.stores.journal.head).toBe(head);
  });

  test.each([0, 501])('a batch of %i is refused', async (count) => {
    const batch = Array.from({ length: count }, () => outcome('x', OutcomeLabel.HONEST, START));
    const error = await failure(report(...batch));
    expect(details(error).badRequest?.fieldViolations.map(({ field }) => field)).toEqual(['outcomes']);
  });
});

function recordedBody(assessmentId: string) {
  const { journal } = running.service.stores;
  const entry = journal.get(Number.parseInt(assessmentId.slice(24), 16));
  const body = entry === undefined ? undefined : decodeEntry(entry.kind, entry.payload);
  if (body?.kind !== 'assessment') throw new Error('no such assessment');
  return body;
}

describe('health of rules', () => {
  function health(from?: number, to?: number) {
    return running.client.call(PolicyService.method.getRuleHealth, {
      ...(from === undefined ? {} : { from: timestampFromMs(from) }),
      ...(to === undefined ? {} : { to: timestampFromMs(to) }),
    });
  }

  test('hits, accounts, points, turned decisions, precision and lead time', async () => {
    const signals = [reset()];
    const held = await running.assess(theft('w-1', { signals }));
    const again = await running.assess(theft('w-2', { signals }));
    const honest = await running.assess(
      usual('w-3', {
        accountId: 'account-2',
        email: 'b@att.net',
        signals: [reset({ accountId: 'account-2' })],
      }),
    );
    running.clock.now += 6 * HOUR_MS;
    await report(
      outcome(held.assessmentId, OutcomeLabel.FRAUD_CONFIRMED, START + 4 * HOUR_MS),
      outcome(again.assessmentId, OutcomeLabel.FRAUD_CONFIRMED, START + 6 * HOUR_MS),
      outcome(honest.assessmentId, OutcomeLabel.CUSTOMER_CANCELLED, START + HOUR_MS),
    );
    const { rules, assessedCount, skippedCount } = await health();
    expect([assessedCount, skippedCount]).toEqual([3n, 0n]);
    expect(rules.find(({ code }) => code === 'PASSWORD_RESET')).toMatchObject({
      kind: RuleKind.SCORE,
      hitCount: 3n,
      accountCount: 2n,
      points: 90,
      fraudCount: 2n,
      honestCount: 1n,
      precision: 2 / 3,
      medianLeadSeconds: 4 * 3600,
    });
    const lock = rules.find(({ code }) => code === 'LOCK_RESET');
    expect(lock).toMatchObject({ kind: RuleKind.LOCK, hitCount: 2n, accountCount: 1n, precision: 1 });
    // Without the lock the score alone asks for a confirmation: 30 for the reset, 20 for the share.
    expect(lock?.turned.map(({ count, value }) => [count, value])).toEqual([[2n, 10_000]]);
  });

  test('only the window counts', async () => {
    await running.assess(theft('w-1', { signals: [reset()] }));
    running.clock.now += HOUR_MS;
    await running.assess(theft('w-2'));
    expect((await health(START + HOUR_MS)).assessedCount).toBe(1n);
    expect((await health(START, START + HOUR_MS)).assessedCount).toBe(1n);
    expect((await health(START)).assessedCount).toBe(2n);
    const error = await failure(health(START, START));
    expect(details(error).badRequest?.fieldViolations.map(({ field }) => field)).toEqual(['to']);
  });
});
