import { createServer } from 'node:http2';
import { connect, createServer as createTcpServer } from 'node:net';
import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { framedMessage, grpcFrame } from '../../../bench/load/grpc-frame.js';
import { UnaryClient } from '../../../bench/load/unary-client.js';
import { answerOk, cleanups, clientOf, echo, grpcServer, http2Server, listening, PATH } from './servers.js';

describe('a grpc-js server', () => {
  test('answers each call with its own message', async () => {
    const client = await clientOf(await grpcServer(echo), 4);
    const ends = await Promise.all(
      Array.from({ length: 400 }, (_, at) => client.call(grpcFrame(Buffer.from(`message ${at}`)))),
    );
    expect(ends.map(({ grpcStatus }) => grpcStatus)).toEqual(ends.map(() => 0));
    expect(ends.map(({ body }) => framedMessage(body).toString())).toEqual(
      ends.map((_, at) => `message ${at}`),
    );
  });

  test('refuses with its status and its words', async () => {
    const details = 'overloaded: 200 calls wait';
    const address = await grpcServer((_, answer) => answer({ code: status.UNAVAILABLE, details }));
    const end = await (await clientOf(address)).call(grpcFrame(Buffer.from('x')));
    const grpcMessage = encodeURI(details);
    expect(end).toEqual({ grpcStatus: status.UNAVAILABLE, grpcMessage, body: Buffer.alloc(0) });
  });

  test('does not know a method', async () => {
    const address = await grpcServer(echo);
    const client = await UnaryClient.open(address, '/test.Echo/Other', 1);
    cleanups.push(() => client.close());
    expect((await client.call(grpcFrame(Buffer.from('x')))).grpcStatus).toBe(status.UNIMPLEMENTED);
  });

  test('words of an error that need several frames come whole', async () => {
    const details = `${'word '.repeat(8_000)}end`;
    const address = await grpcServer((_, answer) => answer({ code: status.INTERNAL, details }));
    const end = await (await clientOf(address)).call(grpcFrame(Buffer.from('x')));
    expect(end.grpcStatus).toBe(status.INTERNAL);
    expect(decodeURI(end.grpcMessage) === details).toBe(true);
  });

  test('messages larger than every window go and come whole', async () => {
    const client = await clientOf(await grpcServer(echo));
    const requests = [1, 2, 3].map((fill) => Buffer.alloc(1_500_000, fill));
    const ends = await Promise.all(requests.map((request) => client.call(grpcFrame(request))));
    for (const [at, request] of requests.entries()) {
      expect(ends[at]?.grpcStatus).toBe(0);
      expect(ends[at] && framedMessage(ends[at].body).equals(request)).toBe(true);
    }
  });

  test('its bytes may come one by one', async () => {
    const [host, port] = (await grpcServer(echo)).split(':');
    const proxy = createTcpServer((near) => {
      near.setNoDelay(true);
      const far = connect(Number(port), host);
      near.on('data', (bytes) => far.write(bytes));
      far.on('data', async (bytes: Buffer) => {
        far.pause();
        for (const byte of bytes) {
          near.write(Buffer.of(byte));
          await new Promise((resolve) => setImmediate(resolve));
        }
        far.resume();
      });
      for (const [one, other] of [[near, far] as const, [far, near] as const]) {
        one.on('close', () => other.destroy());
        one.on('error', () => other.destroy());
      }
    });
    const client = await clientOf(await listening(proxy));
    for (const text of ['first', 'second', 'third']) {
      const end = await client.call(grpcFrame(Buffer.from(text)));
      expect([end.grpcStatus, framedMessage(end.body).toString()]).toEqual([0, text]);
    }
  });
});

describe('a server of node:http2', () => {
  test('never has more calls at a time than it takes; the others follow', async () => {
    let open = 0;
    let most = 0;
    const address = await http2Server({ maxConcurrentStreams: 5 }, (stream) => {
      open += 1;
      most = Math.max(most, open);
      stream.resume();
      stream.on('end', () => setTimeout(() => answerOk(stream, grpcFrame(Buffer.from('ok'))), 2));
      stream.on('close', () => {
        open -= 1;
      });
    });
    const client = await clientOf(address);
    const ends = await Promise.all(
      Array.from({ length: 60 }, () => client.call(grpcFrame(Buffer.from('x')))),
    );
    expect(ends.every(({ grpcStatus }) => grpcStatus === 0)).toBe(true);
    expect(most).toBeLessThanOrEqual(5);
  });

  test('gets no more of a request than its window takes until it takes more', async () => {
    const sizes: number[] = [];
    const address = await http2Server({ initialWindowSize: 1_000 }, (stream) => {
      let got = 0;
      stream.on('data', (chunk: Buffer) => {
        got += chunk.length;
      });
      stream.on('end', () => {
        sizes.push(got);
        answerOk(stream, grpcFrame(Buffer.from('ok')));
      });
    });
    const client = await clientOf(address);
    const request = grpcFrame(Buffer.alloc(200_000));
    const ends = await Promise.all(Array.from({ length: 3 }, () => client.call(request)));
    expect(ends.map(({ grpcStatus }) => grpcStatus)).toEqual([0, 0, 0]);
    expect(sizes).toEqual([request.length, request.length, request.length]);
  });

  test('may answer before it has read the request', async () => {
    const address = await http2Server({ initialWindowSize: 1_000, maxConcurrentStreams: 1 }, (stream) => {
      stream.respond(
        { ':status': 200, 'grpc-status': '8', 'grpc-message': 'too large' },
        { endStream: true },
      );
    });
    const client = await clientOf(address);
    for (let call = 0; call < 3; call += 1) {
      const end = await client.call(grpcFrame(Buffer.alloc(100_000)));
      expect([end.grpcStatus, end.grpcMessage]).toEqual([8, 'too large']);
    }
  });

  test('ends a stream without a status', async () => {
    const address = await http2Server({}, (stream) =>
      stream.respond({ ':status': 415 }, { endStream: true }),
    );
    const end = await (await clientOf(address)).call(grpcFrame(Buffer.from('x')));
    expect([end.grpcStatus, end.grpcMessage]).toEqual([-1, 'no grpc-status, HTTP status 415']);
  });

  test('resets a stream; the connection goes on', async () => {
    let calls = 0;
    const address = await http2Server({}, (stream) => {
      calls += 1;
      if (calls === 1) stream.close(7);
      else answerOk(stream, grpcFrame(Buffer.from('ok')));
    });
    const client = await clientOf(address);
    const end = await client.call(grpcFrame(Buffer.from('x')));
    expect([end.grpcStatus, end.grpcMessage]).toEqual([-1, 'the peer reset the stream: REFUSED_STREAM']);
    expect((await client.call(grpcFrame(Buffer.from('x')))).grpcStatus).toBe(0);
  });

  test('asks whether the client is there', async () => {
    const server = createServer();
    const address = await listening(server);
    const pinged = new Promise<Buffer>((resolve, reject) => {
      server.on('session', (session) => {
        session.ping(Buffer.from('are you?'), (error, _, payload) =>
          error ? reject(error) : resolve(payload),
        );
      });
    });
    await clientOf(address);
    expect((await pinged).toString()).toBe('are you?');
  });

  test('goes away for an error: calls under way end with it, later ones cannot be sent', async () => {
    const address = await http2Server({}, (stream) =>
      stream.session?.goaway(11, 0, Buffer.from('slow down')),
    );
    const client = await clientOf(address);
    const end = await client.call(grpcFrame(Buffer.from('x')));
    expect(end.grpcStatus).toBe(-1);
    expect(end.grpcMessage).toBe('the peer goes away: ENHANCE_YOUR_CALM slow down');
    expect(() => client.send(grpcFrame(Buffer.from('x')), () => undefined)).toThrow(
      'nothing can be sent: the peer goes away: ENHANCE_YOUR_CALM',
    );
  });

  test('goes away in order: it still answers what it has begun', async () => {
    const address = await http2Server({}, (stream) => {
      stream.session?.close();
      setTimeout(() => answerOk(stream, grpcFrame(Buffer.from('ok'))), 20);
    });
    const client = await clientOf(address);
    expect((await client.call(grpcFrame(Buffer.from('x')))).grpcStatus).toBe(0);
    expect(() => client.send(grpcFrame(Buffer.from('x')), () => undefined)).toThrow(
      'nothing can be sent: the peer',
    );
  });

  test('breaks the connection: all calls under way end', async () => {
    const address = await http2Server({}, (stream) => void setImmediate(() => stream.session?.destroy()));
    const client = await clientOf(address);
    const ends = await Promise.all([1, 2, 3].map(() => client.call(grpcFrame(Buffer.from('x')))));
    for (const end of ends) {
      expect(end.grpcStatus).toBe(-1);
      expect(end.grpcMessage).toMatch(/connection|goes away|reset/);
    }
  });
});

describe('no server', () => {
  test('nobody listens', async () => {
    const server = createTcpServer();
    const address = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    await expect(UnaryClient.open(address, PATH, 1)).rejects.toThrow(
      /^127\.0\.0\.1:\d+: the connection failed: /,
    );
  });

  test('one of another protocol', async () => {
    const address = await listening(
      createTcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    );
    await expect(UnaryClient.open(address, PATH, 1)).rejects.toThrow('does not speak HTTP/2');
  });
});
