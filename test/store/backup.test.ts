import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { readBackup } from '../../src/store/backup/archive-reader.js';
import { isRestoreCutOff } from '../../src/store/backup/cut-off.js';
import { makeBackup } from '../../src/store/backup/make-backup.js';
import { restoreBackup } from '../../src/store/backup/restore-backup.js';
import { openLogStore } from '../../src/store/lmdb-log-store.js';
import { openLogReader } from '../../src/store/log-reader.js';
import { openStateStore } from '../../src/store/open-state-store.js';
import { openCheckpointReader } from '../../src/store/state-reader.js';
import { entries } from '../contract/log-store-contract.js';
import { tempFolder } from './temp-folder.js';

const SCHEMA_VERSION = 7;
const nowMs = (): number => 1_000;

let folder = '';
let data = '';
let archive = '';

beforeEach(() => {
  folder = tempFolder();
  data = join(folder, 'data');
  archive = join(folder, 'backup.holdfast');
});

function stateOptions(logHead: number, logFirst: number) {
  return { schemaVersion: SCHEMA_VERSION, logHead, logFirst, nowMs };
}

/** A data folder with so many entries, of which the first ones may have been trimmed. */
async function fill(count: number, trimmed = 0): Promise<void> {
  const log = await openLogStore(join(data, 'log'));
  await log.append(entries(1, count));
  await log.keepKeyCheck(Buffer.from('check'));
  await log.mirror([{ key: 'feeds att', value: Buffer.from('at 7') }]);
  const state = await openStateStore(join(data, 'state'), stateOptions(count, 1));
  await state.commit(
    [
      { table: 'accounts', key: 'a', value: Buffer.from('known of a') },
      { table: 'meta', key: 'm', value: Buffer.from('known of m') },
    ],
    trimmed + 1,
  );
  if (trimmed > 0) {
    await state.checkpoint();
    await log.trim(trimmed);
  }
  await state.close();
  await log.close();
}

async function make(onProgress?: (done: number, total: number) => void, schemaVersion = SCHEMA_VERSION) {
  const reader = openLogReader(join(data, 'log'));
  try {
    return await makeBackup(reader, archive, {
      version: '1.2.3',
      nowMs: nowMs(),
      keysFile: '/keys/keys.json',
      schemaVersion,
      sealedKeys: undefined,
      openCheckpoint: () => openCheckpointReader(join(data, 'state')),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
  } finally {
    await reader.close();
  }
}

const restore = (target: string, schemaVersion = SCHEMA_VERSION) =>
  restoreBackup(target, archive, { schemaVersion, nowMs });

test('a backup restores every entry, the rows beside them and the check of the keys', async () => {
  await fill(700);
  const shown: number[] = [];
  const { manifest, bytes } = await make((done) => shown.push(done));
  expect(manifest).toMatchObject({ firstPosition: 1, lastPosition: 700, keys: 'apart', state: undefined });
  expect(bytes).toBe(readFileSync(archive).length);
  expect(shown).toEqual([256, 512, 700]);
  const target = join(folder, 'target');
  await restore(target);
  const log = await openLogStore(join(target, 'log'));
  expect([...log.read(1)].map(({ bytes: found }) => Buffer.from(found).toString('hex'))).toEqual(
    entries(1, 700).map(({ bytes: sent }) => Buffer.from(sent).toString('hex')),
  );
  expect(Buffer.from(log.keyCheck ?? []).toString()).toBe('check');
  expect([...log.mirrored()]).toEqual([{ key: 'feeds att', value: Buffer.from('at 7') }]);
  await log.append(entries(701, 702));
  await log.close();
  expect(existsSync(join(target, 'restoring'))).toBe(false);
});

test('of a trimmed log the backup has the state as well, without which what was trimmed would be forgotten', async () => {
  await fill(600, 400);
  const { manifest } = await make();
  expect(manifest).toMatchObject({
    firstPosition: 401,
    lastPosition: 600,
    state: { cursor: 401, schemaVersion: SCHEMA_VERSION },
  });
  const target = join(folder, 'target');
  await restore(target);
  const log = await openLogStore(join(target, 'log'));
  expect([log.firstPosition, log.lastPosition]).toEqual([401, 600]);
  const state = await openStateStore(join(target, 'state'), stateOptions(600, 401));
  expect(state.cursor).toBe(401);
  expect(Buffer.from(state.get('accounts', 'a') ?? []).toString()).toBe('known of a');
  expect(Buffer.from(state.get('meta', 'm') ?? []).toString()).toBe('known of m');
  await state.close();
  await log.close();
  // A state that is set aside later starts from the same copy.
  expect(openCheckpointReader(join(target, 'state'))?.cursor).toBe(401);
});

test('a state of another version is refused by name, with the version that can restore it', async () => {
  await fill(600, 400);
  await make();
  const target = join(folder, 'target');
  await expect(restore(target, 8)).rejects.toMatchObject({
    code: 'BACKUP_OTHER_VERSION',
    message: expect.stringContaining('Holdfast 1.2.3'),
  });
  expect(existsSync(target)).toBe(false);
});

test('a trimmed log without a state that could take the place of its entries makes no backup', async () => {
  await fill(600, 400);
  await expect(make(undefined, 8)).rejects.toMatchObject({ code: 'BACKUP_INCOMPLETE' });
  rmSync(join(data, 'state.checkpoint'), { recursive: true });
  await expect(make()).rejects.toMatchObject({ code: 'BACKUP_INCOMPLETE' });
  expect(readdirSync(folder)).toEqual(['data']);
});

test('a log that is trimmed while it is read is read anew, from where it begins now', async () => {
  await fill(2_000);
  const log = await openLogStore(join(data, 'log'));
  const state = await openStateStore(join(data, 'state'), stateOptions(2_000, 1));
  let isTrimmed = false;
  // The port of the store that writes, as a reader sees it: a second environment in one process is not possible.
  const source = {
    page: (from: number, limit: number) => [...log.read(from, limit)],
    firstPosition: () => log.firstPosition,
    lastPosition: () => log.lastPosition,
    mirrored: () => [...log.mirrored()],
    keyCheck: () => log.keyCheck,
  };
  let trimming: Promise<void> | undefined;
  const made = await makeBackup(source, archive, {
    version: '1',
    nowMs: 1,
    keysFile: 'k',
    schemaVersion: SCHEMA_VERSION,
    sealedKeys: undefined,
    openCheckpoint: () => openCheckpointReader(join(data, 'state')),
    onProgress: (done) => {
      if (done !== 512 || isTrimmed) return;
      isTrimmed = true;
      trimming = state
        .commit([], 1_500)
        .then(() => state.checkpoint())
        .then(() => log.trim(1_500));
    },
  }).catch((error: unknown) => error);
  await trimming;
  // Whether the reader or the trimming was faster: a whole backup, from the one or the other first entry.
  expect(made).toMatchObject({ manifest: { lastPosition: 2_000 } });
  await readBackup(archive);
  await state.close();
  await log.close();
});

test('a backup that is cut off anywhere, or has any byte changed, is refused by name and restores nothing', async () => {
  await fill(40, 10);
  await make();
  const whole = readFileSync(archive);
  const target = join(folder, 'target');
  const codes = new Set<unknown>();
  for (let at = 0; at < whole.length; at += 3) {
    writeFileSync(archive, whole.subarray(0, at));
    const cut: unknown = await restore(target).catch((error: { code?: unknown }) => error.code);
    expect(['BACKUP_TRUNCATED', 'BACKUP_UNKNOWN'], `cut at ${at}`).toContain(cut);
    const changed = Buffer.from(whole);
    changed[at] = (changed[at] ?? 0) ^ 0x10;
    writeFileSync(archive, changed);
    const code: unknown = await restore(target).catch((error: { code?: unknown }) => error.code);
    expect(['BACKUP_DAMAGED', 'BACKUP_UNKNOWN', 'BACKUP_OTHER_VERSION'], `byte ${at}`).toContain(code);
    codes.add(code);
  }
  expect(codes.has('BACKUP_DAMAGED')).toBe(true);
  writeFileSync(archive, whole);
  appendFileSync(archive, 'more');
  await expect(restore(target)).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
  writeFileSync(archive, whole.toString('latin1').replace('BACKUP-1', 'BACKUP-2'), 'latin1');
  await expect(restore(target)).rejects.toMatchObject({ code: 'BACKUP_OTHER_VERSION' });
  expect(existsSync(target)).toBe(false);
});

test('nothing is restored over what is there', async () => {
  await fill(5);
  await make();
  const before = readFileSync(join(data, 'log', 'data.mdb'));
  await expect(restore(data)).rejects.toMatchObject({ code: 'TARGET_NOT_EMPTY' });
  expect(readFileSync(join(data, 'log', 'data.mdb')).equals(before)).toBe(true);
  const stateOnly = join(folder, 'state-only');
  mkdirSync(join(stateOnly, 'state'), { recursive: true });
  await expect(restore(stateOnly)).rejects.toMatchObject({ code: 'TARGET_NOT_EMPTY' });
});

test('a restore that fails at the last moment leaves nothing, one that was killed is known and done again', async () => {
  await fill(50, 20);
  await make();
  const target = join(folder, 'target');
  const failing = restoreBackup(target, archive, {
    schemaVersion: SCHEMA_VERSION,
    nowMs,
    onStaged: () => {
      throw new Error('no keys');
    },
  });
  await expect(failing).rejects.toThrow('no keys');
  expect(readdirSync(target)).toEqual([]);
  // As one that was killed between its last two steps leaves it.
  mkdirSync(join(target, 'restoring', 'log'), { recursive: true });
  mkdirSync(join(target, 'state'));
  expect(isRestoreCutOff(target)).toBe(true);
  await restore(target);
  expect(isRestoreCutOff(target)).toBe(false);
  const log = await openLogStore(join(target, 'log'));
  expect(log.lastPosition).toBe(50);
  await log.close();
});

test('a backup never replaces one, and what a killed one left is named', async () => {
  await fill(5);
  await make();
  await expect(make()).rejects.toMatchObject({ code: 'BACKUP_EXISTS' });
  archive = join(folder, 'other');
  writeFileSync(`${archive}.unfinished`, '');
  await expect(make()).rejects.toMatchObject({ code: 'BACKUP_UNFINISHED' });
  archive = join(folder, 'nowhere', 'at', 'all');
  await expect(make()).rejects.toMatchObject({ code: 'BACKUP_UNUSABLE' });
});

test('an empty log, and a file that is no backup, are told by name', async () => {
  const log = await openLogStore(join(data, 'log'));
  await log.close();
  await expect(make()).rejects.toMatchObject({ code: 'BACKUP_EMPTY' });
  expect(readdirSync(folder)).toEqual(['data']);
  await expect(readBackup(folder)).rejects.toMatchObject({ code: 'BACKUP_UNUSABLE' });
  await expect(readBackup(join(folder, 'none'))).rejects.toMatchObject({ code: 'BACKUP_UNUSABLE' });
});
