import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { UnixMs } from '../decision/vocabulary.js';
import { type Algorithm, readKeySet, type VerificationKey } from './jwks.js';
import type { HeldKey } from './key-set.js';
import { isObject, parseObject } from './token.js';

/** Format of the file; another one is not read. */
const FORMAT = 1;

/** Only we decide which keys count. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** The last good key set of a provider, as kept on disk. */
export interface SavedKeySet {
  /** Where it was fetched: a set of another address is not this provider's any more. */
  readonly url: string;
  readonly etag?: string;
  /** When the provider's server last confirmed it. */
  readonly checkedAt: UnixMs;
  readonly held: readonly HeldKey[];
}

export type SavedKeySetReading =
  | { readonly kind: 'read'; readonly saved: SavedKeySet }
  | { readonly kind: 'absent' }
  /** Not what we wrote. */
  | { readonly kind: 'damaged'; readonly cause: string };

/**
 * Reads what {@link saveKeySet} wrote. Never rejects.
 *
 * @param algorithms that the provider is registered with now: keys for others are left out
 */
export async function readSavedKeySet(
  file: string,
  algorithms: readonly Algorithm[],
): Promise<SavedKeySetReading> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown cause';
    return code === 'ENOENT' ? { kind: 'absent' } : { kind: 'damaged', cause: code };
  }
  const stored = parseObject(text);
  if (stored === undefined) return { kind: 'damaged', cause: 'it is not JSON' };
  const { format, digest, url, etag, checkedAt, keys } = stored;
  if (format !== FORMAT) return { kind: 'damaged', cause: 'it is of another format' };
  if (digest !== digestOf({ url, etag, checkedAt, keys })) {
    return { kind: 'damaged', cause: 'it is not what was written' };
  }
  if (typeof url !== 'string' || typeof checkedAt !== 'number' || !Array.isArray(keys)) {
    return { kind: 'damaged', cause: 'a field is missing' };
  }
  const held = keys.flatMap((entry: unknown) => readHeldKey(entry, algorithms) ?? []);
  return {
    kind: 'read',
    saved: { url, checkedAt, held, ...(typeof etag === 'string' ? { etag } : {}) },
  };
}

/**
 * Replaces the file in one step, mode 0600: a reader, or a start after a power loss, finds the old set or the new one.
 *
 * @throws the file system's error
 */
export async function saveKeySet(file: string, { url, etag, checkedAt, held }: SavedKeySet): Promise<void> {
  const keys = held.map(({ key, leftAt }) => ({ kid: key.kid, ...key.jwk, alg: key.algorithm, leftAt }));
  const content = { url, etag, checkedAt, keys };
  const text = `${JSON.stringify({ format: FORMAT, digest: digestOf(content), ...content }, undefined, 2)}\n`;
  await mkdir(dirname(file), { recursive: true, mode: FOLDER_MODE });
  const draft = `${file}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const handle = await open(draft, 'wx', FILE_MODE);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

function digestOf(content: object): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

/** Through the same checks as a set that was just fetched. */
function readHeldKey(entry: unknown, algorithms: readonly Algorithm[]): HeldKey | undefined {
  const reading = readKeySet(JSON.stringify({ keys: [entry] }), algorithms, 'skip');
  const [key]: readonly (VerificationKey | undefined)[] = reading.kind === 'valid' ? reading.keys : [];
  if (key === undefined) return undefined;
  const leftAt = isObject(entry) ? entry['leftAt'] : undefined;
  return typeof leftAt === 'number' ? { key, leftAt } : { key };
}
