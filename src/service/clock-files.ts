import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { UnixMs } from '../decision/vocabulary.js';
import type { ClockDoubt } from '../journal/index.js';
import type { LogPosition } from '../store/ports.js';

/** What a service on this folder last thought of its clock. For `holdfast clock`, and for the next start. */
export type ClockStanding =
  | { readonly standing: 'unconfirmed'; readonly doubt: ClockDoubt; readonly sinceMs: UnixMs }
  /** The wall clock was right at `atMs`, when the log ended at `position`: that counts until the log has newer entries. */
  | { readonly standing: 'confirmed'; readonly atMs: UnixMs; readonly position: LogPosition };

const STANDING_FILE = 'clock.json';
/** Asks the service to believe its clock; made by `holdfast clock accept`, taken away by the service. */
const ACCEPT_FILE = 'clock.accept';

/** Readable for the service whoever made them; they tell nothing of anybody. */
const MODE = 0o644;

/** A doubt that arises anew is the one that was accepted if its difference is this near. */
const SAME_DOUBT_MS = 24 * 3_600_000;

export function readStanding(dataDir: string): ClockStanding | undefined {
  const value = readObject(join(dataDir, STANDING_FILE));
  if (value === undefined) return undefined;
  const { standing, atMs, position, sinceMs } = value;
  if (standing === 'confirmed' && isNumber(atMs) && isNumber(position)) return { standing, atMs, position };
  const doubt = readDoubt(value['doubt']);
  if (standing === 'unconfirmed' && doubt !== undefined && isNumber(sinceMs))
    return { standing, doubt, sinceMs };
  return undefined;
}

/** @throws Error if it cannot be written */
export function writeStanding(dataDir: string, standing: ClockStanding): void {
  replaceFile(join(dataDir, STANDING_FILE), JSON.stringify(standing));
}

/** @throws Error if it cannot be written */
export function askToAccept(dataDir: string, doubt: ClockDoubt): void {
  replaceFile(join(dataDir, ACCEPT_FILE), JSON.stringify(doubt));
}

/** Whether somebody accepted the clock in this doubt. What was asked is taken away, whatever it was. */
export function takeAcceptance(dataDir: string, doubt: ClockDoubt | undefined): boolean {
  const path = join(dataDir, ACCEPT_FILE);
  const accepted = readDoubt(readObject(path));
  try {
    rmSync(path, { force: true });
  } catch {
    // It is asked for again at the next look, and has then no more effect than now.
  }
  if (accepted === undefined || doubt === undefined || accepted.direction !== doubt.direction) return false;
  return Math.abs(accepted.differenceMs - doubt.differenceMs) <= SAME_DOUBT_MS;
}

function replaceFile(path: string, text: string): void {
  const draft = `${path}.tmp`;
  writeFileSync(draft, `${text}\n`, { mode: MODE });
  renameSync(draft, path);
}

function readObject(path: string): Record<string, unknown> | undefined {
  try {
    return objectOf(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    // Absent, or damaged: then nothing is known.
    return undefined;
  }
}

function readDoubt(value: unknown): ClockDoubt | undefined {
  const { direction, cause, differenceMs } = objectOf(value) ?? {};
  if (direction !== 'AHEAD' && direction !== 'BEHIND') return undefined;
  if (cause !== 'LOG' && cause !== 'STEP' && cause !== 'PROVIDERS') return undefined;
  return isNumber(differenceMs) ? { direction, cause, differenceMs } : undefined;
}

function objectOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? { ...value } : undefined;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
