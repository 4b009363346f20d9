import { type ClientHttp2Session, connect } from 'node:http2';
import { create, toBinary } from '@bufbuild/protobuf';
import { afterEach, expect, test } from 'vitest';
import {
  AssessWithdrawalRequestSchema,
  ListAssessmentsRequestSchema,
} from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { stopServices, temporaryFolder } from '../integration/harness.js';
import { usual } from '../integration/requests.js';
import { frame, rawCall, rawUnary } from '../server/harness.js';
import { compileChild } from '../store/child-program.js';
import { killProcesses, startProcess } from './service-process.js';

const LIST_PATH = '/holdfast.v1.RiskService/ListAssessments';
// 750 calls each: Node gives a connection up that resets about a thousand calls in a burst, and a raw client may reset
// what is refused before its request was sent.
const CONNECTIONS = 16;
const CALLS = 12_000;

const program = compileChild('src/main.ts', ['src']);
const sessions = new Set<ClientHttp2Session>();

afterEach(async () => {
  for (const session of sessions) session.destroy();
  sessions.clear();
  await killProcesses();
  await stopServices();
});

function withdrawal(id: string): Buffer {
  return frame(toBinary(AssessWithdrawalRequestSchema, create(AssessWithdrawalRequestSchema, usual(id))));
}

async function start() {
  const service = await startProcess(program, temporaryFolder(), { HOLDFAST_AUDIT: 'relaxed' });
  const ops = `http://${String(service.events.get('service_started')?.['opsAddress'])}`;
  const gauge = async (name: string): Promise<number> => {
    const text = await (await fetch(`${ops}/metrics`)).text();
    return Number(new RegExp(`^holdfast_${name} (\\S+)$`, 'm').exec(text)?.[1]);
  };
  const session = (): ClientHttp2Session => {
    const opened = connect(`http://${service.grpcAddress}`);
    opened.on('error', () => {});
    sessions.add(opened);
    return opened;
  };
  return { ops, gauge, session };
}

test('fault 32: under a flood every call hears, some have their answer, probes are answered, and it is over when it is over', async () => {
  const { ops, gauge, session } = await start();
  const lines = Array.from({ length: CONNECTIONS }, session);
  const statuses = new Map<string | undefined, number>();
  const flood = Promise.all(
    Array.from({ length: CALLS }, async (_, call) => {
      const line = lines[call % CONNECTIONS];
      if (line === undefined) throw new Error('no connection');
      const { grpcStatus } = await rawUnary(line, withdrawal(`w-${call}`));
      statuses.set(grpcStatus, (statuses.get(grpcStatus) ?? 0) + 1);
    }),
  );
  let isOver = false;
  void flood.then(() => {
    isOver = true;
  });
  let probes = 0;
  while (!isOver) {
    expect((await fetch(`${ops}/readyz`)).status).toBe(200);
    probes += 1;
  }
  await flood;
  expect(probes).toBeGreaterThan(0);
  // Answered, refused for the calls in flight, or refused for the queue; nothing else.
  expect([...statuses].filter(([code]) => !['0', '8', '14'].includes(code ?? ''))).toEqual([]);
  expect(statuses.get('0')).toBeGreaterThan(0);
  await expect.poll(() => gauge('calls_in_flight')).toBe(0);
  await expect.poll(() => gauge('calls_waiting')).toBe(0);
  await expect.poll(() => gauge('connections_paused')).toBe(0);
  expect((await rawUnary(session(), withdrawal('after'))).grpcStatus).toBe('0');
});

test('fault 42: hundreds who read history and open no window are held to their places, and others are answered', async () => {
  const { gauge, session } = await start();
  const line = session();
  // A busy machine refuses some: less history than this would fit into the sockets, and nobody would stall.
  await Promise.all(
    Array.from({ length: 600 }, async (_, call) => {
      while ((await rawUnary(line, withdrawal(`w-${call}`))).grpcStatus !== '0');
    }),
  );
  const page = frame(
    toBinary(ListAssessmentsRequestSchema, create(ListAssessmentsRequestSchema, { pageSize: 500 })),
  );
  for (let reader = 0; reader < 300; reader += 1) {
    const raw = rawCall(session(), {}, LIST_PATH, { isRead: false });
    raw.write(page);
    raw.end();
  }
  await expect.poll(() => gauge('long_reads')).toBe(32);
  const answer = await rawUnary(line, withdrawal('beside'));
  expect(answer.grpcStatus).toBe('0');
  expect(await gauge('long_reads_waiting')).toBeLessThanOrEqual(256);
  // Those that take nothing are ended one lot after the other.
  await expect.poll(() => gauge('long_reads_cut')).toBeGreaterThanOrEqual(32);
});
