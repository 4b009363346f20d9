import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { credentials } from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import {
  type ClientEvent,
  Decision,
  HoldfastClient,
  type Outcome,
} from '../../../clients/typescript/src/index.js';
import { Channel } from '../../../src/gen/holdfast/v1/decision_pb.js';
import { RiskService } from '../../../src/gen/holdfast/v1/risk_service_pb.js';
import { SignalType } from '../../../src/gen/holdfast/v1/signal_pb.js';
import { stopServices, temporaryFolder } from '../../integration/harness.js';
import { PatientClient } from '../../integration/patient-client.js';
import { killProcesses, type ServiceProcess, startProcess } from '../../service/service-process.js';
import { compileChild } from '../../store/child-program.js';

// The client against a service that is killed, frozen, slow and restarted while it is asked.

const program = compileChild('src/main.ts', ['src']);
const DEADLINE_MS = 60;
/** How much later than its deadline a call may end. */
const GRACE_MS = 5;
const YEAR_MS = 365 * 86_400_000;
const ACCOUNT_CAP = 500;

const SECTION = `
without_answer:
  allow_tiers: [small]
  destination_used_for: 30d
  account_hourly_value: ${ACCOUNT_CAP}
  account_hourly_count: 5
  hourly_value: 100000
  valid_for: 1h
`;

const clients = new Set<HoldfastClient>();

afterEach(async () => {
  for (const client of clients) client.close();
  clients.clear();
  await killProcesses();
  await stopServices();
});

/** A service at one address, however often it is started again. */
class World {
  readonly folder = temporaryFolder();
  readonly address = `unix:${join(this.folder, 'holdfast.sock')}`;
  readonly events: ClientEvent[] = [];

  constructor() {
    const file = join(this.folder, 'policy.yaml');
    writeFileSync(file, readFileSync(file, 'utf8') + SECTION);
  }

  start(): Promise<ServiceProcess> {
    return startProcess(program, this.folder, { HOLDFAST_GRPC_ADDRESS: this.address });
  }

  async connect(): Promise<HoldfastClient> {
    const client = await HoldfastClient.connect({
      address: this.address,
      credentials: credentials.createInsecure(),
      deadlineMs: DEADLINE_MS,
      instances: 1,
      name: 'test',
      onEvent: (event) => void this.events.push(event),
    });
    clients.add(client);
    await expect.poll(() => this.events.some(({ kind }) => kind === 'posture-heard')).toBe(true);
    return client;
  }
}

interface Asked {
  readonly withdrawalId: string;
  readonly accountId: string;
  readonly outcome: Outcome;
  readonly wasLate: boolean;
}

let lastId = 0;

/**
 * Asks once. Whether the call was late is told by a timer that begins with it and ends when its grace does: a machine that
 * is busy delays both. Timers of two lengths that are due in one turn may end in any order, so the turn is let end first.
 */
async function ask(client: HoldfastClient, accountId = `a-${lastId + 1}`, value = 100): Promise<Asked> {
  lastId += 1;
  const withdrawalId = `w-${lastId}`;
  let graceIsOver = false;
  const asking = client.assess({
    withdrawalId,
    accountId,
    asset: 'BTC',
    amount: '0.001',
    referenceValue: value,
    destination: {
      address: 'bc1q-savings',
      network: 'bitcoin',
      firstUsedAt: timestampFromMs(Date.now() - YEAR_MS),
    },
  });
  const grace = setTimeout(() => {
    setImmediate(() => {
      graceIsOver = true;
    });
  }, DEADLINE_MS + GRACE_MS);
  const outcome = await asking;
  clearTimeout(grace);
  return { withdrawalId, accountId, outcome, wasLate: graceIsOver };
}

const alone = (all: readonly Asked[]) => all.filter(({ outcome }) => outcome.decidedBy === 'client');

/** Every question has one outcome, none came late, and the service recorded none of them twice. */
async function expectDecidedOnce(world: World, all: readonly Asked[]): Promise<void> {
  expect(all.filter(({ wasLate }) => wasLate)).toEqual([]);
  const reader = new PatientClient(world.address);
  try {
    const counts = new Map<string, number>();
    let pageToken = '';
    do {
      const page = await reader.call(RiskService.method.listAssessments, { pageSize: 500, pageToken });
      for (const { withdrawalId } of page.assessments) {
        if (withdrawalId === 'w-probe') continue;
        counts.set(withdrawalId, (counts.get(withdrawalId) ?? 0) + 1);
      }
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect([...counts].filter(([, count]) => count > 1)).toEqual([]);
    for (const { withdrawalId, outcome } of all) {
      if (outcome.decidedBy === 'service') expect(counts.get(withdrawalId), withdrawalId).toBe(1);
    }
  } finally {
    reader.close();
  }
}

/** The tier in which the service judges a withdrawal of 990: `small` ends at 1,000. */
async function tierOf(world: World, accountId: string): Promise<string | undefined> {
  const reader = new PatientClient(world.address);
  try {
    const { assessmentId } = await reader.call(RiskService.method.assessWithdrawal, {
      withdrawalId: 'w-probe',
      accountId,
      asset: 'BTC',
      amount: '1',
      referenceValue: 990,
      destination: { address: 'bc1q-savings', network: 'bitcoin' },
    });
    const { assessment } = await reader.call(RiskService.method.getAssessment, { assessmentId });
    return assessment?.tier;
  } finally {
    reader.close();
  }
}

test('killed: decided alone within the deadline and the caps, reported when it is back, and counted', async () => {
  const world = new World();
  const service = await world.start();
  const client = await world.connect();
  const all = [await ask(client, 'thrifty')];
  service.kill('SIGKILL');
  await service.ended;
  for (let count = 0; count < 8; count += 1) all.push(await ask(client, 'greedy'));
  const inOutage = alone(all.slice(1));
  expect(inOutage).toHaveLength(8);
  expect(inOutage.filter(({ outcome }) => outcome.decision === 'ALLOW')).toHaveLength(ACCOUNT_CAP / 100);
  expect(client.waitingReports).toBeGreaterThanOrEqual(8);
  await world.start();
  await expect.poll(() => client.waitingReports).toBe(0);
  expect(world.events.filter(({ kind }) => kind === 'report-refused')).toEqual([]);
  expect(await tierOf(world, 'greedy')).toBe('standard');
  expect(await tierOf(world, 'somebody')).toBe('small');
  await expectDecidedOnce(world, all);
});

test('frozen: no call hangs, and those that it finds when it thaws are decided by the client alone', async () => {
  const world = new World();
  const service = await world.start();
  const client = await world.connect();
  const all: Asked[] = [await ask(client)];
  service.kill('SIGSTOP');
  all.push(...(await Promise.all(Array.from({ length: 20 }, () => ask(client)))));
  all.push(await ask(client));
  expect(alone(all).length).toBeGreaterThanOrEqual(21);
  expect(world.events.some((event) => event.kind === 'decided-alone' && event.attempts === 0)).toBe(true);
  service.kill('SIGCONT');
  await expect
    .poll(async () => {
      const asked = await ask(client);
      all.push(asked);
      return asked.outcome.decidedBy;
    })
    .toBe('service');
  await expect.poll(() => client.waitingReports).toBe(0);
  await expectDecidedOnce(world, all);
});

test('slow and restarted under load: each is decided once', async () => {
  const world = new World();
  let service = await world.start();
  const client = await world.connect();
  const all: Asked[] = [];
  let goesOn = true;
  const askers = Array.from({ length: 4 }, async () => {
    while (goesOn) {
      all.push(await ask(client));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  });
  const more = async (count: number): Promise<void> => {
    const until = all.length + count;
    await expect.poll(() => all.length).toBeGreaterThan(until);
  };
  await more(50);
  // Slow: it runs for a moment now and then.
  for (let pulse = 0; pulse < 5; pulse += 1) {
    service.kill('SIGSTOP');
    await more(8);
    service.kill('SIGCONT');
    await more(8);
  }
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    service.kill(signal);
    await service.ended;
    await more(30);
    service = await world.start();
    await more(30);
  }
  await expect.poll(() => all.at(-1)?.outcome.decidedBy).toBe('service');
  goesOn = false;
  await Promise.all(askers);
  expect(alone(all).length).toBeGreaterThan(0);
  expect(alone(all).length).toBeLessThan(all.length);
  await expect.poll(() => client.waitingReports).toBe(0);
  await expectDecidedOnce(world, all);
});

test('what the service refuses is an error, and what it held is held without it', async () => {
  const world = new World();
  const service = await world.start();
  const client = await world.connect();
  await expect(ask(client, 'x'.repeat(200))).rejects.toMatchObject({
    name: 'RefusedError',
    reason: 'REQUEST_INVALID',
    violations: [{ field: 'account_id' }],
  });
  const reader = new PatientClient(world.address);
  const occurredAt = timestampFromMs(Date.now() - 60_000);
  await reader.call(RiskService.method.reportSignals, {
    signals: [
      { accountId: 'held', type: SignalType.PASSWORD_RESET, occurredAt, channel: Channel.EMAIL },
      { accountId: 'held', type: SignalType.MFA_RESET, occurredAt },
    ],
  });
  reader.close();
  let before = await ask(client, 'held');
  // On a busy machine the first questions may find no answer in time.
  while (before.outcome.decidedBy === 'client') before = await ask(client, 'held');
  service.kill('SIGKILL');
  await service.ended;
  const after = await ask(client, 'held');
  expect(before.outcome).toMatchObject({ decidedBy: 'service' });
  expect(before.outcome.decision).not.toBe(Decision.ALLOW);
  expect(after.outcome).toMatchObject({ decidedBy: 'client', decision: 'HOLD' });
});
