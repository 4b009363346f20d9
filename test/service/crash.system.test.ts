import { status as GrpcStatus } from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import { stopServices, temporaryFolder } from '../integration/harness.js';
import { compileChild } from '../store/child-program.js';
import { ExchangeLoad, lossesOf, type Told } from './exchange-load.js';
import { killProcesses, type ServiceProcess, startProcess } from './service-process.js';

const KILLS = 4;
const NOTHING = { assessments: [], requests: [], signals: [] };

const program = compileChild('src/main.ts', ['src']);

afterEach(async () => {
  await killProcesses();
  await stopServices();
});

const start = (folder: string): Promise<ServiceProcess> => startProcess(program, folder);

/** Puts a service under load and ends it in the middle; gives what it had told until then. */
async function endUnderLoad(running: ServiceProcess, name: string, signal: NodeJS.Signals, after: number) {
  let sent = false;
  const load = new ExchangeLoad(running.grpcAddress, name, (count) => {
    if (sent || count < after) return;
    sent = true;
    running.kill(signal);
  });
  const ending = await running.ended;
  await load.end();
  return { ending, told: load.told, unanswered: load.unanswered };
}

test('I5: a process killed at random moments under load loses nothing that it told anybody', async () => {
  const folder = temporaryFolder();
  const told: Told[] = [];
  for (let round = 0; round < KILLS; round++) {
    const after = 20 + Math.floor(Math.random() * 400);
    const ended = await endUnderLoad(await start(folder), `round-${round}`, 'SIGKILL', after);
    expect(ended.ending.signal).toBe('SIGKILL');
    expect(ended.told.count).toBeGreaterThanOrEqual(after);
    told.push(ended.told);
  }
  const survivor = await start(folder);
  for (const each of told) expect(await lossesOf(survivor.grpcAddress, each)).toEqual(NOTHING);
  expect(survivor.events.has('entry_not_applied')).toBe(false);
});

test('SIGTERM under load: calls are answered or refused, never cut; the process ends by itself with 0', async () => {
  const folder = temporaryFolder();
  const running = await start(folder);
  const { ending, told, unanswered } = await endUnderLoad(running, 'drained', 'SIGTERM', 200);
  expect(ending).toEqual({ code: 0, signal: null });
  expect(running.events.get('service_stopped')).toMatchObject({ forced: false });
  expect(new Set(unanswered)).toEqual(new Set([GrpcStatus.UNAVAILABLE]));
  const next = await start(folder);
  expect(await lossesOf(next.grpcAddress, told)).toEqual(NOTHING);
});

test('SIGTERM twice within a second, as npm and a process group deliver it, is one', async () => {
  const running = await start(temporaryFolder());
  running.kill('SIGTERM');
  running.kill('SIGTERM');
  expect(await running.ended).toEqual({ code: 0, signal: null });
});
