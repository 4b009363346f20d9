import { decodeLogEntry } from '../log-entry.js';
import type { LogReader } from '../log-reader.js';
import { type LogPosition, StoreError } from '../ports.js';
import type { StateReader } from '../state-reader.js';
import { readBackup } from './archive-reader.js';
import { ArchiveWriter } from './archive-writer.js';
import { BackupError } from './backup-error.js';
import { FRAME, POSITION_BYTES, packed } from './frames.js';
import { type BackupManifest, encodeJson } from './manifest.js';

/** Entries read before other work is let in; no read transaction stays open longer, or the log's file would grow. */
const PAGE = 256;

/** The log is trimmed once an hour, so a second try is the last one that is needed. */
const MAX_TRIES = 3;

/** Where what is backed up comes from: the store's port, as far as a backup needs it. */
export type BackupSource = Pick<
  LogReader,
  'page' | 'firstPosition' | 'lastPosition' | 'mirrored' | 'keyCheck'
>;

export interface BackupOptions {
  readonly version: string;
  readonly nowMs: number;
  readonly keysFile: string;
  /** Version of the records in the state that this Holdfast reads. */
  readonly schemaVersion: number;
  /** The keys, encrypted; undefined: they are kept elsewhere. */
  readonly sealedKeys: Buffer | undefined;
  /** The state as it was when the log was last trimmed; the caller closes nothing. */
  readonly openCheckpoint: () => StateReader | undefined;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface MadeBackup {
  readonly manifest: BackupManifest;
  readonly bytes: number;
}

/**
 * Writes a backup of a log, also while a service writes to it: all entries that were on disk when it began, so everything that
 * was acknowledged before. Each is checked as it is read, and the archive is read again as a whole before it gets its name.
 *
 * @throws BackupError; nothing is left behind then
 * @throws StoreError code `LOG_CORRUPT`, `STATE_CORRUPT`: the source is damaged
 */
export async function makeBackup(
  source: BackupSource,
  path: string,
  options: BackupOptions,
): Promise<MadeBackup> {
  const writer = new ArchiveWriter(path);
  try {
    for (let attempt = 1; !(await writeAll(source, writer, options)); attempt++) {
      if (attempt === MAX_TRIES) {
        throw new BackupError(
          'BACKUP_OVERTAKEN',
          'entries were trimmed from the log while it was read; try again',
        );
      }
      writer.restart();
    }
    const manifest = await readBackup(writer.draft);
    return { manifest, bytes: writer.publish() };
  } catch (error) {
    writer.discard();
    throw error;
  }
}

/** @returns false if the log was trimmed meanwhile, so that something is missing */
async function writeAll(
  source: BackupSource,
  writer: ArchiveWriter,
  options: BackupOptions,
): Promise<boolean> {
  // In this order: rows of the mirror never know of more than the log had when they were written.
  const mirror = source.mirrored();
  const lastPosition = source.lastPosition();
  const firstPosition = source.firstPosition();
  if (lastPosition === 0)
    throw new BackupError('BACKUP_EMPTY', 'there is nothing to back up: the log is empty');
  const checkpoint = firstPosition > 1 ? options.openCheckpoint() : undefined;
  try {
    if (firstPosition > 1) requireUsable(checkpoint, options.schemaVersion);
    const state = stateOf(checkpoint, firstPosition);
    if (firstPosition > 1 && state === undefined) return false;
    const manifest = manifestOf(source, options, { firstPosition, lastPosition, state });
    writer.add(FRAME.manifest, encodeJson(manifest));
    if (options.sealedKeys !== undefined) writer.add(FRAME.keys, options.sealedKeys);
    let mirrorRows = 0;
    for (const { key, value } of mirror) {
      if (value === undefined) continue;
      writer.add(FRAME.mirror, packed(key, value));
      mirrorRows += 1;
    }
    const stateRows = checkpoint === undefined ? 0 : await writeState(checkpoint, writer);
    if (!(await writeEntries(source, writer, manifest, options))) return false;
    writer.finish({
      entries: lastPosition - firstPosition + 1,
      mirrorRows,
      stateRows,
    });
    return true;
  } finally {
    await checkpoint?.close();
  }
}

/** @throws BackupError code `BACKUP_INCOMPLETE` */
function requireUsable(checkpoint: StateReader | undefined, schemaVersion: number): void {
  if (checkpoint?.schemaVersion === schemaVersion) return;
  const why = checkpoint === undefined ? 'is not there' : 'is of another version';
  throw new BackupError(
    'BACKUP_INCOMPLETE',
    `the log was trimmed, and the copy of the state from then (state.checkpoint) ${why}: nothing could be restored from this ` +
      'backup. A running service makes that copy anew when it trims the log again',
  );
}

/** @returns undefined if the log has been trimmed beyond it: a newer one is there by now, or soon */
function stateOf(checkpoint: StateReader | undefined, firstPosition: LogPosition): BackupManifest['state'] {
  if (checkpoint?.schemaVersion === undefined || checkpoint.cursor + 1 < firstPosition) return undefined;
  return { schemaVersion: checkpoint.schemaVersion, cursor: checkpoint.cursor };
}

function manifestOf(
  source: BackupSource,
  { version, nowMs, keysFile, sealedKeys }: BackupOptions,
  found: Pick<BackupManifest, 'firstPosition' | 'lastPosition' | 'state'>,
): BackupManifest {
  const keyCheck = source.keyCheck();
  return {
    madeBy: version,
    madeAt: nowMs,
    ...found,
    keysFile,
    keys: sealedKeys === undefined ? 'apart' : 'sealed',
    keyCheck: keyCheck === undefined ? undefined : Buffer.from(keyCheck).toString('base64'),
  };
}

async function writeState(checkpoint: StateReader, writer: ArchiveWriter): Promise<number> {
  let rows = 0;
  for (const page of checkpoint.pages()) {
    for (const { table, key, value } of page) {
      if (value === undefined) continue;
      writer.add(FRAME.state, packed(table, key, value));
      rows += 1;
    }
    await nextTurn();
  }
  return rows;
}

async function writeEntries(
  source: BackupSource,
  writer: ArchiveWriter,
  { firstPosition, lastPosition }: BackupManifest,
  { onProgress }: BackupOptions,
): Promise<boolean> {
  const place = Buffer.alloc(POSITION_BYTES);
  for (let next = firstPosition; next <= lastPosition; ) {
    const page = source.page(next, Math.min(PAGE, lastPosition - next + 1));
    for (const { position, bytes } of page) {
      if (position !== next) break;
      // Throws when it is not what was written: better to hear of it now than from a restore.
      decodeLogEntry(position, bytes);
      place.writeUIntLE(position, 0, POSITION_BYTES);
      writer.add(FRAME.entry, place, bytes);
      next += 1;
    }
    if (page.at(-1)?.position !== next - 1) {
      if (source.firstPosition() > next) return false;
      throw new StoreError('LOG_CORRUPT', `entry ${next} is missing in the log`);
    }
    onProgress?.(next - firstPosition, lastPosition - firstPosition + 1);
    await nextTurn();
  }
  return true;
}

/** The binding takes a new view of the file in the next turn of the event loop. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
