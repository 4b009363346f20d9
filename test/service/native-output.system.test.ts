import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { stopServices, temporaryFolder } from '../integration/harness.js';
import { compileChild } from '../store/child-program.js';
import { startProcess } from './service-process.js';

const PRELOAD = pathToFileURL(join(import.meta.dirname, 'preload', 'native-words.mjs')).href;

const program = compileChild('src/main.ts', ['src']);

afterEach(stopServices);

test('what native code prints is a line of the log like any other, where both outputs go to one place', async () => {
  const folder = temporaryFolder();
  const output = join(folder, 'output.log');
  // A file, as a shell's redirection makes it: what cannot be opened anew, a socket, stays as it is.
  const descriptor = openSync(output, 'a');
  const child = spawn(process.execPath, [program.path, 'serve'], {
    stdio: ['ignore', descriptor, descriptor],
    env: {
      PATH: process.env['PATH'],
      NODE_OPTIONS: `--import=${PRELOAD}`,
      NATIVE_WORDS_FROM: join(folder, 'data', 'state', 'data.mdb'),
      HOLDFAST_GRPC_ADDRESS: '127.0.0.1:0',
      HOLDFAST_OPS_ADDRESS: '127.0.0.1:0',
      HOLDFAST_DATA_DIR: join(folder, 'data'),
      HOLDFAST_POLICY_FILE: join(folder, 'policy.yaml'),
    },
  });
  closeSync(descriptor);
  const closed = once(child, 'close');
  const text = () => readFileSync(output, 'utf8');
  await expect.poll(() => text().includes('native_output') && text().includes('service_started')).toBe(true);
  child.kill('SIGTERM');
  await closed;
  const lines = text().trimEnd().split('\n');
  const events = lines.map((line): Record<string, unknown> => JSON.parse(line));
  expect(events).toContainEqual(
    expect.objectContaining({
      event: 'native_output',
      text: expect.stringContaining('Write error: position 7'),
    }),
  );
});

test('what an aborted process left is told by the next one, and people still read why a start is refused', async () => {
  const folder = temporaryFolder();
  const first = await startProcess(program, folder);
  first.kill('SIGKILL');
  await first.ended;
  const left = join(folder, 'data', 'native-output.log');
  writeFileSync(left, 'FATAL ERROR: out of memory\n');
  const next = await startProcess(program, folder);
  expect(next.events.get('native_output')).toMatchObject({
    text: 'FATAL ERROR: out of memory',
    previous: true,
  });
  next.kill('SIGTERM');
  expect(await next.ended).toEqual({ code: 0, signal: null });
  expect(existsSync(left)).toBe(false);
  await expect(startProcess(program, folder, { HOLDFAST_POLICY_FILE: '/nowhere' })).rejects.toThrow(
    '(POLICY_UNREADABLE)',
  );
});
