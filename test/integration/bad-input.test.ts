import { create, toBinary } from '@bufbuild/protobuf';
import { status as GrpcStatus } from '@grpc/grpc-js';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AssessWithdrawalRequestSchema, RiskService } from '../../src/gen/holdfast/v1/risk_service_pb.js';
import {
  details,
  failure,
  type RequestInit,
  startTestService,
  stopServices,
  type TestService,
} from './harness.js';
import { RawClient } from './raw-call.js';
import { reset, usual } from './requests.js';

let running: TestService;
let raw: RawClient;

beforeAll(async () => {
  running = await startTestService();
  raw = new RawClient(running.service.grpcAddress);
  await running.assess(usual('w-0'));
});

afterAll(async () => {
  raw.close();
  await stopServices();
});

function head(): number {
  return running.service.stores.journal.head;
}

describe('a request that breaks a rule gets its error, and leaves nothing behind', () => {
  test.each<readonly [string, RequestInit]>([
    ['withdrawal_id', { withdrawalId: '' }],
    ['account_id', { accountId: 'x'.repeat(129) }],
    ['account_id', { accountId: 'a\u0000b' }],
    ['email', { email: `${'x'.repeat(250)}@att.net` }],
    ['amount', { amount: 'NaN' }],
    ['amount', { amount: '1e400' }],
    ['reference_value', { referenceValue: Number.NaN }],
    ['reference_value', { referenceValue: Number.NEGATIVE_INFINITY }],
    ['balance_share', { balanceShare: 1.5 }],
    ['destination.address', { destination: { address: '' } }],
    ['signals', { signals: Array.from({ length: 65 }, () => reset()) }],
    ['signals[0].attributes', { signals: [reset({ attributes: { k: 'v'.repeat(257) } })] }],
    ['at_least_as_fresh', { atLeastAsFresh: 'p1.' }],
  ])('%s', async (field, changes) => {
    const before = head();
    const error = await failure(running.assess(usual('w-1', changes)));
    expect(error.code).toBe(GrpcStatus.INVALID_ARGUMENT);
    expect(details(error).info?.reason).toBe('REQUEST_INVALID');
    expect(details(error).badRequest?.fieldViolations.map((violation) => violation.field)).toEqual([field]);
    expect(head()).toBe(before);
  });

  test('thousands of violations still fit into the trailers', async () => {
    const signals = Array.from({ length: 500 }, () => reset({ accountId: 'other', email: 'x\u0000' }));
    const error = await failure(running.assess(usual('w-1', { signals })));
    expect(error.code).toBe(GrpcStatus.INVALID_ARGUMENT);
    expect(details(error).byteLength).toBeLessThanOrEqual(1_024);
    expect(Number(details(error).info?.metadata['violations_not_listed'])).toBeGreaterThan(900);
  });
});

describe('sizes', () => {
  test('an assessment of more than 64 KiB is refused with the limit', async () => {
    const attributes = Object.fromEntries(Array.from({ length: 16 }, (_, n) => [`k${n}`, 'v'.repeat(250)]));
    const signals = Array.from({ length: 20 }, () => reset({ attributes }));
    const error = await failure(running.assess(usual('w-1', { signals })));
    expect(error.code).toBe(GrpcStatus.RESOURCE_EXHAUSTED);
    expect(details(error).info).toMatchObject({
      reason: 'REQUEST_TOO_LARGE',
      metadata: { limit_bytes: String(64 * 1024) },
    });
  });

  test('500 signals are taken in one batch', async () => {
    const signals = Array.from({ length: 500 }, (_, n) =>
      reset({ signalId: `batch-${n}`, accountId: `b-${n}` }),
    );
    const { accepted } = await running.client.call(RiskService.method.reportSignals, { signals });
    expect(accepted).toHaveLength(500);
  });
});

describe('bytes of any kind', () => {
  test('random ones are malformed or invalid, and the service goes on', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const before = head();
        const code = await raw.assessStatus(Buffer.from(bytes));
        expect(code).toBe(GrpcStatus.INVALID_ARGUMENT);
        expect(head()).toBe(before);
      }),
      { numRuns: 60 },
    );
  });

  test('a good request with any of its bytes changed is answered or refused, never a failure of ours', async () => {
    const good = Buffer.from(
      toBinary(AssessWithdrawalRequestSchema, create(AssessWithdrawalRequestSchema, usual('w-1'))),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.nat(255), async (at, value) => {
        const changed = Buffer.from(good);
        changed[at] = value;
        const code = await raw.assessStatus(changed);
        expect([GrpcStatus.OK, GrpcStatus.INVALID_ARGUMENT, GrpcStatus.FAILED_PRECONDITION]).toContain(code);
      }),
      { numRuns: 120 },
    );
    expect(running.logLines.filter((line) => line.includes('call_failed'))).toEqual([]);
    expect((await running.assess(usual('w-2'))).assessmentId).not.toBe('');
  });
});
