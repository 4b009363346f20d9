import { create, toBinary } from '@bufbuild/protobuf';
import { Metadata, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { FeedService, ListFeedsRequestSchema } from '../../src/gen/holdfast/v1/feed_service_pb.js';
import {
  CreatePolicyRevisionRequestSchema,
  PolicyService,
} from '../../src/gen/holdfast/v1/policy_service_pb.js';
import {
  AssessWithdrawalRequestSchema,
  AssessWithdrawalResponseSchema,
  ReportSignalsRequestSchema,
  ReportSignalsResponseSchema,
  RiskService,
  WatchReassessmentsRequestSchema,
} from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { CallError, invalidArgument } from '../../src/server/errors.js';
import { type CallContext, EncodedResponse, unary } from '../../src/server/grpc-adapter.js';
import { wireMethod } from '../../src/server/wire-method.js';
import {
  call,
  details,
  echo,
  failure,
  frame,
  gate,
  rawUnary,
  request,
  startServer,
  stopServers,
} from './harness.js';

const assess = RiskService.method.assessWithdrawal;

afterEach(stopServers);

describe('answers', () => {
  test('a message', async () => {
    const { client } = await startServer([echo]);
    const answer = await call(client(), assess, request('w-1'));
    expect(answer.assessmentId).toBe('w-1');
  });

  test('bytes that are encoded already go out as they are', async () => {
    const bytes = toBinary(
      AssessWithdrawalResponseSchema,
      create(AssessWithdrawalResponseSchema, { assessmentId: 'x', score: 12.5 }),
    );
    // A view into a larger block, as pools give out.
    const block = Buffer.concat([Buffer.alloc(7), bytes, Buffer.alloc(9)]);
    const { client } = await startServer([
      unary(assess, () => new EncodedResponse(block.subarray(7, 7 + bytes.length))),
    ]);
    const answer = await call(client(), assess, request('w'));
    expect(answer).toMatchObject({ assessmentId: 'x', score: 12.5 });
  });

  test('I5: an answer leaves only when its record is durable', async () => {
    const disk = gate();
    const { client, observed } = await startServer([
      unary(assess, (message) => {
        const answer = create(AssessWithdrawalResponseSchema, { assessmentId: message.withdrawalId });
        return new EncodedResponse(toBinary(AssessWithdrawalResponseSchema, answer), disk.opened);
      }),
    ]);
    const waiting = client();
    let answered = false;
    const answer = call(waiting, assess, request('w-1')).then((value) => {
      answered = true;
      return value;
    });
    await call(waiting, FeedService.method.listFeeds, create(ListFeedsRequestSchema)).catch(() => {});
    expect(answered).toBe(false);
    expect(observed.answered.filter(({ method }) => method === 'AssessWithdrawal')).toEqual([]);
    disk.open();
    expect((await answer).assessmentId).toBe('w-1');
  });

  test('I5: no answer when its record fails', async () => {
    const broken = Object.assign(new Error('commit of w-1 failed'), { code: 'AUDIT_UNAVAILABLE' });
    const { client, observed } = await startServer([
      unary(assess, () => new EncodedResponse(new Uint8Array(), Promise.reject(broken))),
    ]);
    const error = await failure(call(client(), assess, request('w-1')));
    expect(error.code).toBe(status.UNAVAILABLE);
    expect(details(error).info).toMatchObject({ reason: 'AUDIT_UNAVAILABLE', domain: 'holdfast.v1' });
    expect(error.message).not.toContain('w-1');
    expect(observed.failed).toEqual([]);
  });

  test('a promised message', async () => {
    const { client } = await startServer([
      unary(RiskService.method.reportSignals, async () =>
        create(ReportSignalsResponseSchema, { asOf: 'later' }),
      ),
    ]);
    const answer = await call(client(), RiskService.method.reportSignals, create(ReportSignalsRequestSchema));
    expect(answer.asOf).toBe('later');
  });

  test('each call is observed once, with its status and time', async () => {
    const { client, observed, server } = await startServer([echo]);
    await call(client(), assess, request('w'));
    expect(observed.answered).toEqual([
      { method: 'AssessWithdrawal', status: status.OK, durationMs: expect.any(Number) },
    ]);
    expect(observed.answered[0]?.durationMs).toBeGreaterThanOrEqual(0);
    expect(server.callsInFlight).toBe(0);
  });
});

describe('errors', () => {
  test('violations arrive with their fields', async () => {
    const violation = {
      field: 'signals[2].occurred_at',
      reason: 'IN_FUTURE',
      description: 'must not be ahead',
    };
    const { client } = await startServer([
      unary(assess, () => {
        throw invalidArgument([violation]);
      }),
    ]);
    const error = await failure(call(client(), assess, request('w')));
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(error.details).toBe('signals[2].occurred_at: must not be ahead');
    const { info, badRequest } = details(error);
    expect(info?.reason).toBe('REQUEST_INVALID');
    expect(badRequest?.fieldViolations).toMatchObject([violation]);
  });

  test('a rejected promise is an error like a thrown one', async () => {
    const { client } = await startServer([
      unary(assess, () => Promise.reject(new CallError('REQUEST_ID_REUSED'))),
    ]);
    const error = await failure(call(client(), assess, request('w')));
    expect(error.code).toBe(status.FAILED_PRECONDITION);
    expect(details(error).info?.reason).toBe('REQUEST_ID_REUSED');
  });

  test('a bug tells the caller nothing, and us once', async () => {
    const bug = new TypeError('cannot read alice@att.net of undefined');
    const { client, observed } = await startServer([
      unary(assess, () => {
        throw bug;
      }),
    ]);
    const error = await failure(call(client(), assess, request('w')));
    expect(error.code).toBe(status.INTERNAL);
    expect(error.details).toBe('internal error');
    expect(JSON.stringify(details(error).status.message)).not.toContain('alice');
    expect(observed.failed).toEqual([bug]);
  });

  test('methods of later versions say so', async () => {
    const { client } = await startServer([echo]);
    const error = await failure(call(client(), FeedService.method.listFeeds, create(ListFeedsRequestSchema)));
    expect(error.code).toBe(status.UNIMPLEMENTED);
    expect(details(error).info).toMatchObject({
      reason: 'NOT_YET_AVAILABLE',
      metadata: { method: 'holdfast.v1.FeedService.ListFeeds' },
    });
  });

  test('streaming methods of later versions say so', async () => {
    const { client } = await startServer([echo]);
    const { path, requestSerialize, responseDeserialize } = wireMethod(RiskService.method.watchReassessments);
    const stream = client().makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      create(WatchReassessmentsRequestSchema),
    );
    const error = await new Promise<Error>((resolve) => stream.on('error', resolve));
    expect(error).toMatchObject({ code: status.UNIMPLEMENTED });
  });
});

describe('limits of methods', () => {
  test('an assessment may have 64 KiB, not more', async () => {
    const { client } = await startServer([echo]);
    const fits = await call(client(), assess, request('w'.repeat(60_000)));
    expect(fits.assessmentId).toHaveLength(60_000);
    const error = await failure(call(client(), assess, request('w'.repeat(70_000))));
    expect(error.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(details(error).info).toMatchObject({
      reason: 'REQUEST_TOO_LARGE',
      metadata: { limit_bytes: '65536' },
    });
  });

  test('exactly as many bytes as may be are let in, one more is not', async () => {
    const { client } = await startServer([echo]);
    const around = toBinary(AssessWithdrawalRequestSchema, request('w'.repeat(60_000))).byteLength - 60_000;
    const largest = request('w'.repeat(65_536 - around));
    expect(toBinary(AssessWithdrawalRequestSchema, largest).byteLength).toBe(65_536);
    expect((await call(client(), assess, largest)).assessmentId).toHaveLength(65_536 - around);
    const beyond = request('w'.repeat(65_537 - around));
    expect((await failure(call(client(), assess, beyond))).code).toBe(status.RESOURCE_EXHAUSTED);
  });

  test('a policy may have 1 MiB', async () => {
    const { client } = await startServer([echo]);
    const method = PolicyService.method.createPolicyRevision;
    const within = create(CreatePolicyRevisionRequestSchema, { text: 'x'.repeat(900_000) });
    expect((await failure(call(client(), method, within))).code).toBe(status.UNIMPLEMENTED);
    const beyond = create(CreatePolicyRevisionRequestSchema, { text: 'x'.repeat(1_100_000) });
    expect((await failure(call(client(), method, beyond))).code).toBe(status.RESOURCE_EXHAUSTED);
  });

  test('unknown fields do not ride along', async () => {
    let seen: unknown;
    const { session } = await startServer([
      unary(assess, (message) => {
        seen = message;
        return create(AssessWithdrawalResponseSchema);
      }),
    ]);
    // Field 1000, bytes "abc".
    const answer = await rawUnary(session(), frame(Buffer.from([0xc2, 0x3e, 3, 97, 98, 99])));
    expect(answer.grpcStatus).toBe('0');
    expect(seen).not.toHaveProperty('$unknown');
  });
});

describe('what a handler knows of its call', () => {
  async function contextOf(
    options: Parameters<typeof call>[3],
  ): Promise<{ context: CallContext; at: number }> {
    let known: { context: CallContext; at: number } | undefined;
    const { client } = await startServer([
      unary(assess, (_message, context) => {
        known = { context, at: performance.now() };
        return create(AssessWithdrawalResponseSchema);
      }),
    ]);
    await call(client(), assess, request('w'), options);
    if (known === undefined) throw new Error('not called');
    return known;
  }

  test('the one tenant, and no deadline if there is none', async () => {
    const { context, at } = await contextOf({});
    expect(context).toMatchObject({ tenant: 'default', deadlineAt: Number.POSITIVE_INFINITY });
    expect(context.arrivedAt).toBeLessThanOrEqual(at);
    expect(context.traceparent).toBeUndefined();
  });

  test('the deadline, on the monotonic clock', async () => {
    const { context, at } = await contextOf({ deadline: Date.now() + 60_000 });
    expect(context.deadlineAt - at).toBeGreaterThan(30_000);
    expect(context.deadlineAt - at).toBeLessThanOrEqual(60_010);
  });

  test('the trace context of its caller', async () => {
    const metadata = new Metadata();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    metadata.set('traceparent', traceparent);
    const { context } = await contextOf({ metadata });
    expect(context.traceparent).toBe(traceparent);
  });

  test('that its caller has gone', async () => {
    const entered = gate();
    const left = gate();
    let context: CallContext | undefined;
    const { client, server } = await startServer([
      unary(assess, async (_message, given) => {
        context = given;
        entered.open();
        await left.opened;
        return create(AssessWithdrawalResponseSchema);
      }),
    ]);
    const going = client();
    const answer = failure(call(going, assess, request('w'), { deadline: Date.now() + 300 }));
    await entered.opened;
    expect(context?.cancelled()).toBe(false);
    expect(server.callsInFlight).toBe(1);
    expect((await answer).code).toBe(status.DEADLINE_EXCEEDED);
    await expect.poll(() => context?.cancelled()).toBe(true);
    left.open();
    await expect.poll(() => server.callsInFlight).toBe(0);
  });
});
