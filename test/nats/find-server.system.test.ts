import { execFile } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../store/temp-folder.js';

const run = promisify(execFile);

/** Runs the script as a person does. */
async function find(
  env: NodeJS.ProcessEnv,
  ...args: string[]
): Promise<{ code: number; out: string; err: string }> {
  return run(process.execPath, ['scripts/nats-server.mjs', ...args], {
    env: { ...process.env, ...env },
  }).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout.trim(), err: stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      out: error.stdout,
      err: error.stderr,
    }),
  );
}

/** Something that says it is a nats-server. */
function fakeServer(version: string): string {
  const path = join(tempFolder(), 'nats-server');
  writeFileSync(path, `#!/bin/sh\necho "nats-server: v${version}"\n`);
  chmodSync(path, 0o755);
  return path;
}

describe('the script that finds a broker', () => {
  test('takes the one that NATS_SERVER names, and says what it is', async () => {
    const modern = fakeServer('2.99.1');
    expect(await find({ NATS_SERVER: modern })).toMatchObject({
      code: 0,
      out: modern,
      err: expect.stringContaining('2.99.1'),
    });
    const old = fakeServer('2.9.99');
    expect((await find({ NATS_SERVER: old })).err).toContain('not for production');
    expect((await find({ NATS_SERVER: old }, '--old')).out).toBe(old);
  });

  test('names the variable when it is wrong', async () => {
    const { code, err } = await find({ NATS_SERVER: '/nowhere/nats-server' });
    expect(code).toBe(1);
    expect(err).toContain('NATS_SERVER names `/nowhere/nats-server`, which cannot be run');
  });
});
