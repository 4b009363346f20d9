import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  stat,
  truncate,
  unlink,
} from 'node:fs/promises';
import { join } from 'node:path';
import type { DurationMs, UnixMs } from '../../decision/vocabulary.js';
import { isObject, parseObject } from '../token.js';

/** Only the provider itself may read what it said: a token may name a mailbox in clear. */
export const OUTBOX_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** Tokens in one file: small enough to be read whole at each start, about 1 MB. */
export const SEGMENT_TOKENS = 1_000;

/** A published token, kept so that it can be published again as it was. */
export interface KeptToken {
  readonly seq: number;
  readonly jti: string;
  readonly token: string;
  /** When it got its number. */
  readonly at: UnixMs;
}

/** How long tokens are kept. A file leaves when all its tokens may leave. */
export interface Retention {
  /** Older ones may leave. */
  readonly keepMs: DurationMs;
  /** Beyond so many newer ones, an older one may leave. */
  readonly keepTokens: number;
}

/** What one file says. */
export interface Segment {
  /** Number of its first token, also if there is none yet. */
  readonly first: number;
  readonly tokens: readonly KeptToken[];
  /** Numbers of earlier files that were not confirmed when it was begun. */
  readonly carried: readonly number[];
  readonly confirmed: ReadonlySet<number>;
}

/** The folder beside an outbox file that holds its tokens: files named by their first number, each only ever appended to. */
export function segmentFolder(outboxFile: string): string {
  return `${outboxFile}.tokens`;
}

/** First numbers of all files, ascending. Empty when there is no folder. */
export async function listSegments(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  return names
    .filter((name) => /^\d{16}\.jsonl$/.test(name))
    .map((name) => Number(name.slice(0, 16)))
    .sort((a, b) => a - b);
}

/**
 * Begins a file. It is there with its first line, or not at all.
 *
 * @returns a handle to append to it
 */
export async function beginSegment(
  folder: string,
  first: number,
  carried: readonly number[],
): Promise<FileHandle> {
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  const path = pathOf(folder, first);
  const file = await open(`${path}.new`, 'w', OUTBOX_MODE);
  try {
    await file.writeFile(`${JSON.stringify({ format: 2, first, unconfirmed: carried })}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  await syncFolder(folder);
  return open(path, 'a', OUTBOX_MODE);
}

/** Opens the newest file to go on with it. A last line that a crash cut off is removed: its token was never sent. */
export async function continueSegment(
  folder: string,
  first: number,
): Promise<{ readonly file: FileHandle; readonly segment: Segment | undefined }> {
  const path = pathOf(folder, first);
  const bytes = await readFile(path);
  const end = bytes.lastIndexOf(0x0a) + 1;
  if (end < bytes.byteLength) await truncate(path, end);
  const segment = parseSegment(bytes.subarray(0, end).toString('utf8'), first, true);
  return { file: await open(path, 'a', OUTBOX_MODE), segment };
}

/** The tokens of a file; none if it has left. Lines that cannot be read are left out: their numbers are lacking. */
export async function readSegment(folder: string, first: number): Promise<readonly KeptToken[]> {
  const text = await readFile(pathOf(folder, first), 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  });
  return parseSegment(text, first, false)?.tokens ?? [];
}

export function tokenLine({ seq, jti, at, token }: KeptToken): string {
  return `${JSON.stringify({ seq, jti, at, token })}\n`;
}

export function confirmationLine(confirmed: readonly number[]): string {
  return `${JSON.stringify({ confirmed })}\n`;
}

/** Removes the oldest files that may leave; the newest never does. */
export async function dropOldSegments(
  folder: string,
  next: number,
  { keepMs, keepTokens }: Retention,
  now: UnixMs,
): Promise<void> {
  const firsts = await listSegments(folder);
  for (const [index, first] of firsts.slice(0, -1).entries()) {
    const newer = next - (firsts[index + 1] ?? next);
    const path = pathOf(folder, first);
    const { mtimeMs } = await stat(path);
    if (newer < keepTokens && now - mtimeMs < keepMs) return;
    await unlink(path);
  }
}

function pathOf(folder: string, first: number): string {
  return join(folder, `${String(first).padStart(16, '0')}.jsonl`);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** @returns undefined if a line is damaged, unless those are to be left out */
function parseSegment(text: string, first: number, isStrict: boolean): Segment | undefined {
  const [head = '', ...lines] = text.split('\n');
  const carried = parseObject(head)?.['unconfirmed'];
  if (isStrict && !Array.isArray(carried)) return undefined;
  const tokens: KeptToken[] = [];
  const confirmed = new Set<number>();
  for (const line of lines) {
    if (line === '') continue;
    const stored = parseObject(line);
    const token = readToken(stored);
    const numbers = stored?.['confirmed'];
    if (token !== undefined) tokens.push(token);
    else if (Array.isArray(numbers)) for (const number of numbers) confirmed.add(Number(number));
    else if (isStrict) return undefined;
  }
  return { first, tokens, carried: Array.isArray(carried) ? carried.map(Number) : [], confirmed };
}

/** A token as one line, or an object in an outbox file of an earlier version, says it. */
export function readToken(stored: unknown, fallbackAt?: UnixMs): KeptToken | undefined {
  if (!isObject(stored)) return undefined;
  const { seq, jti, token, at = fallbackAt } = stored;
  if (typeof seq !== 'number' || typeof jti !== 'string' || typeof token !== 'string') return undefined;
  return typeof at === 'number' ? { seq, jti, token, at } : undefined;
}
