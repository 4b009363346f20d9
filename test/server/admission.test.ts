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

const LIMITS = { maxInFlight: 2, maxWaitMs: 20, toleranceMs: 100 };
const assess = RiskService.method.assessWithdrawal;
const MALFORMED_FRAME = frame(Buffer.from([0xff]));

afterEach(stopServers);

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

describe('a queue that stands', () => {
  const WIDE = { ...LIMITS, maxInFlight: 10_000 };

  /** A turn of 100 calls at 0.1 ms each, so that 200 are answered within the longest wait; `left` wait on. */
  function turn(admission: Admission, nowMs: number, left: number, tookMs = 10): void {
    while (admission.waiting < left) admission.enter();
    while (admission.waiting > left) admission.asked();
    admission.turnEnded(nowMs, tookMs, 100);
  }

  function overloaded(): Admission {
    const admission = new Admission(WIDE);
    for (const nowMs of [1_000, 1_050, 1_100]) turn(admission, nowMs, 150);
    return admission;
  }

  test('sheds only when it lasts', () => {
    const admission = new Admission(WIDE);
    turn(admission, 1_000, 450);
    turn(admission, 1_099, 450);
    expect(admission.shedCauseOfHeaders()).toBeUndefined();
    expect(admission.shedCause()).toBeUndefined();
    turn(admission, 1_100, 450);
    expect(admission.shedCauseOfHeaders()).toBe('SERVER_LAGGING');
    expect(admission.shedCause()).toBe('SERVER_LAGGING');
  });

  test('a steady share is let in meanwhile: as many as are answered within the longest wait', () => {
    const admission = overloaded();
    expect(admission.places).toBeCloseTo(200);
    let letIn = 0;
    while (admission.shedCauseOfHeaders() === undefined) letIn += 1;
    expect(Math.abs(letIn - 50)).toBeLessThanOrEqual(1);
    // Those never came whole: they keep no place.
    turn(admission, 1_110, 150);
    expect(admission.shedCauseOfHeaders()).toBeUndefined();
  });

  test('what has come whole is let in to twice the wait, as it has cost most of its refusal', () => {
    const admission = overloaded();
    while (admission.waiting < 395) admission.enter();
    expect(admission.shedCause()).toBeUndefined();
    while (admission.waiting < 405) admission.enter();
    expect(admission.shedCause()).toBe('SERVER_LAGGING');
  });

  test('ends when half of the places are free', () => {
    const admission = overloaded();
    turn(admission, 1_110, 101);
    expect(admission.isOverloaded).toBe(true);
    turn(admission, 1_120, 99);
    expect(admission.isOverloaded).toBe(false);
    turn(admission, 1_130, 190);
    expect(admission.isOverloaded).toBe(false);
  });

  test('turns that are long for the calls in them count like a queue', () => {
    const admission = new Admission(WIDE);
    for (const nowMs of [1_000, 1_050, 1_100]) turn(admission, nowMs, 0, 40);
    expect(admission.isOverloaded).toBe(true);
  });

  test('long turns of few calls are not their doing', () => {
    const admission = new Admission(WIDE);
    for (let nowMs = 1_000; nowMs < 2_000; nowMs += 100) admission.turnEnded(nowMs, 100, 5);
    expect(admission.isOverloaded).toBe(false);
  });

  test('refusals do not make answers look slow', () => {
    const admission = overloaded();
    while (admission.waiting < 250) admission.enter();
    for (let nowMs = 1_110; nowMs < 3_000; nowMs += 10) {
      for (let call = 0; call < 400; call += 1) admission.shedCauseOfHeaders();
      // 400 refusals at an eighth of an answer each.
      admission.turnEnded(nowMs, 15, 100);
    }
    expect(admission.places).toBeCloseTo(200, 0);
  });

  test('however slow answers are, a turn finds some to give', () => {
    const admission = new Admission(WIDE);
    for (const nowMs of [1_000, 2_000, 3_000]) turn(admission, nowMs, 500, 1_000);
    expect(admission.places).toBe(64);
  });
});

/** Its queue stands and is full, whatever comes and goes. */
function fullAdmission(): Admission {
  const admission = new Admission({ maxInFlight: 10_000, maxWaitMs: 1, toleranceMs: 0 });
  for (let call = 0; call < 1_000; call += 1) admission.enter();
  admission.turnEnded(0, 1_000, 100);
  return admission;
}

test('fault 32: while a queue stands assessments are refused before they are decoded, operators are let in', async () => {
  const server = await startServer(
    [
      echo,
      unary(HoldService.method.listHolds, () => create(ListHoldsResponseSchema, { nextPageToken: 'n' })),
    ],
    { admission: fullAdmission() },
  );
  const client = server.client();
  const error = await failure(call(client, assess, request('w')));
  expect(error.code).toBe(status.UNAVAILABLE);
  expect(details(error).info?.reason).toBe('SERVER_LAGGING');
  expect(error.metadata.get('grpc-retry-pushback-ms')).toEqual(['50']);
  // Not even a malformed one is looked at.
  const malformed = await rawUnary(server.session(), Buffer.from([0, 0, 0, 0, 1, 0xff]));
  expect(malformed.grpcStatus).toBe('14');
  expect(server.observed.shed).toEqual(['SERVER_LAGGING', 'SERVER_LAGGING']);
  const holds = await call(client, HoldService.method.listHolds, create(ListHoldsRequestSchema));
  expect(holds.nextPageToken).toBe('n');
});

test('fault 32: a refused call is answered at its headers, whether or not its message ever comes', async () => {
  const { session, observed } = await startServer([echo], { admission: fullAdmission() });
  const raw = rawCall(session());
  const answer = await raw.answer;
  expect(answer.grpcStatus).toBe('14');
  expect(decodeDetails(Buffer.from(answer.detailsBin ?? '', 'base64')).info?.reason).toBe('SERVER_LAGGING');
  expect(observed.answered).toEqual([{ method: 'AssessWithdrawal', status: 14, durationMs: 0 }]);
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
