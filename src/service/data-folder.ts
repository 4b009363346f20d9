import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRestoreCutOff } from '../store/backup/cut-off.js';
import { DATA_FILE } from '../store/lmdb-environment.js';
import { OpeningMarker } from '../store/opening-marker.js';
import { StoreError } from '../store/ports.js';

/** Says that a folder is one of ours, and to where its log had come at the last start or stop. */
const MARK_FILE = 'holdfast.json';

/** What to do about a log that is not there. */
const LOG_MISSING_ADVICE =
  'mount the volume that holds it or restore it from a backup with `holdfast backup restore` or `holdfast restore`; to begin anew, take an empty folder';

/** A data folder before anything in it is opened. */
export interface FoundFolder {
  /** It has been in use: its keys must be there. */
  readonly hasLog: boolean;
}

/**
 * Looks whether all is there that must be, before anything is made: a log that is missing beside a state, or a volume
 * that is not mounted, must not look like a first start.
 *
 * @param isRequired a folder that was never initialised is refused (HOLDFAST_DATA_REQUIRED)
 * @throws StoreError codes `LOG_MISSING`, `RESTORE_UNFINISHED`, `DATA_NOT_INITIALISED`
 */
export function inspectDataFolder(dataDir: string, isRequired: boolean): FoundFolder {
  const hasLog = existsSync(join(dataDir, 'log', DATA_FILE));
  if (hasLog) return { hasLog };
  if (isRestoreCutOff(dataDir)) {
    throw new StoreError(
      'RESTORE_UNFINISHED',
      `a restore into ${dataDir} was cut off: run \`holdfast backup restore\` again`,
    );
  }
  const trace = tracesOfUse(dataDir)[0];
  if (trace !== undefined) {
    throw new StoreError(
      'LOG_MISSING',
      `there is no log in ${dataDir}, but ${trace} is there: ${LOG_MISSING_ADVICE}`,
    );
  }
  if (isRequired) {
    throw new StoreError(
      'DATA_NOT_INITIALISED',
      `${dataDir} was never initialised (HOLDFAST_DATA_REQUIRED): mount the volume that it should be, or make a new one with \`holdfast init\``,
    );
  }
  return { hasLog };
}

/**
 * Refuses a log that ends before where it ended once.
 *
 * @throws StoreError code `LOG_MISSING`
 */
export function requireEntries(dataDir: string, lastPosition: number): void {
  const known = readMark(dataDir)?.['lastPosition'];
  const hasCheckpoint = existsSync(join(dataDir, 'state.checkpoint', DATA_FILE));
  const least = Math.max(typeof known === 'number' ? known : 0, hasCheckpoint ? 1 : 0);
  if (lastPosition >= least) return;
  throw new StoreError(
    'LOG_MISSING',
    `the log in ${dataDir} ends at entry ${lastPosition}, and once had ${least}: ${LOG_MISSING_ADVICE}`,
  );
}

/**
 * Marks the folder as ours, with an entry that its log has. One that cannot be written is tried again at the next start.
 *
 * @param lastPosition of an entry that is on disk
 */
export function markDataFolder(dataDir: string, lastPosition: number): void {
  const path = join(dataDir, MARK_FILE);
  try {
    writeFileSync(`${path}.tmp`, `${JSON.stringify({ format: 1, lastPosition })}\n`, { mode: 0o600 });
    renameSync(`${path}.tmp`, path);
  } catch {
    // It guards against a mistake of later; to fail for it now would be one.
  }
}

/** What only a service that had a log leaves behind. */
function tracesOfUse(dataDir: string): readonly string[] {
  const traces = [MARK_FILE, 'state', 'state.checkpoint'].filter((name) =>
    existsSync(name === MARK_FILE ? join(dataDir, name) : join(dataDir, name, DATA_FILE)),
  );
  const names = existsSync(dataDir) ? readdirSync(dataDir) : [];
  traces.push(...names.filter((name) => name.startsWith('state.quarantine-')));
  // One that began and did not end may have been killed before it made anything.
  const marker = new OpeningMarker(join(dataDir, 'log'));
  if (marker.exists && marker.deadOpenings() === 0) traces.push('log/opening.marker');
  return traces;
}

function readMark(dataDir: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(join(dataDir, MARK_FILE), 'utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
