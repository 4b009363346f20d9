import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, existsSync, openSync, readSync, writeSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { stopServices, temporaryFolder } from '../integration/harness.js';
import { compileChild } from '../store/child-program.js';
import { parseMetrics } from '../telemetry/parse-metrics.js';

const program = compileChild('src/main.ts', ['src']);

/** What a failed test would leave behind. */
const children = new Set<ChildProcess>();
const descriptors: number[] = [];

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  for (const descriptor of descriptors.splice(0)) closeSync(descriptor);
  await stopServices();
});

function open(path: string, flags: number): number {
  const descriptor = openSync(path, flags);
  descriptors.push(descriptor);
  return descriptor;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A service whose log goes to a descriptor. Its address is given to it, since its log does not tell. */
async function startWith(stdout: number) {
  const folder = temporaryFolder();
  const opsAddress = `127.0.0.1:${await freePort()}`;
  const child = spawn(process.execPath, [program.path, 'serve'], {
    stdio: ['ignore', stdout, 'inherit'],
    env: {
      PATH: process.env['PATH'],
      HOLDFAST_GRPC_ADDRESS: '127.0.0.1:0',
      HOLDFAST_OPS_ADDRESS: opsAddress,
      HOLDFAST_DATA_DIR: join(folder, 'data'),
      HOLDFAST_POLICY_FILE: join(folder, 'policy.yaml'),
    },
  });
  children.add(child);
  const ended = once(child, 'exit');
  const get = (path: string) => fetch(`http://${opsAddress}${path}`);
  const isReady = () =>
    get('/readyz').then(
      ({ status }) => status === 200,
      () => false,
    );
  await expect.poll(isReady).toBe(true);
  return {
    isReady,
    async unwrittenLines() {
      const samples = parseMetrics(await (await get('/metrics')).text());
      return samples.get('holdfast_log_lines_unwritten');
    },
    /** Its exit code and signal. */
    async stop() {
      child.kill('SIGTERM');
      return await ended;
    },
  };
}

describe('fault 41: a log that cannot be written neither stops the service nor keeps it from ending', () => {
  test.skipIf(!existsSync('/dev/full'))('its disk is full', async () => {
    const service = await startWith(open('/dev/full', constants.O_WRONLY));
    await expect.poll(service.unwrittenLines).toBeGreaterThan(0);
    expect(await service.isReady()).toBe(true);
    expect(await service.stop()).toEqual([0, null]);
  });

  test.skipIf(process.platform === 'win32')(
    'nobody reads its pipe; somebody who reads it later finds what waited',
    async () => {
      const path = join(temporaryFolder(), 'log');
      execFileSync('mkfifo', [path]);
      const reader = open(path, constants.O_RDONLY | constants.O_NONBLOCK);
      fill(open(path, constants.O_WRONLY | constants.O_NONBLOCK));
      // A descriptor of its own, which waits for room as one from a shell does.
      const service = await startWith(open(path, constants.O_WRONLY));
      await expect.poll(service.unwrittenLines).toBeGreaterThan(0);
      expect(await service.isReady()).toBe(true);
      let said = '';
      await expect
        .poll(() => {
          said += readAll(reader);
          return said;
        })
        .toContain('service_started');
      await expect.poll(service.unwrittenLines).toBe(0);
      fill(open(path, constants.O_WRONLY | constants.O_NONBLOCK));
      expect(await service.stop()).toEqual([0, null]);
    },
  );

  test.skipIf(process.platform === 'win32')('the reader of its pipe has gone', async () => {
    const path = join(temporaryFolder(), 'log');
    execFileSync('mkfifo', [path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stdout = open(path, constants.O_WRONLY);
    closeSync(reader);
    const service = await startWith(stdout);
    await expect.poll(service.unwrittenLines).toBeGreaterThan(0);
    expect(await service.stop()).toEqual([0, null]);
  });
});

/** Writes until there is no more room. */
function fill(descriptor: number): void {
  for (const size of [4_096, 1]) {
    try {
      for (;;) writeSync(descriptor, Buffer.alloc(size, '\n'));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
  }
}

/** What there is to be read now. */
function readAll(descriptor: number): string {
  const chunk = Buffer.alloc(1 << 17);
  try {
    return chunk.toString('utf8', 0, readSync(descriptor, chunk));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return '';
    throw error;
  }
}
