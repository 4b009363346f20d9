import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { framedMessage, grpcFrame } from '../../../bench/load/grpc-frame.js';
import { Outbox } from '../../../bench/load/outbox.js';
import type { CallEnd, UnaryClient } from '../../../bench/load/unary-client.js';
import { compileChild } from '../../store/child-program.js';
import { answerOk, cleanups, clientOf, echo, grpcServer, http2Server, listening } from './servers.js';

const threadFile = pathToFileURL(compileChild('bench/load/sending-thread-main.ts', ['bench/load']).path);
const INTERVAL_MS = 0.5;

interface Sent {
  /** By call. */
  readonly ends: readonly CallEnd[];
  readonly dueAtMs: readonly number[];
  readonly latenessMicros: Int32Array;
}

async function send(
  client: UnaryClient,
  requests: readonly Buffer[],
  intervalMs = INTERVAL_MS,
): Promise<Sent> {
  const ends: CallEnd[] = [];
  const dueAtMs: number[] = [];
  const onEnd = (at: number, end: CallEnd, due: number) => {
    ends[at] = end;
    dueAtMs[at] = due;
  };
  const latenessMicros = await client.sendOnSchedule({ intervalMs, requests, onEnd }, threadFile);
  return { ends, dueAtMs, latenessMicros };
}

function numbered(calls: number): readonly Buffer[] {
  return Array.from({ length: calls }, (_, at) => grpcFrame(Buffer.from(`call ${at}`)));
}

test('each call is sent when it is due, over connections that take turns, and gets its own answer', async () => {
  const client = await clientOf(await grpcServer(echo), 3);
  await client.call(grpcFrame(Buffer.from('before')));
  const { ends, dueAtMs, latenessMicros } = await send(client, numbered(200));
  expect(ends.map(({ body }) => framedMessage(body).toString())).toEqual(ends.map((_, at) => `call ${at}`));
  expect((dueAtMs[199] ?? 0) - (dueAtMs[0] ?? 0)).toBeCloseTo(199 * INTERVAL_MS, 3);
  expect(latenessMicros).toHaveLength(200);
  expect(latenessMicros.every((micros) => micros >= 1)).toBe(true);
  expect(() => client.send(grpcFrame(Buffer.from('after')), () => undefined)).toThrow('nothing can be sent');
});

test('calls that the server does not take at a time follow when it does', async () => {
  let open = 0;
  let most = 0;
  const address = await http2Server({ maxConcurrentStreams: 3 }, (stream) => {
    open += 1;
    most = Math.max(most, open);
    stream.resume();
    stream.on('end', () => setTimeout(() => answerOk(stream, grpcFrame(Buffer.from('ok'))), 3));
    stream.on('close', () => {
      open -= 1;
    });
  });
  const { ends } = await send(await clientOf(address), numbered(60));
  expect(ends.map(({ grpcStatus }) => grpcStatus)).toEqual(Array(60).fill(0));
  expect(most).toBeLessThanOrEqual(3);
});

test('what is more than the window of the connection follows when the server opens it', async () => {
  const requests = Array.from({ length: 60 }, (_, at) => grpcFrame(Buffer.alloc(12_000, at)));
  const { ends } = await send(await clientOf(await grpcServer(echo)), requests, 2);
  expect(ends.every(({ body }, at) => body.equals(requests[at] ?? Buffer.of()))).toBe(true);
});

test('the server is answered meanwhile', async () => {
  const requests = numbered(30);
  let pongs = 0;
  const address = await http2Server({}, (stream) => {
    stream.session?.ping((error) => {
      if (error === null) pongs += 1;
    });
    // One at a time: Node gives a session up that has more than ten waiting, as it has when this machine is busy.
    if (stream.session?.pendingSettingsAck === false) {
      stream.session.settings({ maxConcurrentStreams: requests.length });
    }
    stream.resume();
    stream.on('end', () => answerOk(stream, grpcFrame(Buffer.from('ok'))));
  });
  const { ends } = await send(await clientOf(address), requests, 2);
  expect(ends.map(({ grpcStatus }) => grpcStatus)).toEqual(Array(30).fill(0));
  // Not how many: a session lets ten wait and drops the others, as many as the machine is busy.
  expect(pongs).toBeGreaterThan(0);
});

test('a refused call and a reset stream are told, and the others answered', async () => {
  let calls = 0;
  const address = await http2Server({}, (stream) => {
    calls += 1;
    if (calls === 4) stream.close(7);
    else if (calls === 5)
      stream.respond({ 'grpc-status': '14', 'grpc-message': 'overloaded' }, { endStream: true });
    else answerOk(stream, grpcFrame(Buffer.from('ok')));
  });
  const { ends } = await send(await clientOf(address), numbered(10));
  expect(ends.map(({ grpcStatus }) => grpcStatus)).toEqual([0, 0, 0, -1, 14, 0, 0, 0, 0, 0]);
  expect(ends[3]?.grpcMessage).toBe('the peer reset the stream: REFUSED_STREAM');
  expect(ends[4]?.grpcMessage).toBe('overloaded');
});

test('a connection that fails fails all', async () => {
  let calls = 0;
  const address = await http2Server({}, (stream) => {
    calls += 1;
    if (calls === 20) stream.session?.goaway(11, 0, Buffer.from('slow down'));
    else answerOk(stream, grpcFrame(Buffer.from('ok')));
  });
  await expect(send(await clientOf(address), numbered(2_000))).rejects.toThrow(
    'calls were not sent to their end: the peer goes away: ENHANCE_YOUR_CALM slow down',
  );
});

test('a server that goes away in order fails all too: later calls would not be sent', async () => {
  const address = await http2Server({}, (stream) => {
    stream.session?.close();
    answerOk(stream, grpcFrame(Buffer.from('ok')));
  });
  await expect(send(await clientOf(address), numbered(100))).rejects.toThrow(
    'calls were not sent to their end',
  );
});

test('a request that does not go at once is refused before the first is sent', async () => {
  const client = await clientOf(await grpcServer(echo));
  await expect(send(client, [grpcFrame(Buffer.alloc(20_000))])).rejects.toThrow(
    'a request of 20005 bytes is more than the server takes at once',
  );
});

test('a socket that is full gets the rest in order when it is not', async () => {
  const bytes = Buffer.from(Array.from({ length: 16_777_216 }, (_, at) => (at * 31 + (at >> 8)) & 0xff));
  const ends = Uint32Array.of(1_000, 8_388_608, bytes.length);
  let far: Socket | undefined;
  const server = createTcpServer({ pauseOnConnect: true }, (socket) => {
    far = socket;
  });
  const [host = '', port] = (await listening(server)).split(':');
  const near: Socket & { readonly _handle?: { readonly fd: number } } = connect(Number(port), host);
  cleanups.push(() => near.destroy());
  await expect.poll(() => far?.readyState).toBe('open');
  const outbox = new Outbox(near._handle?.fd ?? -1, bytes, ends);
  outbox.raise(1);
  expect(outbox.flush()).toBe(true);
  outbox.raise(3);
  expect(outbox.flush()).toBe(false);
  outbox.add(Buffer.from('the end'));
  const received: Buffer[] = [];
  far?.on('data', (chunk) => received.push(chunk)).resume();
  while (!outbox.flush()) await new Promise((resolve) => setTimeout(resolve, 1));
  await expect.poll(() => received.reduce((sum, { length }) => sum + length, 0)).toBe(bytes.length + 7);
  expect(Buffer.concat(received).equals(Buffer.concat([bytes, Buffer.from('the end')]))).toBe(true);
});
