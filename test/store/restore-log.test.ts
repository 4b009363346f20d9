import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLogStore } from '../../src/store/lmdb-log-store.js';
import { encodeLogEntry } from '../../src/store/log-entry.js';
import { restoreLog } from '../../src/store/restore-log.js';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-restore-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function entry(position: number) {
  const bytes = encodeLogEntry({
    kind: 'signal',
    id: `id-${position}`,
    tenant: 'default',
    receivedAt: position,
    payload: Buffer.from(`payload ${position}`),
  });
  return { position, bytes };
}

/** A data folder with a log of so many entries. */
async function dataFolder(name: string, entries: number): Promise<string> {
  const path = join(folder, name);
  const log = await openLogStore(join(path, 'log'));
  await log.append(Array.from({ length: entries }, (_, index) => entry(index + 1)));
  await log.close();
  return path;
}

test('a damaged log is replaced by the backup and kept beside it', async () => {
  const data = await dataFolder('data', 3);
  const backup = join(folder, 'backup');
  cpSync(data, backup, { recursive: true });
  writeFileSync(join(data, 'log', 'data.mdb'), 'not a log');
  await expect(openLogStore(join(data, 'log'))).rejects.toMatchObject({ code: 'LOG_CORRUPT' });
  const restored = await restoreLog(data, backup, 'aside');
  expect(restored).toEqual({ lastPosition: 3, movedAside: ['log.aside'] });
  const log = await openLogStore(join(data, 'log'));
  expect([...log.read(1)].map(({ position }) => position)).toEqual([1, 2, 3]);
  await log.close();
});

test('what is no log changes nothing', async () => {
  const data = await dataFolder('data', 2);
  await expect(restoreLog(data, join(folder, 'nowhere'), 'aside')).rejects.toMatchObject({
    code: 'LOG_CORRUPT',
  });
  const log = await openLogStore(join(data, 'log'));
  expect(log.lastPosition).toBe(2);
  await log.close();
});

test('a copy of a log that a process had open is no backup, and neither is such a log itself', async () => {
  const source = await dataFolder('source', 2);
  const data = await dataFolder('data', 2);
  const open = await openLogStore(join(source, 'log'));
  const copy = join(folder, 'copy');
  cpSync(source, copy, { recursive: true });
  await expect(restoreLog(data, copy, 'aside')).rejects.toMatchObject({ code: 'COPIED_WHILE_OPEN' });
  await expect(restoreLog(data, source, 'aside')).rejects.toMatchObject({ code: 'STORE_IN_USE' });
  await open.close();
  expect(await restoreLog(data, source, 'aside')).toMatchObject({ lastPosition: 2 });
});

test('a log that is in use is left alone', async () => {
  const data = await dataFolder('data', 2);
  const backup = await dataFolder('backup', 1);
  const log = await openLogStore(join(data, 'log'));
  await expect(restoreLog(data, backup, 'aside')).rejects.toMatchObject({ code: 'STORE_IN_USE' });
  expect(log.lastPosition).toBe(2);
  await log.close();
});
