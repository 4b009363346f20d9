import { create } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import {
  HoldService,
  ListHoldsRequestSchema,
  ListHoldsResponseSchema,
} from '../../src/gen/holdfast/v1/hold_service_pb.js';
import { AssessWithdrawalResponseSchema, RiskService } from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { Admission } from '../../src/server/admission.js';
import { EncodedResponse, unary } from '../../src/server/grpc-adapter.js';
import {
  call,
  decodeDetails,
  details,
  echo,
  failure,
  frame,
  gate,
  rawCall,
  rawUnary,
  request,
  requestFrame,
  startServer,
  stopServers,
} from './harness.js';

const LIMITS = { maxInFlight: 2, maxLagMs: 10, lagToleranceMs: 100, minCallsWhileLagging: 5 };
const assess = RiskService.method.assessWithdrawal;
const MALFORMED_FRAME = frame(Buffer.from([0xff]));

afterEach(stopServers);

/** Calls come in, as many as `count`. */
function arrive(admission: Admission, count: number): void {
  for (let i = 0; i < count; i += 1) admission.shedCause();
}

describe('in-flight cap', () => {
  test('admits up to the cap, and again when one has left', () => {
    const admission = new Admission(LIMITS);
    admission.enter();
    expect(admission.shedCause()).toBeUndefined();
    admission.enter();
    expect(admission.shedCause()).toBe('IN_FLIGHT_LIMIT');
    admission.leave();
    expect(admission.shedCause()).toBeUndefined();
    expect(admission.inFlight).toBe(1);
  });

  test('fault 32: calls above it are refused with the time to come back; operators are let in', async () => {
    const disk = gate();
    const server = await startServer(
      [
        unary(assess, () => new EncodedResponse(new Uint8Array(), disk.opened)),
        unary(HoldService.method.listHolds, () => create(ListHoldsResponseSchema, { nextPageToken: 'n' })),
      ],
      { maxInFlight: 3 },
    );
    const client = server.client();
    const waiting = Array.from({ length: 3 }, () => call(client, assess, request('w')));
    await expect.poll(() => server.server.callsInFlight).toBe(3);

    const error = await failure(call(client, assess, request('w')));
    expect(error.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(details(error).info?.reason).toBe('IN_FLIGHT_LIMIT');
    expect(details(error).retry?.retryDelay).toMatchObject({ seconds: 0n, nanos: 50_000_000 });
    expect(error.metadata.get('grpc-retry-pushback-ms')).toEqual(['50']);
    expect(server.observed.shed).toEqual(['IN_FLIGHT_LIMIT']);

    const holds = await call(client, HoldService.method.listHolds, create(ListHoldsRequestSchema));
    expect(holds.nextPageToken).toBe('n');
    disk.open();
    await Promise.all(waiting);
    expect(server.server.callsInFlight).toBe(0);
  });
});

test('fault 32: callers that end their requests late do not pass the cap', async () => {
  const disk = gate();
  const { server, session, observed } = await startServer(
    [unary(assess, () => new EncodedResponse(new Uint8Array(), disk.opened))],
    { maxInFlight: 10 },
  );
  const sessions = Array.from({ length: 5 }, () => session());
  const raws = sessions.flatMap((shared) => Array.from({ length: 150 }, () => rawCall(shared)));
  for (const raw of raws) raw.write(requestFrame('w'));
  // When these are answered all messages before them have come, and none of them is in flight.
  await Promise.all(sessions.map((shared) => rawUnary(shared, MALFORMED_FRAME)));
  expect(server.callsInFlight).toBe(0);
  for (const raw of raws) raw.end();
  let refusedCount = 0;
  const answers = raws.map(async (raw) => {
    const answer = await raw.answer;
    if (answer.grpcStatus !== '0') refusedCount += 1;
    return answer;
  });
  await expect.poll(() => refusedCount).toBe(raws.length - 10);
  expect(server.callsInFlight).toBe(10);
  disk.open();
  // A busy machine may take longer than requests have to be complete: those are refused for that.
  const shed = (await Promise.all(answers)).filter(
    ({ grpcStatus }) => !['0', '4'].includes(grpcStatus ?? ''),
  );
  expect(shed.map(({ grpcStatus }) => grpcStatus)).toEqual(shed.map(() => String(status.RESOURCE_EXHAUSTED)));
  expect(observed.shed).toEqual(shed.map(() => 'IN_FLIGHT_LIMIT'));
  for (const { detailsBin = '' } of shed) {
    const { info, retry } = decodeDetails(Buffer.from(detailsBin, 'base64'));
    expect(info?.reason).toBe('IN_FLIGHT_LIMIT');
    expect(retry?.retryDelay).toMatchObject({ seconds: 0n, nanos: 50_000_000 });
  }
  expect(server.callsInFlight).toBe(0);
});

describe('event-loop lag', () => {
  test('sheds only when it lasts', () => {
    const admission = new Admission(LIMITS);
    admission.sampleLag(1_000, 11);
    arrive(admission, 10);
    admission.sampleLag(1_050, 11);
    expect(admission.shedCause()).toBeUndefined();
    admission.sampleLag(1_100, 11);
    expect(admission.shedCause()).toBe('SERVER_LAGGING');
  });

  test('one sample without lag ends it', () => {
    const admission = new Admission(LIMITS);
    admission.sampleLag(1_000, 50);
    arrive(admission, 10);
    admission.sampleLag(1_200, 50);
    expect(admission.shedCause()).toBe('SERVER_LAGGING');
    admission.sampleLag(1_210, 10);
    expect(admission.shedCause()).toBeUndefined();
    admission.sampleLag(1_220, 50);
    expect(admission.shedCause()).toBeUndefined();
  });

  test('a single long pause sheds nothing', () => {
    const admission = new Admission(LIMITS);
    arrive(admission, 10);
    admission.sampleLag(1_000, 200);
    expect(admission.shedCause()).toBeUndefined();
  });

  test('lag that calls cannot have caused sheds nothing', () => {
    const admission = new Admission(LIMITS);
    arrive(admission, 100);
    admission.sampleLag(1_000, 50);
    arrive(admission, 4);
    admission.sampleLag(1_500, 50);
    expect(admission.shedCause()).toBeUndefined();
    admission.sampleLag(1_600, 50);
    expect(admission.shedCause()).toBe('SERVER_LAGGING');
  });
});

test('fault 32: under lasting lag assessments are refused before they are decoded, operators are let in', async () => {
  // Any sample at all counts as lag.
  const lagLimits = { maxLagMs: -Number.MAX_VALUE, lagToleranceMs: 0, minCallsWhileLagging: 0 };
  const server = await startServer(
    [
      echo,
      unary(HoldService.method.listHolds, () => create(ListHoldsResponseSchema, { nextPageToken: 'n' })),
    ],
    { lagLimits },
  );
  const client = server.client();
  await expect.poll(() => failure(call(client, assess, request('w'))).then((error) => error.code)).toBe(14);
  const error = await failure(call(client, assess, request('w')));
  expect(details(error).info?.reason).toBe('SERVER_LAGGING');
  expect(error.metadata.get('grpc-retry-pushback-ms')).toEqual(['50']);
  // Not even a malformed one is looked at.
  const malformed = await rawUnary(server.session(), Buffer.from([0, 0, 0, 0, 1, 0xff]));
  expect(malformed.grpcStatus).toBe('14');
  const holds = await call(client, HoldService.method.listHolds, create(ListHoldsRequestSchema));
  expect(holds.nextPageToken).toBe('n');
});

/** Keeps the only thread busy. */
function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test('fault 33: calls whose deadline passed while the event loop was blocked are dropped unprocessed', async () => {
  const handled: string[] = [];
  const server = await startServer([
    unary(assess, (message) => {
      handled.push(message.withdrawalId);
      if (message.withdrawalId === 'blocker') block(200);
      return create(AssessWithdrawalResponseSchema, { assessmentId: message.withdrawalId });
    }),
  ]);
  const session = server.session();
  // All in one write: the server reads the second request's headers, then is blocked by the first request.
  const blocker = rawUnary(session, requestFrame('blocker'));
  const late = rawUnary(session, requestFrame('late'), { 'grpc-timeout': '50m' });
  expect((await blocker).grpcStatus).toBe('0');
  expect((await late).grpcStatus).toBe('4');
  expect(handled).toEqual(['blocker']);
  expect(server.observed.unserved).toBe(1);
  const after = await call(server.client(), assess, request('after'));
  expect(after.assessmentId).toBe('after');
});
