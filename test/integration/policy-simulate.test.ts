import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Client, type ClientReadableStream, credentials, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Decision } from '../../src/gen/holdfast/v1/decision_pb.js';
import {
  PolicyService,
  SimulatePolicyRequestSchema,
  type SimulatePolicyResponse,
  SimulatePolicyResponseSchema,
  ThresholdKind,
} from '../../src/gen/holdfast/v1/policy_service_pb.js';
import { OutcomeLabel, RiskService } from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { SignalType } from '../../src/gen/holdfast/v1/signal_pb.js';
import { bitcoinAddress } from '../../src/population/bitcoin-address.js';
import { details, failure, START, startTestService, stopServices, type TestService } from './harness.js';
import { Analyst } from './policy-calls.js';
import { ago, DAY_MS, HOUR_MS, reset, theft, usual } from './requests.js';

let running: TestService;
let client: Client;

beforeEach(async () => {
  running = await startTestService();
  client = new Client(running.service.grpcAddress, credentials.createInsecure());
});

afterEach(async () => {
  client.close();
  await stopServices();
});

type Request = Omit<MessageInitShape<typeof SimulatePolicyRequestSchema>, '$typeName' | '$unknown'>;

function open(request: Request): ClientReadableStream<SimulatePolicyResponse> {
  const { simulatePolicy } = PolicyService.method;
  return client.makeServerStreamRequest(
    `/${simulatePolicy.parent.typeName}/${simulatePolicy.name}`,
    (message: Request) =>
      Buffer.from(toBinary(SimulatePolicyRequestSchema, create(SimulatePolicyRequestSchema, message))),
    (bytes: Buffer) => fromBinary(SimulatePolicyResponseSchema, bytes),
    request,
  );
}

async function simulate(request: Request): Promise<SimulatePolicyResponse[]> {
  const messages: SimulatePolicyResponse[] = [];
  for await (const message of open(request)) messages.push(message);
  return messages;
}

function milder(): string {
  return new Analyst(running).textWith(10);
}

/** Nothing but the score speaks against it: the destination is known for longer than a lock asks. */
function aged(withdrawalId: string) {
  const destination = { address: bitcoinAddress('elsewhere'), network: 'bitcoin', addedAt: ago(20 * DAY_MS) };
  return theft(withdrawalId, { destination });
}

/** Two usual withdrawals and one theft, whose outcome is known. */
async function history(): Promise<string> {
  await running.report(reset(), reset({ type: SignalType.NEW_DEVICE }));
  await running.assess(usual('w-1'));
  await running.assess(usual('w-2', { accountId: 'account-2' }));
  const { assessmentId, decision } = await running.assess(aged('w-3'));
  expect(decision).toBe(Decision.HOLD);
  running.clock.now += HOUR_MS;
  await running.client.call(RiskService.method.reportOutcome, {
    outcomes: [
      {
        assessmentId,
        label: OutcomeLabel.FRAUD_CONFIRMED,
        reportedBy: 'desk',
        observedAt: timestampFromMs(START),
      },
    ],
  });
  return assessmentId;
}

describe('SimulatePolicy', () => {
  test('says what a candidate would have decided, and about which assessment', async () => {
    const stolen = await history();
    const messages = await simulate({ candidate: { case: 'text', value: milder() } });
    const last = messages.at(-1);
    expect([last?.replayedCount, last?.totalCount]).toEqual([3n, 3n]);
    const { result } = last ?? {};
    expect(result?.flips.map(({ before, count, value }) => [before, count, value])).toEqual([
      [Decision.HOLD, 1n, 5000],
    ]);
    expect(result?.flipDetails[0]?.examples.map(({ assessmentId }) => assessmentId)).toEqual([stolen]);
    expect(result?.flipDetails[0]?.fraudCount).toBe(1n);
    expect([result?.before?.caughtCount, result?.after?.caughtCount]).toEqual([1n, 0n]);
    expect(result?.before?.valueSaved).toBe(5000);
    const shift = result?.codes.find(({ code }) => code === 'PASSWORD_RESET');
    expect([shift?.pointsBefore, shift?.pointsAfter]).toEqual([60, 20]);
  });

  test('changes nothing that is recorded or decides', async () => {
    await history();
    const before = running.service.stores.journal.head;
    await simulate({ candidate: { case: 'text', value: milder() } });
    expect(running.service.stores.journal.head).toBe(before);
    expect((await running.assess(aged('w-4'))).decision).toBe(Decision.HOLD);
  });

  test('sweeps a threshold', async () => {
    await history();
    const messages = await simulate({
      candidate: { case: 'number', value: 1 },
      sweep: { tier: 'standard', kind: ThresholdKind.HOLD, points: [50, 100] },
    });
    const rows = messages.at(-1)?.result?.sweep ?? [];
    expect(rows.map(({ points, side }) => [points, side?.caughtCount])).toEqual([
      [50, 1n],
      [100, 0n],
    ]);
  });

  test('keeps to its range', async () => {
    await history();
    const messages = await simulate({
      candidate: { case: 'number', value: 1 },
      from: timestampFromMs(START + HOUR_MS),
    });
    expect(messages.at(-1)?.totalCount).toBe(0n);
    expect(messages.at(-1)?.result?.flips).toEqual([]);
  });

  test('keeps to its filter', async () => {
    await history();
    const replayed = async (filter: Request['filter']): Promise<bigint | undefined> => {
      const messages = await simulate({
        candidate: { case: 'number', value: 1 },
        ...(filter ? { filter } : {}),
      });
      return messages.at(-1)?.result?.replayedCount;
    };
    expect(await replayed(undefined)).toBe(3n);
    expect(await replayed({ decisions: [Decision.HOLD, Decision.REJECT] })).toBe(1n);
    expect(await replayed({ labels: [OutcomeLabel.UNKNOWN] })).toBe(2n);
    expect(await replayed({ accountIds: ['account-2'], operators: ['att'] })).toBe(1n);
    expect(await replayed({ tiers: ['standard'], providers: ['nobody'] })).toBe(0n);
  });

  test('names what is wrong in a filter', async () => {
    const filter = { tiers: [''], decisions: [Decision.UNSPECIFIED], labels: [99], accountIds: ['a\n'] };
    const error = await failure(simulate({ candidate: { case: 'number', value: 1 }, filter }));
    expect(details(error).badRequest?.fieldViolations.map(({ field, reason }) => [field, reason])).toEqual([
      ['filter.tiers[0]', 'REQUIRED'],
      ['filter.decisions[0]', 'REQUIRED'],
      ['filter.labels[0]', 'UNKNOWN_ENUM_VALUE'],
      ['filter.account_ids[0]', 'CONTROL_CHARACTER'],
    ]);
  });

  test('refuses what makes no sense', async () => {
    await expect(simulate({ candidate: { case: undefined } })).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
    });
    await expect(simulate({ candidate: { case: 'text', value: 'version: 2' } })).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
    });
    await expect(simulate({ candidate: { case: 'number', value: 99 } })).rejects.toMatchObject({
      code: status.NOT_FOUND,
    });
    const sweep = { tier: 'gigantic', kind: ThresholdKind.UNSPECIFIED, points: [50, 40] };
    await expect(simulate({ candidate: { case: 'number', value: 1 }, sweep })).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
    });
  });

  test('stops when the caller goes, and the next one is served', async () => {
    await history();
    const stream = open({ candidate: { case: 'number', value: 1 } });
    const ended = new Promise((resolve) => stream.once('error', resolve));
    stream.cancel();
    expect(await ended).toMatchObject({ code: status.CANCELLED });
    const messages = await simulateOnceFree();
    expect(messages.at(-1)?.result).toBeDefined();
  });
});

/** The one that was cancelled may still be on its way out. */
async function simulateOnceFree(): Promise<SimulatePolicyResponse[]> {
  for (;;) {
    try {
      return await simulate({ candidate: { case: 'number', value: 1 } });
    } catch (error) {
      expect(error).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    }
  }
}
