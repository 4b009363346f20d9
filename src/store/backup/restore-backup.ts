import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { flushFolder } from '../file-system.js';
import { FolderLock } from '../folder-lock.js';
import { DATA_FILE } from '../lmdb-environment.js';
import { openLogStore } from '../lmdb-log-store.js';
import { makeFolder } from '../make-folder.js';
import { openStateStore } from '../open-state-store.js';
import { type LogStore, type MirroredRow, type StateChange, type StoredEntry, StoreError } from '../ports.js';
import { writeFailureOf } from '../write-failure.js';
import { readBackup } from './archive-reader.js';
import { BackupError } from './backup-error.js';
import { isRestoreCutOff, RESTORING } from './cut-off.js';
import type { BackupManifest } from './manifest.js';

/** Rows gathered for one commit. */
const COMMIT_ROWS = 2_000;
const COMMIT_BYTES = 8 * 1024 * 1024;

export interface RestoreOptions {
  /** Version of the records in the state that this Holdfast reads. */
  readonly schemaVersion: number;
  readonly nowMs: () => number;
  /** The backup is whole; nothing is written yet. Whether its keys are at hand is for the caller to say: throw if not. */
  readonly onChecked?: (manifest: BackupManifest, sealedKeys: Buffer | undefined) => Promise<void>;
  /** All is there, checked and on disk, and is about to be moved into place: last chance to throw. */
  readonly onStaged?: () => void;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Puts a backup into an empty data folder. It is read and checked as a whole before anything is written; then log and state are
 * built aside and moved into place, the log last: a folder without it does not start.
 *
 * @throws BackupError; nothing is in place then
 * @throws StoreError codes `STORE_IN_USE`, `FOLDER_UNUSABLE`
 */
export async function restoreBackup(
  dataDir: string,
  path: string,
  options: RestoreOptions,
): Promise<BackupManifest> {
  let sealedKeys: Buffer | undefined;
  const manifest = await readBackup(path, {
    sealedKeys: (bytes) => {
      sealedKeys = Buffer.from(bytes);
    },
  });
  requireReadableState(manifest, options.schemaVersion);
  await options.onChecked?.(manifest, sealedKeys);
  clearCutOff(dataDir);
  requireEmpty(dataDir);
  makeFolder(dataDir);
  const lock = FolderLock.acquire(join(dataDir, 'log'), () => undefined);
  const stage = join(dataDir, RESTORING);
  try {
    mkdirSync(stage, { mode: 0o700 });
    await build(stage, path, manifest, options);
    options.onStaged?.();
    for (const name of ['state.checkpoint', 'state', 'log']) {
      if (!existsSync(join(stage, name))) continue;
      renameSync(join(stage, name), join(dataDir, name));
      flushFolder(dataDir);
    }
    return manifest;
  } catch (error) {
    if (!existsSync(join(dataDir, 'log', DATA_FILE))) removeBuilt(dataDir);
    throw roomError(error, dataDir);
  } finally {
    rmSync(stage, { recursive: true, force: true });
    lock.release();
  }
}

function clearCutOff(dataDir: string): void {
  if (!isRestoreCutOff(dataDir)) return;
  // Whoever restores there right now holds the lock.
  const lock = FolderLock.acquire(join(dataDir, 'log'), () => undefined);
  removeBuilt(dataDir);
  rmSync(join(dataDir, RESTORING), { recursive: true, force: true });
  lock.release();
}

/** Only a restore can have made these: it found none. */
function removeBuilt(dataDir: string): void {
  for (const name of ['state', 'state.checkpoint', 'log'])
    rmSync(join(dataDir, name), { recursive: true, force: true });
}

function requireEmpty(dataDir: string): void {
  const found = ['log', 'state', 'state.checkpoint', 'holdfast.json', RESTORING].find((name) =>
    existsSync(join(dataDir, name)),
  );
  if (found === undefined) return;
  throw new BackupError(
    'TARGET_NOT_EMPTY',
    `${dataDir} has been in use: it has \`${found}\`. Take an empty folder, or stop the service and move what is there aside`,
  );
}

function requireReadableState({ state, madeBy }: BackupManifest, schemaVersion: number): void {
  if (state === undefined || state.schemaVersion === schemaVersion) return;
  throw new BackupError(
    'BACKUP_OTHER_VERSION',
    `its state has version ${state.schemaVersion}, this Holdfast reads ${schemaVersion}, and its log was trimmed, so no other can be made: ` +
      `restore it with Holdfast ${madeBy}`,
  );
}

async function build(
  stage: string,
  path: string,
  manifest: BackupManifest,
  options: RestoreOptions,
): Promise<void> {
  const log = await openLogStore(join(stage, 'log'), { startAfter: manifest.firstPosition - 1 });
  try {
    if (manifest.keyCheck !== undefined) await log.keepKeyCheck(Buffer.from(manifest.keyCheck, 'base64'));
    await fill(log, stage, path, manifest, options);
    if (log.lastPosition !== manifest.lastPosition) {
      throw new BackupError('BACKUP_DAMAGED', 'the backup changed while it was read');
    }
  } finally {
    await log.close();
  }
}

async function fill(
  log: LogStore,
  stage: string,
  path: string,
  manifest: BackupManifest,
  options: RestoreOptions,
): Promise<void> {
  const state =
    manifest.state === undefined
      ? undefined
      : await openStateStore(join(stage, 'state'), {
          schemaVersion: options.schemaVersion,
          logHead: manifest.lastPosition,
          logFirst: 0,
          nowMs: options.nowMs,
        });
  let rows: MirroredRow[] = [];
  let changes: StateChange[] = [];
  let entries: StoredEntry[] = [];
  let bytes = 0;
  const write = async (): Promise<void> => {
    if (rows.length > 0) await log.mirror(rows);
    if (changes.length > 0) await state?.commit(changes, 0);
    if (entries.length > 0) await log.append(entries);
    rows = [];
    changes = [];
    entries = [];
    bytes = 0;
  };
  try {
    await readBackup(path, {
      mirrorRow: (key, value) => {
        rows.push({ key, value: Buffer.from(value) });
        bytes += value.length;
      },
      stateRow: (table, key, value) => {
        changes.push({ table, key, value: Buffer.from(value) });
        bytes += value.length;
      },
      entry: (position, entry) => {
        entries.push({ position, bytes: Buffer.from(entry) });
        bytes += entry.length;
      },
      isFull: () => bytes > COMMIT_BYTES || rows.length + changes.length + entries.length >= COMMIT_ROWS,
      pause: async (position) => {
        await write();
        options.onProgress?.(
          Math.max(0, position - manifest.firstPosition + 1),
          manifest.lastPosition - manifest.firstPosition + 1,
        );
      },
    });
    await write();
    if (state !== undefined && manifest.state !== undefined) {
      await state.commit([], manifest.state.cursor);
      await state.checkpoint();
    }
  } finally {
    await state?.close();
  }
}

function roomError(error: unknown, dataDir: string): unknown {
  if (error instanceof BackupError) return error;
  if (error instanceof StoreError && error.code !== 'STORE_WRITE_FAILED') return error;
  const failure = writeFailureOf(error);
  if (failure !== 'DISK_FULL' && failure !== 'LIMIT_REACHED') return error;
  return new BackupError('DISK_FULL', `there is no room for the backup in ${dataDir}`, { cause: error });
}
