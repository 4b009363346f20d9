import {
  createServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type Settings,
} from 'node:http2';
import type { AddressInfo, Server as TcpServer } from 'node:net';
import { Server, ServerCredentials, type sendUnaryData } from '@grpc/grpc-js';
import { afterEach } from 'vitest';
import { UnaryClient } from '../../../bench/load/unary-client.js';

/** The method that {@link grpcServer} has. */
export const PATH = '/test.Echo/Echo';

/** Ends of what a test opened, the last first. */
export const cleanups: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

export async function clientOf(address: string, connections = 1): Promise<UnaryClient> {
  const client = await UnaryClient.open(address, PATH, connections);
  cleanups.push(() => client.close());
  return client;
}

export async function listening(server: TcpServer | Http2Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export type Handler = (request: Buffer, answer: sendUnaryData<Buffer>) => void;

export async function grpcServer(handle: Handler): Promise<string> {
  const server = new Server({ 'grpc.max_receive_message_length': -1 });
  const same = (bytes: Buffer) => bytes;
  const codec = {
    requestDeserialize: same,
    requestSerialize: same,
    responseDeserialize: same,
    responseSerialize: same,
  };
  server.addService(
    { echo: { path: PATH, requestStream: false, responseStream: false, ...codec } },
    {
      echo: (call: { readonly request: Buffer }, answer: sendUnaryData<Buffer>) =>
        handle(call.request, answer),
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  cleanups.push(() => server.forceShutdown());
  return `127.0.0.1:${port}`;
}

export const echo: Handler = (request, answer) => answer(null, request);

/** A server whose streams the test answers itself. */
export async function http2Server(
  settings: Settings,
  onStream: (stream: ServerHttp2Stream) => void,
  onSession: (session: ServerHttp2Session) => void = () => undefined,
): Promise<string> {
  const server = createServer({ settings });
  server.on('session', onSession);
  server.on('stream', (stream) => {
    stream.on('error', () => undefined);
    onStream(stream);
  });
  return listening(server);
}

export function answerOk(stream: ServerHttp2Stream, body: Buffer): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(body);
}
