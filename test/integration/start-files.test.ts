import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { run } from '../../src/cli/program.js';
import { serve } from '../../src/cli/serve.js';
import { EXIT, type Terminal } from '../../src/cli/terminal.js';
import { startService } from '../../src/service.js';
import { configFor, startTestService, stopServices, temporaryFolder } from './harness.js';

afterEach(stopServices);

/** Runs a command as a person does, and keeps what it says. */
async function spoken(
  run: (terminal: Terminal) => Promise<number>,
): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const code = await run({
    out: (text) => {
      said.out += `${text}\n`;
    },
    err: (text) => {
      said.err += `${text}\n`;
    },
    colour: false,
    interactive: false,
  });
  return { code, ...said };
}

function environment(folder: string, more: Readonly<Record<string, string>>) {
  return {
    HOLDFAST_GRPC_ADDRESS: '127.0.0.1:0',
    HOLDFAST_OPS_ADDRESS: '127.0.0.1:0',
    HOLDFAST_DATA_DIR: join(folder, 'data'),
    ...more,
  };
}

test('all files that are missing or wrong are told at once, each with its setting; nothing is made', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'policy.yaml'), 'name: [');
  writeFileSync(join(folder, 'keys.json'), '{}', { mode: 0o600 });
  const env = environment(folder, {
    HOLDFAST_POLICY_FILE: join(folder, 'policy.yaml'),
    HOLDFAST_KEYS_FILE: join(folder, 'keys.json'),
    HOLDFAST_PROVIDERS_FILE: join(folder, 'nobody.yaml'),
  });
  const { code, err } = await spoken((terminal) => serve(env, terminal));
  expect(code).toBe(EXIT.failed);
  for (const setting of ['HOLDFAST_POLICY_FILE', 'HOLDFAST_KEYS_FILE', 'HOLDFAST_PROVIDERS_FILE']) {
    expect(err).toContain(setting);
  }
  expect(err).toMatch(/^cannot start: 3 files/);
  expect(existsSync(join(folder, 'data'))).toBe(false);
});

test('a policy that is not there leaves no keys behind', async () => {
  const folder = temporaryFolder();
  rmSync(join(folder, 'policy.yaml'));
  await expect(startService(configFor(folder))).rejects.toThrow('HOLDFAST_POLICY_FILE');
  expect(readdirSync(folder)).toEqual([]);
});

test('a data folder that is in use needs its keys, and that is told beside the rest', async () => {
  const service = await startTestService();
  await service.stop();
  const { folder } = service;
  rmSync(join(folder, 'data', 'keys.json'));
  rmSync(join(folder, 'policy.yaml'));
  await expect(startService(configFor(folder))).rejects.toMatchObject({
    code: 'FILES_INVALID',
    causes: [{ message: expect.stringContaining('policy file') }, { code: 'KEY_FILE_MISSING' }],
  });
  expect(existsSync(join(folder, 'data', 'keys.json'))).toBe(false);
});

test('in api mode the policy is in the log: its file may be gone', async () => {
  const env = { HOLDFAST_POLICY_MODE: 'api' };
  const service = await startTestService({ env });
  await service.stop();
  rmSync(join(service.folder, 'policy.yaml'));
  const again = await startTestService({ folder: service.folder, env });
  expect(again.service.grpcAddress).not.toBe('');
});

test('--version is that of the package', async () => {
  const manifest: { version: string } = JSON.parse(readFileSync('package.json', 'utf8'));
  const { code, out } = await spoken((terminal) => run(['--version'], terminal));
  expect({ code, out }).toEqual({ code: EXIT.ok, out: `${manifest.version}\n` });
});
