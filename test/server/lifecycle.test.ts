import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:http2';
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import { Client, credentials, status } from '@grpc/grpc-js';
import { service as healthDefinition } from 'grpc-health-check';
import { afterEach, describe, expect, test } from 'vitest';
import { AssessWithdrawalResponseSchema, RiskService } from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { EncodedResponse, unary } from '../../src/server/grpc-adapter.js';
import { GrpcServer } from '../../src/server/grpc-server.js';
import {
  call,
  echo,
  failure,
  gate,
  rawCall,
  rawUnary,
  request,
  requestFrame,
  startServer,
  stopServers,
} from './harness.js';

const assess = RiskService.method.assessWithdrawal;

const NOBODY = { answered() {}, shed() {}, unserved() {}, failed() {} };

afterEach(stopServers);

const HEALTH_CHECK = healthDefinition['Check'];
const HEALTH_WATCH = healthDefinition['Watch'];

function checkHealth(client: Client, service: string): Promise<unknown> {
  const method = HEALTH_CHECK;
  if (method === undefined) throw new Error('no Check');
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      { service },
      (error, value) => (error === null ? resolve(value) : reject(error)),
    );
  });
}

function watchHealth(client: Client) {
  if (HEALTH_WATCH === undefined) throw new Error('no Watch');
  const { path, requestSerialize, responseDeserialize } = HEALTH_WATCH;
  const seen: unknown[] = [];
  const watch = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, { service: '' });
  watch.on('data', (value: unknown) => seen.push(value));
  return { watch, seen };
}

describe('health', () => {
  test('follows what the server says, for the server and for the service that exchanges call', async () => {
    const { server, client } = await startServer([echo]);
    const probe = client();
    for (const service of [
      '',
      'holdfast.v1.RiskService',
      'holdfast.v1.HoldService',
      'holdfast.v1.PolicyService',
      'holdfast.v1.FeedService',
      'grpc.health.v1.Health',
    ]) {
      expect(await checkHealth(probe, service)).toEqual({ status: 'SERVING' });
    }
    server.health.setServing(false);
    expect(await checkHealth(probe, '')).toEqual({ status: 'NOT_SERVING' });
    expect((await failure(checkHealth(probe, 'nobody'))).code).toBe(status.NOT_FOUND);
  });

  test('a server that has not said so yet is not serving', async () => {
    const server = new GrpcServer({
      services: [RiskService],
      implementations: [],
      maxInFlight: 1,
      reflection: false,
      observerOf: () => NOBODY,
    });
    const port = await server.start('127.0.0.1:0');
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    expect(await checkHealth(client, '')).toEqual({ status: 'NOT_SERVING' });
    client.close();
    await server.drain();
  });

  test('watchers learn of changes', async () => {
    const { server, client } = await startServer([echo]);
    const { watch, seen } = watchHealth(client());
    watch.on('error', () => {});
    await expect.poll(() => seen).toEqual([{ status: 'SERVING' }]);
    server.health.setServing(false);
    await expect.poll(() => seen).toEqual([{ status: 'SERVING' }, { status: 'NOT_SERVING' }]);
    watch.cancel();
  });

  test('a watch does not hold up a drain: it is told, and ended', async () => {
    const { server, client } = await startServer([echo]);
    const { watch, seen } = watchHealth(client());
    const ended = new Promise<unknown>((resolve) => watch.on('error', resolve));
    await expect.poll(() => seen).toEqual([{ status: 'SERVING' }]);
    expect(await server.drain()).toEqual({ forced: false });
    expect(await ended).toMatchObject({ code: status.UNAVAILABLE });
    expect(seen).toEqual([{ status: 'SERVING' }, { status: 'NOT_SERVING' }]);
    // What is said afterwards finds nobody.
    server.health.setServing(true);
  });

  test('is answered when assessments are refused', async () => {
    const { client } = await startServer([echo], { maxInFlight: 0 });
    expect(await checkHealth(client(), '')).toEqual({ status: 'SERVING' });
  });
});

describe('fault 40: drain', () => {
  test('calls in flight are answered, new ones are not taken', async () => {
    const disk = gate();
    const { server, client } = await startServer([
      unary(assess, () => new EncodedResponse(new Uint8Array(), disk.opened)),
    ]);
    const waiting = Array.from({ length: 20 }, () => call(client(), assess, request('w')));
    await expect.poll(() => server.callsInFlight).toBe(20);
    const drained = server.drain();
    expect(server.health.serving).toBe(false);
    const late = failure(call(client(), assess, request('late')));
    expect((await late).code).toBe(status.UNAVAILABLE);
    disk.open();
    expect(await Promise.all(waiting)).toHaveLength(20);
    expect(await drained).toEqual({ forced: false });
  });

  /** Two requests are completed and left in the same moment, during a drain. */
  async function leaveTwoBehind(
    afterMs: number,
  ): Promise<{ asked: number; askedTooLate: number; inFlight: number }> {
    const ENDS_OF_STREAMS = Buffer.from([0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 3]);
    let drained = false;
    let asked = 0;
    let askedTooLate = 0;
    const started = await startServer([
      unary(assess, ({ withdrawalId }) => {
        if (withdrawalId === 'left') asked += 1;
        if (drained) askedTooLate += 1;
        return create(AssessWithdrawalResponseSchema, { assessmentId: withdrawalId });
      }),
    ]);
    const { server, port } = started;
    // Between client and server, since a session does not let its socket be written to.
    let upstream: Socket | undefined;
    const relay = createServer((downstream) => {
      upstream = connectSocket(port, '127.0.0.1');
      for (const socket of [downstream, upstream]) socket.on('error', () => {});
      downstream.pipe(upstream, { end: false });
      upstream.pipe(downstream);
    });
    await once(relay.listen(0, '127.0.0.1'), 'listening');
    const session = connect(`http://127.0.0.1:${(relay.address() as AddressInfo).port}`);
    session.on('error', () => {});
    try {
      for (let stream = 0; stream < 2; stream += 1) rawCall(session).write(requestFrame('left'));
      await rawUnary(session, requestFrame('complete'));
      const drain = server.drain(1_000).then(() => {
        drained = true;
      });
      // The server's goodbye has been sent by then; what comes with a reset behind it is read nevertheless.
      await sleep(afterMs);
      upstream?.write(ENDS_OF_STREAMS);
      upstream?.resetAndDestroy();
      await drain;
      await nextTurn();
      return { asked, askedTooLate, inFlight: server.callsInFlight };
    } finally {
      session.destroy();
      relay.close();
    }
  }

  test('requests that their caller completes and leaves are asked about before the drain is over', async () => {
    // Whether the last bytes are read before the reset is the kernel's choice, and a busy machine takes longer to say goodbye.
    let bothAsked = 0;
    for (let attempt = 0; attempt < 40 && bothAsked < 3; attempt += 1) {
      const { asked, askedTooLate, inFlight } = await leaveTwoBehind(2 + attempt);
      expect({ askedTooLate, inFlight }).toEqual({ askedTooLate: 0, inFlight: 0 });
      if (asked === 2) bothAsked += 1;
    }
    expect(bothAsked).toBeGreaterThan(0);
  });

  test('a half-open request does not block it (fault 27)', async () => {
    const { server, session } = await startServer([echo]);
    const connection = session();
    const raw = rawCall(connection);
    raw.write(requestFrame('w'));
    // Later on the same connection: the server has seen the first when this is answered.
    expect((await rawUnary(connection, requestFrame('second'))).grpcStatus).toBe('0');
    const drained = await server.drain();
    expect(drained).toEqual({ forced: false });
    expect((await raw.answer).grpcStatus).toBe('4');
  });

  test('a call that does not end is cut when the time is up', async () => {
    const { server, client } = await startServer([unary(assess, () => new Promise(() => {}))]);
    const stuck = failure(call(client(), assess, request('w')));
    await expect.poll(() => server.callsInFlight).toBe(1);
    expect(await server.drain(50)).toEqual({ forced: true });
    expect([status.UNAVAILABLE, status.CANCELLED, status.INTERNAL]).toContain((await stuck).code);
  });

  /** A call whose caller has gone while its handler waits for the disk. */
  async function leaveOneBehind() {
    const disk = gate();
    let hasGone = (): boolean => false;
    const { server, session } = await startServer([
      unary(assess, async (_message, context) => {
        hasGone = () => context.cancelled();
        await disk.opened;
        return create(AssessWithdrawalResponseSchema);
      }),
    ]);
    const connection = session();
    const raw = rawCall(connection);
    raw.write(requestFrame('w'));
    raw.end();
    await expect.poll(() => server.callsInFlight).toBe(1);
    connection.destroy();
    await expect.poll(() => hasGone()).toBe(true);
    return { server, disk };
  }

  test('is not over before a handler whose caller has gone is', async () => {
    const { server, disk } = await leaveOneBehind();
    let drained = false;
    // Longer than a test may take: over only because the handler is.
    const drain = server.drain(60_000).then((result) => {
      drained = true;
      return result;
    });
    await sleep(100);
    expect(drained).toBe(false);
    disk.open();
    expect(await drain).toEqual({ forced: false });
    expect(server.callsInFlight).toBe(0);
  });

  test('does not wait for such a handler longer than for any call', async () => {
    const { server, disk } = await leaveOneBehind();
    expect(await server.drain(200)).toEqual({ forced: true });
    expect(server.callsInFlight).toBe(1);
    disk.open();
    await expect.poll(() => server.callsInFlight).toBe(0);
  });

  test('asked twice it is the same drain', async () => {
    const { server } = await startServer([echo]);
    expect(server.drain()).toBe(server.drain());
    expect(await server.drain()).toEqual({ forced: false });
  });
});

describe('addresses', () => {
  test('a Unix socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
    const address = `unix:${join(folder, 'grpc.sock')}`;
    const server = new GrpcServer({
      services: [RiskService],
      implementations: [echo],
      maxInFlight: 10,
      reflection: false,
      observerOf: () => NOBODY,
    });
    await server.start(address);
    const client = new Client(address, credentials.createInsecure());
    expect((await call(client, assess, request('over-unix'))).assessmentId).toBe('over-unix');
    client.close();
    await server.drain();
    rmSync(folder, { recursive: true });
  });

  test('one that is taken is an error', async () => {
    const { port } = await startServer([echo]);
    const second = new GrpcServer({
      services: [RiskService],
      implementations: [],
      maxInFlight: 10,
      reflection: false,
      observerOf: () => NOBODY,
    });
    await expect(second.start(`127.0.0.1:${port}`)).rejects.toThrow();
    await second.drain();
  });
});
