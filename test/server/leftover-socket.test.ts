import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removeLeftoverSocket } from '../../src/server/leftover-socket.js';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-socket-'));
  path = join(folder, 'grpc.sock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('one on which somebody answers is left alone', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  await removeLeftoverSocket(`unix:${path}`);
  expect(existsSync(path)).toBe(true);
  await new Promise((resolve) => server.close(resolve));
});

test('what is no socket is left alone, and what is not there is no error', async () => {
  await removeLeftoverSocket(`unix:${path}`);
  writeFileSync(path, 'mine');
  await removeLeftoverSocket(`unix:${path}`);
  expect(existsSync(path)).toBe(true);
  await removeLeftoverSocket('127.0.0.1:0');
});
