import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';
import { stopServices, temporaryFolder } from '../integration/harness.js';
import { compileChild } from '../store/child-program.js';
import { type ServiceProcess, startProcess } from './service-process.js';

const program = compileChild('src/main.ts', ['src']);

/** What a failed test would leave behind. */
const processes: ServiceProcess[] = [];

afterEach(async () => {
  for (const running of processes.splice(0)) {
    running.kill('SIGKILL');
    await running.ended;
  }
  await stopServices();
});

async function start(folder: string, grpcAddress: string): Promise<ServiceProcess> {
  const started = await startProcess(program, folder, { HOLDFAST_GRPC_ADDRESS: grpcAddress });
  processes.push(started);
  return started;
}

test('the file of a Unix socket that a kill left behind is taken over; one in use is not', async () => {
  const folder = temporaryFolder();
  const address = `unix:${join(folder, 'grpc.sock')}`;
  const killed = await start(folder, address);
  killed.kill('SIGKILL');
  await killed.ended;
  expect(existsSync(join(folder, 'grpc.sock'))).toBe(true);
  await start(folder, address);
  await expect(start(temporaryFolder(), address)).rejects.toThrow('EADDRINUSE');
});

test('SIGTERM to `npm start` ends the service, not only npm', async () => {
  const folder = temporaryFolder();
  const npm = spawn('npm', ['start'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {
      ...process.env,
      HOLDFAST_GRPC_ADDRESS: '127.0.0.1:0',
      HOLDFAST_OPS_ADDRESS: '127.0.0.1:0',
      HOLDFAST_DATA_DIR: join(folder, 'data'),
    },
  });
  // The pipe closes when the last process that holds it has gone: npm's child too.
  const closed = once(npm, 'close');
  const events: string[] = [];
  for await (const line of createInterface({ input: npm.stdout })) {
    if (!line.startsWith('{')) continue;
    events.push(JSON.parse(line).event);
    if (events.at(-1) === 'service_started') npm.kill('SIGTERM');
  }
  await closed;
  expect(events).toContain('service_stopped');
  expect(existsSync(join(folder, 'data', 'log.lock'))).toBe(false);
});
