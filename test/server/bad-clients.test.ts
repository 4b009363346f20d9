import { constants } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { gzipSync } from 'node:zlib';
import { create, toBinary } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import {
  AssessWithdrawalRequestSchema,
  AssessWithdrawalResponseSchema,
  RiskService,
} from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { EncodedResponse, unary } from '../../src/server/grpc-adapter.js';
import {
  call,
  decodeDetails,
  echo,
  frame,
  gate,
  rawCall,
  rawUnary,
  request,
  requestFrame,
  startServer,
  stopServers,
  type TestServer,
} from './harness.js';

const assess = RiskService.method.assessWithdrawal;

afterEach(stopServers);

/** The process lives and serves others. */
async function expectServing(server: TestServer): Promise<void> {
  expect((await call(server.client(), assess, request('alive'))).assessmentId).toBe('alive');
}

function reasonOf(detailsBin: string | undefined): string | undefined {
  return detailsBin === undefined ? undefined : decodeDetails(Buffer.from(detailsBin, 'base64')).info?.reason;
}

function violationsOf(detailsBin: string | undefined) {
  return detailsBin === undefined
    ? undefined
    : decodeDetails(Buffer.from(detailsBin, 'base64')).badRequest?.fieldViolations;
}

describe('fault 25: extreme deadlines', () => {
  test.each([
    // grpc-js cuts a timeout to whole milliseconds...
    ['1n', '4'],
    ['500u', '4'],
    // ...and to 32 bits: 600 hours become a negative number.
    ['600H', '4'],
    // 99,999,999 hours happen to become a day and a half.
    ['99999999H', '0'],
    ['5S', '0'],
    ['never', '13'],
  ])('grpc-timeout %s ends with status %s', async (timeout, expected) => {
    const server = await startServer([echo]);
    const answer = await rawUnary(server.session(), requestFrame('w'), { 'grpc-timeout': timeout });
    expect(answer.grpcStatus).toBe(expected);
    expect(server.server.callsInFlight).toBe(0);
    await expectServing(server);
  });

  test('a request that completes after its deadline is not served', async () => {
    const server = await startServer([echo]);
    const raw = rawCall(server.session(), { 'grpc-timeout': '20m' });
    raw.write(requestFrame('w'));
    expect((await raw.answer.finally(() => raw.end())).grpcStatus).toBe('4');
    expect(server.observed.answered.filter((call) => call.status === status.OK)).toEqual([]);
  });
});

test('fault 26: a client that cancels 2,000 calls harms nobody else', async () => {
  const disk = gate();
  const server = await startServer([
    unary(assess, (message) => {
      const answer = create(AssessWithdrawalResponseSchema, { assessmentId: message.withdrawalId });
      const slow = message.withdrawalId === 'slow' ? disk.opened : Promise.resolve();
      return new EncodedResponse(toBinary(AssessWithdrawalResponseSchema, answer), slow);
    }),
  ]);
  const bystander = server.client();
  const waiting = call(bystander, assess, request('slow'));
  await expect.poll(() => server.server.callsInFlight).toBe(1);
  const body = requestFrame('w');
  for (let batch = 0; batch < 20; batch += 1) {
    // The HTTP/2 stack ends a session after about 1,000 resets: then the client comes back.
    const session = server.session();
    await Promise.all(
      Array.from({ length: 100 }, () => {
        const raw = rawCall(session);
        raw.write(body);
        raw.end();
        raw.cancel();
        return raw.answer;
      }),
    );
    session.destroy();
  }
  await expectServing(server);
  disk.open();
  expect((await waiting).assessmentId).toBe('slow');
  await expect.poll(() => server.server.callsInFlight).toBe(0);
});

describe('fault 27: requests that are never completed', () => {
  test('headers without a body end within the timer', async () => {
    const server = await startServer([echo]);
    const answer = await rawCall(server.session()).answer;
    expect(answer.grpcStatus).toBe('4');
    expect(reasonOf(answer.detailsBin)).toBe('REQUEST_INCOMPLETE');
    await expectServing(server);
  });

  test('a message without the end of its stream ends within the timer', async () => {
    const server = await startServer([echo]);
    const raw = rawCall(server.session());
    raw.write(requestFrame('w'));
    expect((await raw.answer).grpcStatus).toBe('4');
  });

  test('a trickle of bytes does not extend the timer', async () => {
    const server = await startServer([echo]);
    const raw = rawCall(server.session());
    const body = requestFrame('w'.repeat(1_000));
    let sent = 0;
    const trickle = setInterval(() => raw.write(body.subarray(sent, ++sent)), 50);
    try {
      expect((await raw.answer).grpcStatus).toBe('4');
    } finally {
      clearInterval(trickle);
    }
    expect(sent).toBeLessThan(body.length);
  });

  test('a refused request whose client keeps its side open is closed all the same', async () => {
    const server = await startServer([echo]);
    const raw = rawCall(server.session());
    raw.write(Buffer.from([0, 0xff, 0xff, 0xff, 0xff]));
    expect((await raw.answer).grpcStatus).toBe('8');
  });

  test('a call that is answered slowly is not taken for an incomplete one', async () => {
    const disk = gate();
    const server = await startServer([
      unary(assess, () => new EncodedResponse(new Uint8Array(), disk.opened)),
    ]);
    const session = server.session();
    const slow = rawUnary(session, requestFrame('slow'));
    // Begun later, ended by the timer: more than the timer has passed for the slow one too.
    expect((await rawCall(session).answer).grpcStatus).toBe('4');
    disk.open();
    expect((await slow).grpcStatus).toBe('0');
  });
});

describe('fault 28: more streams than a connection may have', () => {
  test('a client that does not wait to learn the cap is refused above it', async () => {
    const disk = gate();
    const server = await startServer([
      unary(assess, (message) => {
        const answer = create(AssessWithdrawalResponseSchema, { assessmentId: message.withdrawalId });
        return new EncodedResponse(toBinary(AssessWithdrawalResponseSchema, answer), disk.opened);
      }),
    ]);
    const session = server.session();
    const answers = Array.from({ length: 1_000 }, () => rawUnary(session, requestFrame('w')));
    await expect.poll(() => server.server.callsInFlight).toBe(200);
    disk.open();
    const settled = await Promise.all(answers);
    expect(settled.filter(({ grpcStatus }) => grpcStatus === '0').length).toBeGreaterThanOrEqual(200);
    const refused = settled.filter(({ grpcStatus }) => grpcStatus !== '0');
    expect(refused.length).toBeGreaterThan(0);
    expect(new Set(refused.map(({ rstCode }) => rstCode))).toEqual(
      new Set([constants.NGHTTP2_REFUSED_STREAM]),
    );
    await expectServing(server);
  });

  test('a client that knows the cap keeps to it, and all its calls are answered', async () => {
    const disk = gate();
    const server = await startServer([
      unary(assess, () => new EncodedResponse(new Uint8Array(), disk.opened)),
    ]);
    const session = server.session();
    const settings = await new Promise<{ maxConcurrentStreams?: number }>((resolve) =>
      session.once('remoteSettings', resolve),
    );
    expect(settings.maxConcurrentStreams).toBe(200);
    const answers = Array.from({ length: 1_000 }, () => rawUnary(session, requestFrame('w')));
    await expect.poll(() => server.server.callsInFlight).toBe(200);
    disk.open();
    const settled = await Promise.all(answers);
    expect(settled.filter(({ grpcStatus }) => grpcStatus === '0')).toHaveLength(1_000);
  });
});

describe('fault 29: bodies that are not requests', () => {
  const valid = toBinary(AssessWithdrawalRequestSchema, request('w'));
  test.each<[string, Buffer, Record<string, string>, string]>([
    ['a length of 4 GB', Buffer.from([0, 0xff, 0xff, 0xff, 0xff]), {}, '8'],
    ['a compressed flag without an encoding', frame(valid, 1), {}, '0'],
    ['broken gzip', frame(valid, 1), { 'grpc-encoding': 'gzip' }, '13'],
    ['proper gzip', frame(gzipSync(valid), 1), { 'grpc-encoding': 'gzip' }, '0'],
    ['a compression bomb', frame(gzipSync(Buffer.alloc(8 << 20)), 1), { 'grpc-encoding': 'gzip' }, '8'],
    ['an encoding nobody knows', frame(valid, 1), { 'grpc-encoding': 'br' }, '12'],
    ['no message at all', Buffer.alloc(0), {}, '12'],
    ['two messages', Buffer.concat([frame(valid), frame(valid)]), {}, '12'],
  ])('%s', async (_name, body, headers, expected) => {
    const server = await startServer([echo]);
    const answer = await rawUnary(server.session(), body, headers);
    expect(answer.grpcStatus).toBe(expected);
    await expectServing(server);
  });

  test('a content type that is not gRPC', async () => {
    const server = await startServer([echo]);
    const answer = await rawUnary(server.session(), frame(valid), { 'content-type': 'text/plain' });
    expect(answer.httpStatus).toBe(415);
    await expectServing(server);
  });

  test('a method that does not exist', async () => {
    const server = await startServer([echo]);
    const answer = await rawUnary(server.session(), frame(valid), {}, '/holdfast.v1.RiskService/Nothing');
    expect(answer.grpcStatus).toBe('12');
  });
});

describe('fault 30: oversized metadata', () => {
  test('70 KB in one header are refused with the limit, and not logged', async () => {
    const server = await startServer([echo]);
    const session = server.session();
    const canary = 'canary'.repeat(12_000);
    const answer = await rawUnary(session, requestFrame('w'), { 'x-note': canary });
    expect(answer.grpcStatus).toBe('8');
    expect(reasonOf(answer.detailsBin)).toBe('METADATA_TOO_LARGE');
    expect(answer.message).toContain('8192');
    expect(JSON.stringify(server.observed)).not.toContain('canary');
    await expectServing(server);
  });

  test('8 KB in all are refused too, and just below passes', async () => {
    const server = await startServer([echo]);
    const session = server.session();
    const many = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`x-${i}`, 'v'.repeat(1_000)]));
    expect((await rawUnary(session, requestFrame('w'), many)).grpcStatus).toBe('8');
    delete many['x-8'];
    expect((await rawUnary(session, requestFrame('w'), many)).grpcStatus).toBe('0');
  });

  test('140 entries end the stream', async () => {
    const server = await startServer([echo]);
    const entries = Object.fromEntries(Array.from({ length: 140 }, (_, i) => [`x-${i}`, 'v']));
    const answer = await rawUnary(server.session(), requestFrame('w'), entries);
    expect(answer.rstCode).toBe(11);
    await expectServing(server);
  });
});

describe('fault 31: messages that are not protobuf', () => {
  test.each<[string, number[], string, string]>([
    ['a varint without an end', [0x18, ...Array<number>(11).fill(0xff)], 'account_id', 'not a value'],
    ['a text that is not UTF-8', [0x0a, 2, 0xc3, 0x28], 'request_id', 'not UTF-8'],
    ['a length beyond the message', [0x0a, 100, 97], 'request_id', 'longer than the message'],
    ['a wire type that does not exist', [0x0f, 1], '', 'wire type that does not exist'],
    ['field number 0', [0x02, 1, 97], '', 'field number'],
  ])('%s is the fault of the caller, and its place is named', async (_name, bytes, field, description) => {
    const server = await startServer([echo]);
    const answer = await rawUnary(server.session(), frame(Buffer.from(bytes)));
    expect(answer.grpcStatus).toBe(String(status.INVALID_ARGUMENT));
    expect(reasonOf(answer.detailsBin)).toBe('REQUEST_MALFORMED');
    expect(violationsOf(answer.detailsBin)).toMatchObject([
      { field, reason: 'MALFORMED', description: expect.stringContaining(description) },
    ]);
    expect(server.observed.failed).toEqual([]);
    await expectServing(server);
  });
});

describe('requests that once crashed grpc-js', () => {
  test('CVE-2026-48068: a malformed beginning of a stream', async () => {
    const server = await startServer([echo]);
    const session = server.session();
    // Reset in the same breath as headers that are answered with an error.
    for (const headers of [{ 'content-type': 'text/plain' }, { 'grpc-timeout': 'x' }, { ':path': '' }]) {
      const stream = session.request({ ':method': 'POST', ':path': '/none', te: 'trailers', ...headers });
      stream.on('error', () => {});
      stream.close(8);
    }
    await expectServing(server);
  });

  test('CVE-2026-48069: a malformed compressed message, cut off or not', async () => {
    const server = await startServer([echo]);
    const session = server.session();
    for (const encoding of ['gzip', 'deflate']) {
      const garbage = frame(Buffer.from('not compressed at all'), 1);
      expect((await rawUnary(session, garbage, { 'grpc-encoding': encoding })).grpcStatus).toBe('13');
      const cut = rawCall(session, { 'grpc-encoding': encoding });
      cut.write(garbage);
      cut.cancel();
      await cut.answer;
    }
    await expectServing(server);
  });

  test('bytes that are not HTTP/2', async () => {
    const server = await startServer([echo]);
    await new Promise<void>((resolve) => {
      const socket = connectTcp(server.port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\n\r\n'));
      socket.on('error', () => {});
      socket.on('close', () => resolve());
      socket.resume();
    });
    await expectServing(server);
  });
});
