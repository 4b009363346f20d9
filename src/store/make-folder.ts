import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { StoreError } from './ports.js';

/** Only the service's own user looks in. */
const OWNER_ONLY = 0o700;

/**
 * Looks whether a folder is there or can be made, and makes nothing.
 *
 * @returns what is missing, from the outermost to the folder itself
 * @throws StoreError code `FOLDER_UNUSABLE`, with the place and the reason
 */
export function requireMakeable(path: string): readonly string[] {
  const missing: string[] = [];
  let nearest = resolve(path);
  while (!existsSync(nearest)) {
    missing.unshift(nearest);
    nearest = dirname(nearest);
  }
  if (!statSync(nearest).isDirectory()) throw unusable(path, `\`${nearest}\` is not a folder`);
  try {
    accessSync(nearest, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw unusable(path, `\`${nearest}\` may not be written to by this user`, cause);
  }
  return missing;
}

/**
 * Makes a folder with the folders above it, mode 0700; one that exists is left as it is. One level at a time: Node's own
 * recursive way never ends on file systems that deny a folder by saying that the one above it does not exist.
 *
 * @throws StoreError code `FOLDER_UNUSABLE`, with the place and the reason
 */
export function makeFolder(path: string): void {
  for (const folder of requireMakeable(path)) {
    try {
      mkdirSync(folder, OWNER_ONLY);
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
      // Another process was faster: it is there, which is all that was asked.
      if (code !== 'EEXIST') throw unusable(path, `\`${folder}\` cannot be made (${code})`, cause);
    }
  }
}

function unusable(path: string, reason: string, cause?: unknown): StoreError {
  return new StoreError('FOLDER_UNUSABLE', `\`${path}\` cannot be used: ${reason}`, { cause });
}
