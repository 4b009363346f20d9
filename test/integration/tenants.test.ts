import { toBinary } from '@bufbuild/protobuf';
import { status as GrpcStatus } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Decision } from '../../src/gen/holdfast/v1/decision_pb.js';
import { AssessWithdrawalResponseSchema, RiskService } from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { decodeEntry, type SignalBody } from '../../src/store/codec/entries.js';
import { failure, startTestService, stopServices, type TestService } from './harness.js';
import { codes, degradations, reset, theft, usual } from './requests.js';

const OTHER = 'another-exchange';

let running: TestService;

beforeEach(async () => {
  running = await startTestService();
});

afterEach(stopServices);

/** Copies the newest entry of the log to another tenant, as if that had written it. */
async function copyNewestTo(tenant: string): Promise<{ readonly id: string }> {
  const { journal } = running.service.stores;
  const entry = journal.get(journal.head);
  if (entry === undefined) throw new Error('the log is empty');
  const body = decodeEntry(entry.kind, entry.payload);
  if (body.kind === 'unknown') throw new Error('the newest entry is of an unknown kind');
  return running.write(tenant, body);
}

describe('I10: a tenant sees its own data only', () => {
  test("another tenant's assessment is NOT_FOUND and not listed, also after a restart", async () => {
    const own = await running.assess(theft('w-1', { requestId: 'r-1' }));
    const others = await copyNewestTo(OTHER);
    for (let turn = 0; turn < 2; turn++) {
      const error = await failure(
        running.client.call(RiskService.method.getAssessment, { assessmentId: others.id }),
      );
      expect(error.code).toBe(GrpcStatus.NOT_FOUND);
      for (const filter of [{}, { accountId: 'account-1' }]) {
        const { assessments } = await running.client.call(RiskService.method.listAssessments, filter);
        expect(assessments.map(({ assessmentId }) => assessmentId)).toEqual([own.assessmentId]);
      }
      running = await running.restart();
    }
  });

  test("another tenant's signals, mailboxes, velocity and request ids do not count", async () => {
    await running.report(reset());
    await running.assess(usual('w-1', { requestId: 'r-1', accountId: 'account-9', referenceValue: 9_000 }));
    const { journal } = running.service.stores;
    const signal = journal.get(journal.head - 1);
    const body = signal === undefined ? undefined : decodeEntry(signal.kind, signal.payload);
    if (body?.kind !== 'signal') throw new Error('expected the signal before the assessment');
    const others: SignalBody = { ...body, accountId: 'account-2' };
    await running.write(OTHER, others);
    await copyNewestToAccount('account-3');

    expect((await running.assess(usual('w-2', { accountId: 'account-2' }))).score).toBe(0);
    // Its mailbox is known to the other tenant only.
    const unknown = await running.assess(usual('w-3', { accountId: 'account-3', email: '', dryRun: true }));
    expect(degradations(unknown)).toEqual(['EMAIL_ABSENT', 'MAILBOX_UNKNOWN']);
    // A value of its own above the step-up's tier only together with the other tenant's 9,000.
    await running.report(reset({ accountId: 'account-3' }));
    const answer = await running.assess(usual('w-4', { accountId: 'account-3', referenceValue: 4_000 }));
    expect([answer.decision, codes(answer)]).toEqual([Decision.ALLOW, ['PASSWORD_RESET']]);
    expect((await running.assess(usual('w-5', { requestId: 'r-others' }))).assessmentId).not.toBe('');
  });

  /** Has another tenant ask for what was asked last, for an account of the same id. */
  async function copyNewestToAccount(accountId: string): Promise<void> {
    const { journal } = running.service.stores;
    const entry = journal.get(journal.head - 1);
    const body = entry === undefined ? undefined : decodeEntry(entry.kind, entry.payload);
    if (body?.kind !== 'assessment') throw new Error('expected an assessment');
    const { input } = body;
    await running.write(OTHER, {
      ...body,
      requestId: 'r-others',
      input: { ...input, request: { ...input.request, accountId } },
      response: toBinary(AssessWithdrawalResponseSchema, await running.assess(usual('w', { dryRun: true }))),
    });
  }
});
