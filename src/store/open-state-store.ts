import { copyFileSync, existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { QuarantineReason, StoreEventSink } from './events.js';
import { flushFolder } from './file-system.js';
import { FolderLock } from './folder-lock.js';
import { DATA_FILE, LmdbEnvironment, type LmdbOptions } from './lmdb-environment.js';
import { checkDataFile } from './lmdb-header.js';
import { LmdbStateStore, STATE_LAYOUT } from './lmdb-state-store.js';
import { RESTORE_ADVICE } from './log-entry.js';
import { makeFolder } from './make-folder.js';
import { OpeningMarker } from './opening-marker.js';
import { type LogPosition, type StateStore, StoreError } from './ports.js';

/** Limit of the state's file unless told otherwise: 20 million accounts of 3 KB. */
export const MAX_STATE_BYTES = 64 * 1024 ** 3;

/** Quarantined states that are kept; older ones are removed, or a crash loop would fill the disk. */
const KEEP_QUARANTINED = 2;

/**
 * Openings that may die before the state is set aside: a second one would be the same failing start again, and all that a kill at the wrong moment
 * costs is a rebuild.
 */
const MAX_DEAD_OPENINGS = 1;

const DAMAGE_MARKER = 'damaged.marker';

export interface StateStoreOptions extends Partial<LmdbOptions> {
  /** Version of the records in it; a state of another version is rebuilt. */
  readonly schemaVersion: number;
  /** Position of the last entry of the log. */
  readonly logHead: LogPosition;
  /** Position of the oldest entry of the log; 0 when it is empty. */
  readonly logFirst: LogPosition;
  /** Unix milliseconds, for the names of quarantined states. */
  readonly nowMs: () => number;
  /** A process that dies this soon after the opening counts as one that died of it. Default 0. */
  readonly probationMs?: number;
  readonly onEvent?: StoreEventSink;
}

type Attempt =
  | { readonly kind: 'opened'; readonly store: LmdbStateStore }
  | { readonly kind: 'unusable'; readonly reason: QuarantineReason; readonly detail: string };

/**
 * Opens the state in `folder`. A state that cannot be used is moved aside and an empty one (or, when the log has been
 * trimmed, the last checkpoint) takes its place: the log brings it up to date. Never loops: a file that kills the
 * process is not opened again.
 *
 * @throws StoreError codes `STORE_IN_USE`, `STORE_WRITE_FAILED` when not even an empty state can be made
 */
export async function openStateStore(folder: string, options: StateStoreOptions): Promise<StateStore> {
  makeFolder(dirname(folder));
  const lock = FolderLock.acquire(folder, () => options.onEvent?.({ event: 'lock-taken-over' }));
  try {
    return await openLocked(folder, lock, options);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function openLocked(folder: string, lock: FolderLock, options: StateStoreOptions): Promise<StateStore> {
  const isTrimmed = options.logFirst > 1;
  if (existsSync(join(folder, DATA_FILE))) {
    const attempt = await tryOpen(folder, lock, options);
    if (attempt.kind === 'opened') return attempt.store;
    quarantine(folder, attempt.reason, attempt.detail, options);
  }
  if (isTrimmed && copyCheckpoint(folder)) {
    const attempt = await tryOpen(folder, lock, options);
    if (attempt.kind === 'opened') {
      options.onEvent?.({ event: 'state-from-checkpoint', cursor: attempt.store.cursor });
      return attempt.store;
    }
    quarantine(folder, attempt.reason, attempt.detail, options);
  }
  if (isTrimmed) options.onEvent?.({ event: 'state-incomplete', from: options.logFirst });
  // An empty state in front of a trimmed log is not behind it: there is nothing better.
  const attempt = await tryOpen(folder, lock, { ...options, logFirst: 0 });
  if (attempt.kind === 'opened') return attempt.store;
  throw new StoreError('STORE_WRITE_FAILED', `no empty state can be made: ${attempt.detail}`);
}

async function tryOpen(folder: string, lock: FolderLock, options: StateStoreOptions): Promise<Attempt> {
  makeFolder(folder);
  const marker = new OpeningMarker(folder);
  const unusable = inspect(folder, marker);
  if (unusable !== undefined) return unusable;
  marker.begin();
  let attempt: Attempt | undefined;
  // A page that is read only while serving can kill the process in native code as well.
  let probation: Probation | undefined;
  try {
    const onClosed = (): void => {
      probation?.end();
      lock.release();
    };
    attempt = await openAndVerify(folder, onClosed, options);
    return attempt;
  } finally {
    // Whatever came of it, this process has survived the opening.
    const probationMs = attempt?.kind === 'opened' ? (options.probationMs ?? 0) : 0;
    probation = new Probation(probationMs, () => marker.succeeded());
  }
}

/** An opened state has proved sound after a while of serving, or when it is closed in order. */
class Probation {
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(
    forMs: number,
    private readonly passed: () => void,
  ) {
    if (forMs === 0) {
      passed();
      return;
    }
    this.#timer = setTimeout(() => this.#pass(), forMs);
    this.#timer.unref();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#pass();
  }

  #pass(): void {
    try {
      this.passed();
    } catch {
      // Not written: the next start makes a state anew, which is only slower.
    }
  }
}

/** What can be said without opening the file. */
function inspect(folder: string, marker: OpeningMarker): Attempt | undefined {
  const died = marker.deadOpenings();
  if (died >= MAX_DEAD_OPENINGS) return unusableBy('OPENING_DIED', `${died} processes died while opening it`);
  if (existsSync(join(folder, DAMAGE_MARKER)))
    return unusableBy('DAMAGED', 'a record did not match its checksum');
  const check = checkDataFile(join(folder, DATA_FILE));
  return check.kind === 'damaged' ? unusableBy('DAMAGED', check.why) : undefined;
}

async function openAndVerify(
  folder: string,
  onClosed: () => void,
  options: StateStoreOptions,
): Promise<Attempt> {
  let environment: LmdbEnvironment;
  try {
    environment = new LmdbEnvironment(folder, STATE_LAYOUT, {
      ...options,
      maxBytes: options.maxBytes ?? MAX_STATE_BYTES,
    });
  } catch (error) {
    return unusableBy('DAMAGED', error instanceof Error ? error.message : 'it cannot be opened');
  }
  flushFolder(folder);
  const attempt = await verify(folder, environment, onClosed, options);
  if (attempt.kind === 'unusable') await environment.close();
  return attempt;
}

async function verify(
  folder: string,
  environment: LmdbEnvironment,
  onClosed: () => void,
  options: StateStoreOptions,
): Promise<Attempt> {
  try {
    const store = new LmdbStateStore(environment, {
      checkpointFolder: checkpointFolder(folder),
      onCorrupt: () => markDamaged(folder),
      onClosed,
    });
    if (store.schemaVersion === undefined && store.cursor === 0)
      await store.initialise(options.schemaVersion);
    const unusable = compare(store, options);
    if (unusable !== undefined) return unusable;
    store.verifyEdges();
    return { kind: 'opened', store };
  } catch (error) {
    if (error instanceof StoreError && error.code === 'STATE_CORRUPT')
      return unusableBy('DAMAGED', error.message);
    await environment.close();
    throw error;
  }
}

function compare(store: LmdbStateStore, options: StateStoreOptions): Attempt | undefined {
  const { cursor, schemaVersion } = store;
  if (schemaVersion !== options.schemaVersion) {
    return unusableBy(
      'OTHER_VERSION',
      `it has version ${schemaVersion ?? 'none'}, not ${options.schemaVersion}`,
    );
  }
  if (cursor > options.logHead) {
    // Never made anew from less: what is missing would be missed by nobody.
    throw new StoreError(
      'LOG_MISSING',
      `the log ends at entry ${options.logHead} and the state knows entry ${cursor}: it is another log, or an older copy; ${RESTORE_ADVICE}, which also takes an older copy that is all there is`,
    );
  }
  if (options.logFirst > 1 && cursor + 1 < options.logFirst) {
    return unusableBy('BEHIND_LOG', `it ends at entry ${cursor}, the log begins at ${options.logFirst}`);
  }
  return undefined;
}

function unusableBy(reason: QuarantineReason, detail: string): Attempt {
  return { kind: 'unusable', reason, detail };
}

function quarantine(
  folder: string,
  reason: QuarantineReason,
  detail: string,
  options: StateStoreOptions,
): void {
  const prefix = `${basename(folder)}.quarantine-`;
  const parent = dirname(folder);
  const movedTo = freeName(
    parent,
    `${prefix}${new Date(options.nowMs()).toISOString().replaceAll(':', '-')}`,
  );
  renameSync(folder, join(parent, movedTo));
  const all = readdirSync(parent).filter((name) => name.startsWith(prefix));
  const outdated = all.sort().slice(0, Math.max(0, all.length - KEEP_QUARANTINED));
  for (const name of outdated) rmSync(join(parent, name), { recursive: true, force: true });
  options.onEvent?.({ event: 'state-quarantined', reason, movedTo, detail });
}

/** Two can be set aside within a millisecond. */
function freeName(parent: string, name: string): string {
  let candidate = name;
  for (let n = 2; existsSync(join(parent, candidate)); n++) candidate = `${name}-${n}`;
  return candidate;
}

function checkpointFolder(folder: string): string {
  return `${folder}.checkpoint`;
}

function copyCheckpoint(folder: string): boolean {
  const copy = join(checkpointFolder(folder), DATA_FILE);
  if (!existsSync(copy)) return false;
  makeFolder(folder);
  copyFileSync(copy, join(folder, DATA_FILE));
  return true;
}

function markDamaged(folder: string): void {
  try {
    writeFileSync(join(folder, DAMAGE_MARKER), '', { mode: 0o600 });
  } catch {
    // The caller gets STATE_CORRUPT either way; without the marker the next opening finds the damage by itself, later.
  }
}
