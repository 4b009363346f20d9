import { spawn } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { afterAll, expect, test } from 'vitest';
import { GrpcClient } from '../../src/cli/grpc-client.js';
import { type AssessWithdrawalResponse, RiskService } from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { SignalType } from '../../src/gen/holdfast/v1/signal_pb.js';
import { bitcoinAddress } from '../../src/population/bitcoin-address.js';
import { stopServices, temporaryFolder } from '../integration/harness.js';
import { compileChild } from '../store/child-program.js';
import { killProcesses, type ServiceProcess, startProcess } from './service-process.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const ACCOUNTS = 300;

/** In which a wrong clock may do harm: the sweeper looks at 100 records a second. */
const WRONG_FOR_MS = 30_000;

const PRELOAD = pathToFileURL(join(import.meta.dirname, 'preload', 'moved-clock.mjs')).href;

const program = compileChild('src/main.ts', ['src']);

afterAll(async () => {
  await killProcesses();
  await stopServices();
});

/** A service whose clock the test moves. */
interface MovedService extends ServiceProcess {
  readonly client: GrpcClient;
  readonly opsAddress: string;
  stop(): Promise<void>;
}

/** Debian's libfaketime, which moves the clock of native code as well; undefined where it is not installed. */
function findLibfaketime(): string | undefined {
  const folders = existsSync('/usr/lib') ? readdirSync('/usr/lib') : [];
  return folders
    .map((folder) => join('/usr/lib', folder, 'faketime', 'libfaketimeMT.so.1'))
    .find((path) => existsSync(path));
}

/** An exchange's view of one folder: starts services on it, with the clock moved, and asks them. */
class World {
  readonly folder = temporaryFolder();
  readonly #file = join(this.folder, 'moved-by');

  /** @param libfaketime moves the clock of a whole process from its start; absent: a module does, and may move it again */
  constructor(private readonly libfaketime?: string) {}

  #environment(byMs: number): Record<string, string> {
    if (this.libfaketime === undefined) {
      return { NODE_OPTIONS: `--import=${PRELOAD}`, MOVED_CLOCK_FILE: this.#file };
    }
    if (byMs === 0) return {};
    return {
      LD_PRELOAD: this.libfaketime,
      FAKETIME: `${byMs > 0 ? '+' : ''}${byMs / 1_000}`,
      DONT_FAKE_MONOTONIC: '1',
    };
  }

  move(byMs: number): void {
    writeFileSync(this.#file, String(byMs));
  }

  async start(byMs: number, env: Record<string, string> = {}): Promise<MovedService> {
    this.move(byMs);
    const running = await startProcess(program, this.folder, { ...this.#environment(byMs), ...env });
    const client = new GrpcClient(running.grpcAddress);
    return {
      ...running,
      client,
      opsAddress: String(running.events.get('service_started')?.['opsAddress']),
      stop: async () => {
        client.close();
        running.kill('SIGTERM');
        await running.ended;
      },
    };
  }

  /** Runs `holdfast clock`. */
  async command(
    ...args: readonly string[]
  ): Promise<{ readonly code: number | null; readonly text: string }> {
    const child = spawn(process.execPath, [program.path, 'clock', ...args], {
      env: { PATH: process.env['PATH'], HOLDFAST_DATA_DIR: join(this.folder, 'data') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (text += String(bytes)));
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, text };
  }
}

/** Reports what makes each account's withdrawals held, as of `now`. */
async function fill({ client }: MovedService, now: number): Promise<void> {
  for (const type of [SignalType.PASSWORD_RESET, SignalType.MFA_RESET]) {
    const signals = accounts().map((accountId) => ({
      signalId: `${type}-${accountId}`,
      type,
      accountId,
      email: `${accountId}@example.com`,
      occurredAt: timestampFromMs(now - 60_000),
    }));
    await client.call(RiskService.method.reportSignals, { signals });
  }
}

function accounts(): string[] {
  return Array.from({ length: ACCOUNTS }, (_, n) => `account-${n}`);
}

function ask(service: MovedService, accountId: string, requestId = ''): Promise<AssessWithdrawalResponse> {
  return service.client.call(RiskService.method.assessWithdrawal, {
    requestId,
    withdrawalId: `w-${accountId}`,
    accountId,
    email: `${accountId}@example.com`,
    asset: 'BTC',
    amount: '1',
    referenceValue: 20_000,
    balanceShare: 0.9,
    dryRun: requestId === '',
    destination: { address: bitcoinAddress(`${accountId}`), network: 'bitcoin' },
  });
}

async function askAll(service: MovedService, requestPrefix?: string): Promise<AssessWithdrawalResponse[]> {
  const answers: AssessWithdrawalResponse[] = [];
  for (const accountId of accounts()) {
    answers.push(
      await ask(service, accountId, requestPrefix === undefined ? '' : `${requestPrefix}-${accountId}`),
    );
  }
  return answers;
}

function decisions(answers: readonly AssessWithdrawalResponse[]): readonly string[] {
  return answers.map(({ decision, score }) => `${decision} ${score}`);
}

function codes({ degradations }: AssessWithdrawalResponse): readonly string[] {
  return degradations.map(({ code }) => code);
}

async function ops(service: MovedService, path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://${service.opsAddress}${path}`);
  return { status: response.status, text: await response.text() };
}

/** What was known before a wrong clock and after it. */
async function throughWrongClock(world: World, movedBy: number) {
  const before = await world.start(0);
  await fill(before, Date.now());
  const asked = await askAll(before, 'before');
  const known = await askAll(before);
  await before.stop();

  const wrong = await world.start(movedBy);
  const began = Date.now();
  const doubt = wrong.events.get('clock_unconfirmed');
  const answers = await askAll(wrong);
  const readiness = await ops(wrong, '/readyz');
  const { text: metrics } = await ops(wrong, '/metrics');
  // Answers and signals taken under the wrong clock are entries of the log like any other.
  await wrong.client.call(RiskService.method.reportSignals, {
    signals: [
      {
        signalId: 'wrong',
        type: SignalType.NEW_DEVICE,
        accountId: 'other',
        occurredAt: timestampFromMs(Date.now() + movedBy),
      },
    ],
  });
  await ask(wrong, 'account-other', 'wrong-1');
  const repeated = await askAll(wrong, 'before');
  await delay(Math.max(0, WRONG_FOR_MS - (Date.now() - began)));
  await wrong.stop();

  const right = await world.start(0);
  const after = await askAll(right);
  const again = await askAll(right, 'before');
  const rightDoubt = right.events.get('clock_unconfirmed');
  await right.stop();
  return { asked, known, doubt, answers, readiness, metrics, repeated, after, again, rightDoubt };
}

function expectUntouched(seen: Awaited<ReturnType<typeof throughWrongClock>>, direction: string): void {
  expect(new Set(decisions(seen.known)).size).toBe(1);
  expect(seen.doubt).toMatchObject({ direction, cause: 'LOG', level: 'error' });
  expect(seen.answers.filter((answer) => !codes(answer).includes('CLOCK_UNCONFIRMED'))).toEqual([]);
  expect(decisions(seen.answers)).toEqual(decisions(seen.known));
  expect(seen.readiness.status).toBe(200);
  expect(seen.readiness.text).toContain('unconfirmed');
  expect(seen.metrics).toMatch(/^holdfast_clock_confirmed 0$/m);
  expect(seen.rightDoubt).toBeUndefined();
  expect(decisions(seen.after)).toEqual(decisions(seen.known));
  expect(seen.after.filter((answer) => codes(answer).includes('CLOCK_UNCONFIRMED'))).toEqual([]);
  // The promise of `request_id`: the identical answer.
  expect(seen.repeated.map(({ assessmentId }) => assessmentId)).toEqual(
    seen.asked.map(({ assessmentId }) => assessmentId),
  );
  expect(seen.again).toEqual(seen.asked);
}

test.concurrent.each([
  { name: '400 days ahead', movedBy: 400 * DAY, direction: 'AHEAD' },
  { name: '8 days ahead', movedBy: 8 * DAY, direction: 'AHEAD' },
  { name: '2 days behind', movedBy: -2 * DAY, direction: 'BEHIND' },
])(
  'a start with the clock $name for 30 s is told, and changes no decision of 300 accounts',
  async ({ movedBy, direction }) => {
    expectUntouched(await throughWrongClock(new World(), movedBy), direction);
  },
);

test.concurrent('60 hours off is a weekend: nothing is doubted', async () => {
  const world = new World();
  const before = await world.start(-60 * HOUR);
  await fill(before, Date.now() - 60 * HOUR);
  await before.stop();
  const after = await world.start(0);
  expect(codes(await ask(after, 'account-1'))).not.toContain('CLOCK_UNCONFIRMED');
  expect(after.events.has('clock_unconfirmed')).toBe(false);
  expect((await ops(after, '/metrics')).text).toMatch(/^holdfast_clock_confirmed 1$/m);
  await after.stop();
});

test.concurrent('a right clock after a month off is doubted until an operator accepts it; that lasts over starts', async () => {
  const world = new World();
  const before = await world.start(-30 * DAY);
  await fill(before, Date.now() - 30 * DAY);
  await before.stop();
  const after = await world.start(0, { HOLDFAST_UNCONFIRMED_CLOCK: 'not-ready' });
  expect((await ops(after, '/readyz')).status).toBe(503);
  // What comes in now counts now.
  await fill(after, Date.now());
  expect(codes(await ask(after, 'account-1'))).toContain('CLOCK_UNCONFIRMED');
  expect((await world.command('status')).code).toBe(1);
  expect(await world.command('accept')).toMatchObject({ code: 0, text: expect.stringContaining('accepted') });
  expect((await ops(after, '/readyz')).status).toBe(200);
  expect(codes(await ask(after, 'account-1'))).not.toContain('CLOCK_UNCONFIRMED');
  expect((await world.command('accept')).code).toBe(1);
  await after.stop();
  const next = await world.start(0);
  expect(next.events.has('clock_unconfirmed')).toBe(false);
  await next.stop();
});

test.concurrent('a step while running is told at once, and over when the clock is set right', async () => {
  const world = new World();
  const running = await world.start(0);
  await fill(running, Date.now());
  const known = await ask(running, 'account-1');
  world.move(400 * DAY);
  await expect.poll(() => running.events.get('clock_unconfirmed')).toMatchObject({ cause: 'STEP' });
  const stepped = await ask(running, 'account-1');
  expect(codes(stepped)).toContain('CLOCK_UNCONFIRMED');
  expect(decisions([stepped])).toEqual(decisions([known]));
  world.move(0);
  await expect.poll(() => running.events.get('clock_confirmed')).toMatchObject({ by: 'RETURN' });
  expect(codes(await ask(running, 'account-1'))).not.toContain('CLOCK_UNCONFIRMED');
  await running.stop();
});

test.concurrent('a step of six days while running is believed no sooner for a start in between, but ends when set right', async () => {
  const world = new World();
  const running = await world.start(0);
  await fill(running, Date.now());
  world.move(6 * DAY);
  await expect.poll(() => running.events.get('clock_unconfirmed')).toMatchObject({ cause: 'STEP' });
  await running.stop();
  const again = await world.start(6 * DAY);
  expect(again.events.get('clock_unconfirmed')).toMatchObject({ direction: 'AHEAD', cause: 'LOG' });
  expect(codes(await ask(again, 'account-1'))).toContain('CLOCK_UNCONFIRMED');
  world.move(0);
  await expect.poll(() => again.events.get('clock_confirmed')).toMatchObject({ by: 'RETURN' });
  await again.stop();
});

test.concurrent('a doubt that a right clock ended cannot be accepted: it would wait for the next wrong start', async () => {
  const world = new World();
  const first = await world.start(0);
  await fill(first, Date.now());
  await first.stop();
  await (await world.start(400 * DAY)).stop();
  const right = await world.start(0);
  expect((await world.command('status')).code).toBe(0);
  expect((await world.command('accept')).code).toBe(1);
  await right.stop();
  const wrong = await world.start(400 * DAY);
  expect(codes(await ask(wrong, 'account-1'))).toContain('CLOCK_UNCONFIRMED');
  await wrong.stop();
});

test.concurrent('400 days ahead for native code as well: the same, where Debian has libfaketime', async () => {
  const libfaketime = findLibfaketime();
  if (libfaketime === undefined) console.info('libfaketime is not installed: a module moves the clock');
  expectUntouched(await throughWrongClock(new World(libfaketime), 400 * DAY), 'AHEAD');
});
