import type { LogPosition } from '../ports.js';

/** What a backup says of itself: its first frame. */
export interface BackupManifest {
  /** Version of Holdfast that made it. */
  readonly madeBy: string;
  /** Unix milliseconds. */
  readonly madeAt: number;
  /** It has all entries from here ... */
  readonly firstPosition: LogPosition;
  /** ... to here: whatever was acknowledged before it was made is at or before this. */
  readonly lastPosition: LogPosition;
  /** Where the keys file was: without its keys nothing in the log is found again. */
  readonly keysFile: string;
  /** `sealed`: encrypted, in the backup. `apart`: kept elsewhere. */
  readonly keys: 'sealed' | 'apart';
  /** What each key makes of a known text; none in logs that no key was used with. Base64. */
  readonly keyCheck: string | undefined;
  /** The state at the last trimming of the log, if it was trimmed: the log alone no longer makes one. */
  readonly state: { readonly schemaVersion: number; readonly cursor: LogPosition } | undefined;
}

/** What its last frame says. */
export interface BackupEnd {
  readonly entries: number;
  readonly mirrorRows: number;
  readonly stateRows: number;
  /** Of all bytes before the last frame. Base64. */
  readonly sha256: string;
}

export function encodeJson(value: BackupManifest | BackupEnd): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** @returns undefined if it is not one */
export function decodeManifest(payload: Buffer): BackupManifest | undefined {
  const fields = fieldsOf(payload);
  const madeBy = fields.get('madeBy');
  const madeAt = fields.get('madeAt');
  const firstPosition = fields.get('firstPosition');
  const lastPosition = fields.get('lastPosition');
  const keysFile = fields.get('keysFile');
  const keys = fields.get('keys');
  const keyCheck = fields.get('keyCheck');
  if (typeof madeBy !== 'string' || typeof madeAt !== 'number' || typeof keysFile !== 'string')
    return undefined;
  if (!isPosition(firstPosition) || !isPosition(lastPosition) || firstPosition > lastPosition)
    return undefined;
  if (keys !== 'sealed' && keys !== 'apart') return undefined;
  if (keyCheck !== undefined && typeof keyCheck !== 'string') return undefined;
  const state = fields.has('state') ? stateOf(fields.get('state')) : undefined;
  if (fields.has('state') && state === undefined) return undefined;
  return { madeBy, madeAt, firstPosition, lastPosition, keysFile, keys, keyCheck, state };
}

/** @returns undefined if it is not one */
export function decodeEnd(payload: Buffer): BackupEnd | undefined {
  const fields = fieldsOf(payload);
  const entries = fields.get('entries');
  const mirrorRows = fields.get('mirrorRows');
  const stateRows = fields.get('stateRows');
  const sha256 = fields.get('sha256');
  if (typeof entries !== 'number' || typeof mirrorRows !== 'number' || typeof stateRows !== 'number')
    return undefined;
  return typeof sha256 === 'string' ? { entries, mirrorRows, stateRows, sha256 } : undefined;
}

function stateOf(value: unknown): BackupManifest['state'] {
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = new Map<string, unknown>(Object.entries(value));
  const schemaVersion = fields.get('schemaVersion');
  const cursor = fields.get('cursor');
  return typeof schemaVersion === 'number' && isPosition(cursor) ? { schemaVersion, cursor } : undefined;
}

function isPosition(value: unknown): value is LogPosition {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

function fieldsOf(payload: Buffer): ReadonlyMap<string, unknown> {
  try {
    const value: unknown = JSON.parse(payload.toString());
    return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : []);
  } catch {
    return new Map();
  }
}
