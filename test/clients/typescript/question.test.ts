import { create, toBinary } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { credentials, Metadata, Server, ServerCredentials, type ServiceError, status } from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import { type ClientEvent, HoldfastClient, NoAnswerCause } from '../../../clients/typescript/src/index.js';
import { ErrorInfoSchema } from '../../../src/gen/google/rpc/error_details_pb.js';
import { StatusSchema } from '../../../src/gen/google/rpc/status_pb.js';
import { Decision } from '../../../src/gen/holdfast/v1/decision_pb.js';
import { AssessWithdrawalResponseSchema } from '../../../src/gen/holdfast/v1/risk_service_pb.js';

/** Longer than a busy machine needs: only the tests that wait for it have a short one. */
const PATIENT_MS = 60_000;

type Reply = { readonly error: Partial<ServiceError> } | 'answer' | 'silence';

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A server that answers as told, call by call, and keeps what it was sent. */
async function world(deadlineMs: number, ...replies: Reply[]) {
  const sent: Buffer[] = [];
  const events: ClientEvent[] = [];
  const server = new Server();
  const path = '/holdfast.v1.RiskService/AssessWithdrawal';
  const definition = {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: (bytes: Buffer) => bytes,
    requestDeserialize: (bytes: Buffer) => bytes,
    responseSerialize: (bytes: Buffer) => bytes,
    responseDeserialize: (bytes: Buffer) => bytes,
  };
  server.addService(
    { assess: definition },
    {
      assess: (
        { request }: { request: Buffer },
        callback: (error: Partial<ServiceError> | null, reply?: Buffer) => void,
      ) => {
        sent.push(Buffer.from(request));
        const reply = replies[sent.length - 1] ?? 'answer';
        if (reply === 'silence') return;
        if (reply !== 'answer') {
          callback(reply.error);
          return;
        }
        const answer = create(AssessWithdrawalResponseSchema, { decision: Decision.ALLOW });
        callback(null, Buffer.from(toBinary(AssessWithdrawalResponseSchema, answer)));
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  const client = await HoldfastClient.connect({
    address: `127.0.0.1:${port}`,
    credentials: credentials.createInsecure(),
    deadlineMs,
    instances: 1,
    onEvent: (event) => void events.push(event),
  });
  closers.push(() => {
    client.close();
    server.forceShutdown();
  });
  const ask = (changes: object = {}) =>
    client.assess({ withdrawalId: 'w', accountId: 'a', asset: 'BTC', amount: '1', ...changes });
  return { client, ask, sent, events };
}

/** What the service says of every failure of its own. */
function detailsOf(code: status, reason: string): Buffer {
  const info = create(ErrorInfoSchema, { reason, domain: 'holdfast' });
  return Buffer.from(
    toBinary(StatusSchema, create(StatusSchema, { code, details: [anyPack(ErrorInfoSchema, info)] })),
  );
}

const failing = (code: status, pushbackMs?: number, reason?: string): Reply => {
  const metadata = new Metadata();
  if (reason !== undefined) metadata.set('grpc-status-details-bin', detailsOf(code, reason));
  if (pushbackMs !== undefined) metadata.set('grpc-retry-pushback-ms', String(pushbackMs));
  return { error: { code, details: 'as told', metadata } };
};

// INTERNAL without details is what grpc-js makes of a connection that Node ended: see `findings/`.
test.each([status.UNAVAILABLE, status.CANCELLED, status.UNKNOWN, status.INTERNAL])(
  'after status %i without a reason it asks once more, with the very same bytes',
  async (code) => {
    const { ask, sent, events } = await world(PATIENT_MS, failing(code));
    expect(await ask()).toMatchObject({ decidedBy: 'service', decision: Decision.ALLOW });
    expect(sent).toHaveLength(2);
    expect(sent[0]?.equals(sent[1] ?? Buffer.alloc(0))).toBe(true);
    expect(events.at(-1)).toMatchObject({ kind: 'answered', attempts: 2 });
  },
);

test('never a third time', async () => {
  const { ask, sent } = await world(PATIENT_MS, failing(status.UNAVAILABLE), failing(status.UNAVAILABLE));
  expect(await ask()).toMatchObject({
    decidedBy: 'client',
    decision: 'HOLD',
    cause: NoAnswerCause.UNREACHABLE,
  });
  expect(sent).toHaveLength(2);
});

test('not before the service wants it, and not at all where that is too late', async () => {
  const { ask, sent } = await world(PATIENT_MS, failing(status.UNAVAILABLE, PATIENT_MS + 1));
  expect(await ask()).toMatchObject({ decidedBy: 'client', decision: 'HOLD' });
  expect(sent).toHaveLength(1);
});

test('a fault of the service is not asked again, and held', async () => {
  const { ask, sent } = await world(PATIENT_MS, failing(status.INTERNAL, undefined, 'INTERNAL'));
  expect(await ask()).toMatchObject({ decidedBy: 'client', decision: 'HOLD', cause: NoAnswerCause.FAULT });
  expect(sent).toHaveLength(1);
});

test('a refusal is an error, and not asked again', async () => {
  const { ask, sent } = await world(PATIENT_MS, failing(status.INVALID_ARGUMENT));
  await expect(ask()).rejects.toMatchObject({ name: 'RefusedError', code: status.INVALID_ARGUMENT });
  expect(sent).toHaveLength(1);
});

test('silence ends with the deadline; what was decided is kept for the report, a dry run is not', async () => {
  const { client, ask } = await world(30, 'silence', 'silence');
  const outcome = await ask();
  expect(outcome).toMatchObject({ decidedBy: 'client', decision: 'HOLD', cause: NoAnswerCause.DEADLINE });
  expect(client.waitingReports).toBe(1);
  const dry = await ask({ dryRun: true });
  expect(dry.decidedBy === 'client' && dry.report.byteLength).toBe(0);
  expect(client.waitingReports).toBe(1);
});

test('what somebody does with events is no fault of a withdrawal', async () => {
  const client = await HoldfastClient.connect({
    address: '127.0.0.1:1',
    credentials: credentials.createInsecure(),
    deadlineMs: 30,
    instances: 1,
    onEvent: () => {
      throw new Error('metrics are down');
    },
  });
  closers.push(() => client.close());
  const outcome = await client.assess({ withdrawalId: 'w', accountId: 'a', asset: 'BTC', amount: '1' });
  expect(outcome).toMatchObject({ decidedBy: 'client', decision: 'HOLD' });
});

test.each([
  { instances: 0 },
  { instances: 1.5 },
  { deadlineMs: 0 },
  { deadlineMs: Number.NaN },
  { name: 'x'.repeat(129) },
])('options out of range are refused: %j', async (options) => {
  const address = '127.0.0.1:1';
  await expect(
    HoldfastClient.connect({ address, credentials: credentials.createInsecure(), instances: 1, ...options }),
  ).rejects.toThrow(RangeError);
});
