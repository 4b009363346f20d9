import { type ClientHttp2Session, connect, constants } from 'node:http2';
import { create, type DescMessage, fromBinary, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { Client, credentials, Metadata, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from '../../src/gen/google/rpc/error_details_pb.js';
import { StatusSchema } from '../../src/gen/google/rpc/status_pb.js';
import { FeedService } from '../../src/gen/holdfast/v1/feed_service_pb.js';
import { HoldService } from '../../src/gen/holdfast/v1/hold_service_pb.js';
import { PolicyService } from '../../src/gen/holdfast/v1/policy_service_pb.js';
import {
  type AssessWithdrawalRequest,
  AssessWithdrawalRequestSchema,
  AssessWithdrawalResponseSchema,
  RiskService,
} from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { Admission } from '../../src/server/admission.js';
import type { MethodImplementation } from '../../src/server/grpc-adapter.js';
import { unary } from '../../src/server/grpc-adapter.js';
import { GrpcServer } from '../../src/server/grpc-server.js';
import type { LongReadLimits } from '../../src/server/long-reads.js';
import { type UnaryMethod, wireMethod } from '../../src/server/wire-method.js';

/** What a server told its observers, over all methods. */
export interface Observed {
  readonly answered: { readonly method: string; readonly status: number; readonly durationMs: number }[];
  readonly shed: string[];
  readonly failed: unknown[];
  unserved: number;
}

export interface TestServer {
  readonly server: GrpcServer;
  readonly port: number;
  readonly observed: Observed;
  client(): Client;
  session(): ClientHttp2Session;
}

const running: {
  readonly server: GrpcServer;
  readonly clients: Client[];
  readonly sessions: ClientHttp2Session[];
}[] = [];

/** Clients and server share one process and its event loop here, so that a busy client would look like overload. */
function neverOverloaded(maxInFlight: number): Admission {
  return new Admission({ maxInFlight, maxWaitMs: Number.POSITIVE_INFINITY, toleranceMs: 0 });
}

/** Starts a real server on a free port. Stopped by {@link stopServers}. */
export async function startServer(
  implementations: readonly MethodImplementation[],
  options: {
    readonly maxInFlight?: number;
    readonly reflection?: boolean;
    readonly admission?: Admission;
    readonly longReadLimits?: LongReadLimits;
  } = {},
): Promise<TestServer> {
  const observed: Observed = { answered: [], shed: [], failed: [], unserved: 0 };
  const server = new GrpcServer({
    services: [RiskService, HoldService, PolicyService, FeedService],
    implementations,
    maxInFlight: options.maxInFlight ?? 1_000,
    reflection: options.reflection ?? false,
    ...(options.longReadLimits === undefined ? {} : { longReadLimits: options.longReadLimits }),
    admission: options.admission ?? neverOverloaded(options.maxInFlight ?? 1_000),
    observerOf: (method) => ({
      answered: (status, durationMs) => observed.answered.push({ method: method.name, status, durationMs }),
      shed: (cause) => observed.shed.push(cause),
      failed: (cause) => observed.failed.push(cause),
      unserved: () => {
        observed.unserved += 1;
      },
    }),
  });
  const port = await server.start('127.0.0.1:0');
  server.health.setServing(true);
  const entry = { server, clients: [] as Client[], sessions: [] as ClientHttp2Session[] };
  running.push(entry);
  return {
    server,
    port,
    observed,
    client() {
      // Without a pool of its own a client shares the connection of others to the same address.
      const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
        'grpc.use_local_subchannel_pool': 1,
      });
      entry.clients.push(client);
      return client;
    },
    session() {
      const session = connect(`http://127.0.0.1:${port}`, {
        maxSendHeaderBlockLength: 1 << 20,
        // What the client believes until it has heard the server's settings.
        peerMaxConcurrentStreams: 10_000,
      });
      session.on('error', () => {});
      entry.sessions.push(session);
      return session;
    },
  };
}

export async function stopServers(): Promise<void> {
  for (const { server, clients, sessions } of running.splice(0)) {
    for (const client of clients) client.close();
    for (const session of sessions) session.destroy();
    await server.drain(100);
  }
}

/** Answers with the withdrawal's id, so that answers can be told apart. */
export const echo = unary(RiskService.method.assessWithdrawal, (request) =>
  create(AssessWithdrawalResponseSchema, { assessmentId: request.withdrawalId }),
);

export function request(withdrawalId: string): AssessWithdrawalRequest {
  return create(AssessWithdrawalRequestSchema, { withdrawalId, accountId: 'a', asset: 'BTC', amount: '1' });
}

export interface CallOptions {
  readonly deadline?: number | Date;
  readonly metadata?: Metadata;
}

export function call<I extends DescMessage, O extends DescMessage>(
  client: Client,
  method: UnaryMethod<I, O>,
  message: MessageShape<I>,
  options: CallOptions = {},
): Promise<MessageShape<O>> {
  const { path, requestSerialize, responseDeserialize } = wireMethod(method);
  const { metadata = new Metadata(), ...rest } = options;
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      message,
      metadata,
      rest,
      (error, value) => {
        if (error !== null) reject(error);
        else if (value === undefined) reject(new Error('neither an error nor an answer'));
        else resolve(value);
      },
    );
  });
}

/** The error a call ends with; fails if it succeeds. */
export async function failure(promise: Promise<unknown>): Promise<ServiceError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return error as ServiceError;
    throw error;
  }
  throw new Error('the call was expected to fail');
}

/** The details of an error, as a rich client reads them. */
export function details(error: Pick<StatusObject, 'metadata'>) {
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  if (!Buffer.isBuffer(bytes)) throw new Error('no status details');
  return decodeDetails(bytes);
}

export function decodeDetails(bytes: Uint8Array) {
  const status = fromBinary(StatusSchema, bytes);
  function find<S extends DescMessage>(schema: S): MessageShape<S> | undefined {
    const any = status.details.find(({ typeUrl }) => typeUrl === `type.googleapis.com/${schema.typeName}`);
    return any === undefined ? undefined : fromBinary(schema, any.value);
  }
  return {
    status,
    byteLength: bytes.byteLength,
    info: find(ErrorInfoSchema),
    badRequest: find(BadRequestSchema),
    retry: find(RetryInfoSchema),
  };
}

/** What a raw HTTP/2 client sees of a call. */
export interface RawAnswer {
  readonly httpStatus: number | undefined;
  readonly grpcStatus: string | undefined;
  readonly message: string | undefined;
  readonly detailsBin: string | undefined;
  readonly rstCode: number;
  readonly bytes: Buffer;
}

export interface RawCall {
  /** Resolves when the stream is closed. */
  readonly answer: Promise<RawAnswer>;
  write(bytes: Uint8Array): void;
  end(): void;
  cancel(): void;
}

export const ASSESS_PATH = '/holdfast.v1.RiskService/AssessWithdrawal';

/** Begins a call frame by frame. */
export function rawCall(
  session: ClientHttp2Session,
  headers: Readonly<Record<string, string>> = {},
  path = ASSESS_PATH,
  { isRead = true }: { readonly isRead?: boolean } = {},
): RawCall {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  const seen: Record<string, string | undefined> = {};
  const chunks: Buffer[] = [];
  function note(fields: Record<string, unknown>) {
    for (const [key, value] of Object.entries(fields)) if (value !== undefined) seen[key] = String(value);
  }
  const answer = new Promise<RawAnswer>((resolve) => {
    stream.on('response', note);
    stream.on('trailers', note);
    // Nobody who listens for data: the stream's window stays shut.
    if (isRead) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', () => {});
    stream.on('close', () => {
      const httpStatus = seen[':status'];
      resolve({
        httpStatus: httpStatus === undefined ? undefined : Number(httpStatus),
        grpcStatus: seen['grpc-status'],
        message: seen['grpc-message'],
        detailsBin: seen['grpc-status-details-bin'],
        rstCode: stream.rstCode ?? 0,
        bytes: Buffer.concat(chunks),
      });
    });
  });
  return {
    answer,
    write: (bytes) => stream.write(bytes),
    end: () => stream.end(),
    cancel: () => stream.close(constants.NGHTTP2_CANCEL),
  };
}

/** A message as it travels: flag, length, bytes. */
export function frame(bytes: Uint8Array, flag = 0): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flag, 0);
  head.writeUInt32BE(bytes.byteLength, 1);
  return Buffer.concat([head, bytes]);
}

export function requestFrame(withdrawalId: string): Buffer {
  return frame(toBinary(AssessWithdrawalRequestSchema, request(withdrawalId)));
}

/** Sends a whole request and waits for its end. */
export function rawUnary(
  session: ClientHttp2Session,
  body: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
  path = ASSESS_PATH,
): Promise<RawAnswer> {
  const raw = rawCall(session, headers, path);
  raw.write(body);
  raw.end();
  return raw.answer;
}

/** A promise that a test resolves. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
