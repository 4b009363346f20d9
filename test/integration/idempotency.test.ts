import { fromBinary } from '@bufbuild/protobuf';
import { status as GrpcStatus } from '@grpc/grpc-js';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AssessWithdrawalResponseSchema } from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { SignalType } from '../../src/gen/holdfast/v1/signal_pb.js';
import { MemoryLogStore } from '../../src/store/memory-log-store.js';
import { HeldFlush } from '../store/held-flush.js';
import {
  details,
  failure,
  type RequestInit,
  startTestService,
  stopServices,
  type TestService,
} from './harness.js';
import { ago, DAY_MS, MINUTE_MS, reset, theft, usual } from './requests.js';

let running: TestService;

beforeEach(async () => {
  running = await startTestService();
});

afterEach(stopServices);

function head(): number {
  return running.service.stores.journal.head;
}

/** Fails unless the id is refused for having been used with other content. */
async function expectReused(request: RequestInit): Promise<void> {
  const error = await failure(running.assess(request));
  expect(error.code).toBe(GrpcStatus.FAILED_PRECONDITION);
  expect(details(error).info?.reason).toBe('REQUEST_ID_REUSED');
  expect(details(error).badRequest?.fieldViolations.map(({ field }) => field)).toEqual(['request_id']);
}

describe('the same request_id', () => {
  test('with the same content gets the identical answer and one record', async () => {
    const request = theft('w-1', { requestId: 'r-1', signals: [reset()] });
    const first = await running.assessBytes(request);
    const after = head();
    running.clock.now += 3 * MINUTE_MS;
    await running.report(reset({ type: SignalType.NEW_DEVICE, occurredAt: ago(MINUTE_MS) }));
    const second = await running.assessBytes(request);
    expect(second.equals(first)).toBe(true);
    expect(head()).toBe(after + 1);
  });

  test('holds whatever the content was, and for no other content', async () => {
    const content = fc.record({
      amount: fc.constantFrom('1', '2.5'),
      referenceValue: fc.constantFrom(10, 20_000),
      accountId: fc.constantFrom('account-1', 'account-2'),
    });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(content, content, async (one, other) => {
        run += 1;
        const requestId = `r-${run}`;
        const first = await running.assessBytes(usual('w-1', { ...one, requestId }));
        if (JSON.stringify(one) === JSON.stringify(other)) {
          expect((await running.assessBytes(usual('w-1', { ...other, requestId }))).equals(first)).toBe(true);
        } else {
          await expectReused(usual('w-1', { ...other, requestId }));
        }
      }),
      { numRuns: 40 },
    );
  });

  test('may say the same amount in another way', async () => {
    const first = await running.assessBytes(usual('w-1', { requestId: 'r-1', amount: '1e-7' }));
    for (const amount of ['0.0000001', '0.00000010', '1E-07', '.0000001', '+1e-7', '100e-9']) {
      expect((await running.assessBytes(usual('w-1', { requestId: 'r-1', amount }))).equals(first)).toBe(
        true,
      );
    }
    await expectReused(usual('w-1', { requestId: 'r-1', amount: '1.1e-7' }));
    const inline = usual('w-2', { requestId: 'r-2', amount: '1E+2', signals: [reset()] });
    const second = await running.assessBytes(inline);
    expect((await running.assessBytes({ ...inline, amount: '100.0' })).equals(second)).toBe(true);
  });

  test('may ask for another freshness', async () => {
    const first = await running.assessBytes(usual('w-1', { requestId: 'r-1' }));
    const { asOf } = fromBinary(AssessWithdrawalResponseSchema, first);
    const second = await running.assessBytes(usual('w-1', { requestId: 'r-1', atLeastAsFresh: asOf }));
    expect(second.equals(first)).toBe(true);
  });

  test('gets the identical answer across a restart', async () => {
    const request = theft('w-1', { requestId: 'r-1' });
    const first = await running.assessBytes(request);
    running = await running.restart();
    expect((await running.assessBytes(request)).equals(first)).toBe(true);
    await expectReused(theft('w-2', { requestId: 'r-1' }));
  });

  test('is remembered for seven days and forgotten after', async () => {
    const first = await running.assess(usual('w-1', { requestId: 'r-1' }));
    running.clock.now += 7 * DAY_MS;
    await expectReused(usual('w-2', { requestId: 'r-1' }));
    expect((await running.assess(usual('w-1', { requestId: 'r-1' }))).assessmentId).toBe(first.assessmentId);
    running.clock.now += 1;
    const later = await running.assess(usual('w-2', { requestId: 'r-1' }));
    expect(later.assessmentId).not.toBe(first.assessmentId);
  });
});

test('a twin in flight joins the first: one record, identical answers, both after the flush', async () => {
  const disk = new HeldFlush();
  const twins = await startTestService({
    stores: { openLog: async () => new MemoryLogStore({ flush: disk.seam }) },
  });
  const { journal } = twins.service.stores;
  const before = journal.head;
  disk.hold();
  const asked = disk.nextAsked();
  const first = twins.assessBytes(usual('w-1', { requestId: 'r-1' }));
  await asked;
  const second = twins.assessBytes(usual('w-1', { requestId: 'r-1' }));
  const other = failure(twins.assess(usual('w-2', { requestId: 'r-1' })));
  expect((await other).code).toBe(GrpcStatus.FAILED_PRECONDITION);
  let answered = 0;
  for (const answer of [first, second]) void answer.then(() => answered++);
  // The refused one was sent after the twin on the same connection, so the twin has been taken up by now.
  expect([answered, journal.head]).toEqual([0, before + 1]);
  disk.pass();
  expect((await first).equals(await second)).toBe(true);
  expect(journal.head).toBe(before + 1);
});

describe('what reserves nothing', () => {
  test('a refused request', async () => {
    await failure(running.assess(usual('w-1', { requestId: 'r-1', amount: '-1' })));
    const answer = await running.assess(usual('w-2', { requestId: 'r-1' }));
    expect(answer.assessmentId).not.toBe('');
  });

  test('a dry run', async () => {
    await running.assess(usual('w-1', { requestId: 'r-1', dryRun: true }));
    expect((await running.assess(usual('w-2', { requestId: 'r-1' }))).assessmentId).not.toBe('');
  });
});

describe('a dry run', () => {
  test('records nothing at all and has no assessment_id', async () => {
    await running.assess(usual('w-1'));
    const before = { head: head(), metrics: await decisionsCounted() };
    const answer = await running.assess(
      theft('w-2', { dryRun: true, signals: [reset({ accountId: '' })], accountId: 'new' }),
    );
    expect(answer.assessmentId).toBe('');
    expect({ head: head(), metrics: await decisionsCounted() }).toEqual(before);
    const { journal, view } = running.service.stores;
    expect(view.account('default', 'new')).toEqual({ signals: [], loginFailures: [], mailboxes: [] });
    expect(view.ledger('default', 'new').spends).toEqual([]);
    expect(journal.durableHead).toBe(before.head);
  });

  test('decides as the call itself would', async () => {
    await running.report(reset());
    const dry = await running.assess(theft('w-1', { dryRun: true }));
    const real = await running.assess(theft('w-1'));
    expect({ ...dry, assessmentId: '', asOf: '' }).toEqual({ ...real, assessmentId: '', asOf: '' });
  });
});

async function decisionsCounted(): Promise<readonly string[]> {
  const { text } = await running.ops('/metrics');
  return text.split('\n').filter((line) => line.startsWith('holdfast_decisions_total'));
}
