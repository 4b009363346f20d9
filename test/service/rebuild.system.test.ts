import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { freePort } from '../../bench/sides/free-port.js';
import { stopServices, temporaryFolder } from '../integration/harness.js';
import { compileChild } from '../store/child-program.js';
import { killProcesses, startProcess } from './service-process.js';

const program = compileChild('src/main.ts', ['src']);

afterEach(async () => {
  await killProcesses();
  await stopServices();
});

/** Enough that a rebuild takes some looks. */
const POLICY = join(import.meta.dirname, '../../policies/default.yaml');
const POPULATION = [
  '--policy',
  POLICY,
  '--seed',
  '5',
  '--accounts',
  '3000',
  '--days',
  '30',
  '--start',
  '2026-01-01',
];

interface Look {
  readonly healthz: number;
  readonly readyz: number;
  readonly metrics: number;
}

async function statusOf(url: string): Promise<number> {
  return fetch(url).then(
    ({ status }) => status,
    () => 0,
  );
}

// The population has a log and no state yet: it is made by the first start.
test('while a state is rebuilt the probes answer and say that it is not ready; then all is known', async () => {
  const folder = temporaryFolder();
  const data = join(folder, 'data');
  const made = spawnSync(
    process.execPath,
    [program.path, 'simulate-population', ...POPULATION, '--out', data],
    {
      encoding: 'utf8',
    },
  );
  expect(made.stderr + made.stdout).toContain('Synthetic population');
  const port = await freePort();
  const ops = `http://127.0.0.1:${port}`;
  const looks: Look[] = [];
  let isReady = false;
  const looking = (async () => {
    while (!isReady) {
      const [healthz, readyz, metrics] = await Promise.all([
        statusOf(`${ops}/healthz`),
        statusOf(`${ops}/readyz`),
        statusOf(`${ops}/metrics`),
      ]);
      looks.push({ healthz, readyz, metrics });
    }
  })();
  await startProcess(program, folder, { HOLDFAST_OPS_ADDRESS: `127.0.0.1:${port}` });
  isReady = true;
  await looking;
  expect(looks).toContainEqual({ healthz: 200, readyz: 503, metrics: 200 });
  expect(await statusOf(`${ops}/readyz`)).toBe(200);
});
