import { status as GrpcStatus } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { Decision } from '../../src/gen/holdfast/v1/decision_pb.js';
import { RiskService } from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { MemoryLogStore } from '../../src/store/memory-log-store.js';
import { MemoryStateStore } from '../../src/store/memory-state-store.js';
import { HeldFlush } from '../store/held-flush.js';
import { details, failure, startTestService, stopServices, type TestService } from './harness.js';
import { checkHealth } from './raw-call.js';
import { codes, reset, theft, usual } from './requests.js';

afterEach(stopServices);

interface OnDisk {
  readonly running: TestService;
  readonly disk: HeldFlush;
  readonly log: MemoryLogStore;
}

/** A service whose disk is under the test's control. */
async function startOnHeldDisk(audit: 'durable' | 'relaxed' = 'durable'): Promise<OnDisk> {
  const disk = new HeldFlush();
  const log = new MemoryLogStore({ flush: disk.seam });
  const running = await startTestService({
    stores: { openLog: async () => log, openState: async () => new MemoryStateStore() },
    env: { HOLDFAST_AUDIT: audit },
  });
  return { running, disk, log };
}

/** Starts again on what a power loss left of the log, with an empty state. */
function startOnSurvivor({ running, log }: OnDisk): Promise<TestService> {
  const survivor = log.powerLoss();
  return startTestService({
    folder: running.folder,
    clock: running.clock,
    stores: { openLog: async () => survivor, openState: async () => new MemoryStateStore() },
  });
}

/** Whether a promise has settled by the time a later call of the same connection is answered. */
async function isSettled(promise: Promise<unknown>, { running }: OnDisk): Promise<boolean> {
  let settled = false;
  const note = () => {
    settled = true;
  };
  promise.then(note, note);
  await running.assess(usual('w-dry', { dryRun: true }));
  return settled;
}

describe('I5: no answer without a record, no acknowledgement without durability', () => {
  test('an answer waits for the flush of its record', async () => {
    const held = await startOnHeldDisk();
    held.disk.hold();
    const asked = held.disk.nextAsked();
    const answer = held.running.assess(usual('w-1'));
    await asked;
    expect(await isSettled(answer, held)).toBe(false);
    held.disk.pass();
    expect((await answer).decision).toBe(Decision.ALLOW);
  });

  test('an acknowledgement waits for the flush of its signals, that of a duplicate too', async () => {
    const held = await startOnHeldDisk();
    held.disk.hold();
    const asked = held.disk.nextAsked();
    const first = held.running.report(reset());
    await asked;
    const duplicate = held.running.report(reset());
    expect(await isSettled(Promise.race([first, duplicate]), held)).toBe(false);
    held.disk.pass();
    expect((await first).accepted.map((signal) => signal.duplicate)).toEqual([false]);
    expect((await duplicate).accepted.map((signal) => signal.duplicate)).toEqual([true]);
  });

  test('a record is not shown before it is durable', async () => {
    const held = await startOnHeldDisk();
    held.disk.hold();
    const asked = held.disk.nextAsked();
    const answer = held.running.assess(usual('w-1'));
    await asked;
    const listed = held.running.client.call(RiskService.method.listAssessments, {});
    expect(await isSettled(listed, held)).toBe(false);
    held.disk.pass();
    expect((await listed).assessments.map(({ assessmentId }) => assessmentId)).toEqual([
      (await answer).assessmentId,
    ]);
  });

  test('what was answered survives a power loss, what was not leaves no trace', async () => {
    const held = await startOnHeldDisk();
    const answered = await held.running.assess(theft('w-1', { requestId: 'r-1' }));
    await held.running.report(reset());
    held.disk.hold();
    const asked = held.disk.nextAsked();
    const unanswered = failure(held.running.assess(theft('w-2', { requestId: 'r-2' })));
    await asked;
    const after = await startOnSurvivor(held);
    held.disk.pass();
    expect((await unanswered).code).toBe(GrpcStatus.UNAVAILABLE);
    const { assessments } = await after.client.call(RiskService.method.listAssessments, {});
    expect(assessments.map(({ assessmentId }) => assessmentId)).toEqual([answered.assessmentId]);
    expect((await after.assess(theft('w-1', { requestId: 'r-1' }))).assessmentId).toBe(answered.assessmentId);
    expect((await after.report(reset())).accepted.map(({ duplicate }) => duplicate)).toEqual([true]);
    expect(codes(await after.assess(usual('w-3')))).toContain('PASSWORD_RESET');
  });
});

describe('I5: a disk that fails', () => {
  test('UNAVAILABLE with AUDIT_UNAVAILABLE, health NOT_SERVING, and back again by itself', async () => {
    const held = await startOnHeldDisk();
    const { running, disk } = held;
    expect(await checkHealth(running.service.grpcAddress)).toBe('SERVING');
    disk.fail();
    const failed = await failure(running.assess(usual('w-1', { requestId: 'r-1' })));
    expect(failed.code).toBe(GrpcStatus.UNAVAILABLE);
    expect(details(failed).info?.reason).toBe('AUDIT_UNAVAILABLE');
    const refused = await Promise.all([
      failure(running.assess(usual('w-2'))),
      failure(running.assess(usual('w-1', { requestId: 'r-1' }))),
      failure(running.report(reset())),
    ]);
    expect(refused.map((error) => details(error).info?.reason)).toEqual([
      'AUDIT_UNAVAILABLE',
      'AUDIT_UNAVAILABLE',
      'AUDIT_UNAVAILABLE',
    ]);
    expect(await checkHealth(running.service.grpcAddress)).toBe('NOT_SERVING');
    expect((await running.ops('/readyz')).status).toBe(503);
    expect((await running.ops('/healthz')).status).toBe(200);
    expect((await running.ops('/metrics')).text).toContain('holdfast_audit_available 0');

    disk.pass();
    await disk.nextAsked();
    const answer = await answered(running);
    expect(answer.decision).toBe(Decision.ALLOW);
    expect(await checkHealth(running.service.grpcAddress)).toBe('SERVING');
    expect((await running.ops('/readyz')).status).toBe(200);
    const events = running.logLines.map((line) => JSON.parse(line).event);
    expect(events).toEqual(expect.arrayContaining(['audit_failed', 'audit_recovered']));
  });

  test('the record whose flush failed becomes durable, and its retry gets the one answer', async () => {
    const { running, disk } = await startOnHeldDisk();
    disk.fail();
    await failure(running.assess(usual('w-1', { requestId: 'r-1' })));
    disk.pass();
    await disk.nextAsked();
    const retried = await answered(running, 'r-1');
    const { assessments } = await running.client.call(RiskService.method.listAssessments, {});
    expect(assessments.map(({ assessmentId }) => assessmentId)).toEqual([retried.assessmentId]);
  });

  test('a dry run needs no disk', async () => {
    const { running, disk } = await startOnHeldDisk();
    disk.fail();
    await failure(running.assess(usual('w-1')));
    expect((await running.assess(usual('w-1', { dryRun: true }))).decision).toBe(Decision.ALLOW);
  });
});

describe('a relaxed audit', () => {
  test('answers before the flush; signals are acknowledged after it all the same', async () => {
    const held = await startOnHeldDisk('relaxed');
    held.disk.hold();
    const answer = await held.running.assess(usual('w-1'));
    expect(answer.assessmentId).not.toBe('');
    const acknowledged = held.running.report(reset());
    expect(await isSettled(acknowledged, held)).toBe(false);
    held.disk.pass();
    expect((await acknowledged).accepted).toHaveLength(1);
  });

  test('goes on answering while the disk fails', async () => {
    const { running, disk } = await startOnHeldDisk('relaxed');
    disk.fail();
    await running.assess(usual('w-1'));
    await failure(running.report(reset()));
    expect((await running.assess(usual('w-2'))).decision).toBe(Decision.ALLOW);
  });
});

/** Asks, with one id, until the disk is back: an answer that is refused is asked for again, as an exchange does. */
async function answered(running: TestService, requestId = 'r-again') {
  for (;;) {
    try {
      return await running.assess(usual('w-1', { requestId }));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === GrpcStatus.UNAVAILABLE)) throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
