import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { formatKeyFile, newKeyring, parseKeyFile, type RandomBytes } from './key-file-format.js';
import { type KeyRotation, type RotatedKeys, rotateKey } from './key-rotation.js';
import { type Keyring, KeyringError } from './keyring.js';
import { secretFileProblem } from './secret-file-mode.js';

const OWNER_READ_WRITE = 0o600;
/** Windows cannot open a folder to sync it. */
const IS_POSIX = process.platform !== 'win32';

/**
 * Loads the keys file. The keyring has no pair keys yet.
 *
 * @throws KeyringError code `KEY_FILE_MISSING`, `KEY_FILE_MODE` or `KEY_FILE_MALFORMED`
 */
export function loadKeyring(path: string): Keyring {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    if (errorCodeOf(cause) !== 'ENOENT') throw cause;
    throw new KeyringError('KEY_FILE_MISSING', `there is no keys file at \`${path}\``, { cause });
  }
  try {
    // Asked of the open file, so that it is the one which is read.
    const found = fstatSync(file);
    if (!found.isFile()) {
      throw new KeyringError('KEY_FILE_MALFORMED', `keys file: \`${path}\` is not a file`);
    }
    const problem = secretFileProblem(found);
    if (problem !== undefined) throw new KeyringError('KEY_FILE_MODE', `keys file \`${path}\` ${problem}`);
    return parseKeyFile(readFileSync(file, 'utf8'));
  } finally {
    closeSync(file);
  }
}

/**
 * Makes a keys file with new keys, mode 0600. Either the whole file appears or none; one that exists is left alone.
 * The caller must not do this where evidence exists: aliases made with lost keys never match again.
 *
 * @throws KeyringError code `KEY_FILE_EXISTS`
 */
export function createKeyFile(path: string, randomBytes: RandomBytes, nowMs: number): Keyring {
  const keyring = newKeyring(randomBytes, nowMs);
  placeKeyFile(path, keyring, randomBytes);
  return keyring;
}

/**
 * Makes a keys file with these keys, mode 0600, as {@link createKeyFile} does.
 *
 * @throws KeyringError code `KEY_FILE_EXISTS`
 */
export function placeKeyFile(path: string, keyring: Keyring, randomBytes: RandomBytes): void {
  const draft = writeDraft(path, formatKeyFile(keyring), randomBytes);
  try {
    // Unlike a rename, a link never replaces what somebody else made in the meantime.
    linkSync(draft, path);
  } catch (cause) {
    if (errorCodeOf(cause) !== 'EEXIST') throw cause;
    throw new KeyringError('KEY_FILE_EXISTS', `keys file \`${path}\` exists already`, { cause });
  } finally {
    unlinkSync(draft);
  }
  syncFolderOf(path);
}

/**
 * Puts a new newest key into the keys file and keeps the one before it. A process that runs takes it up when it
 * starts again.
 *
 * @returns what {@link rotateKey} says; the file is untouched unless that is `rotated`
 * @throws KeyringError as {@link loadKeyring} does
 */
export function rotateKeyFile(
  path: string,
  which: RotatedKeys,
  randomBytes: RandomBytes,
  nowMs: number,
): KeyRotation {
  const rotation = rotateKey(loadKeyring(path), which, randomBytes, nowMs);
  if (rotation.kind === 'rotated') {
    renameSync(writeDraft(path, formatKeyFile(rotation.keyring), randomBytes), path);
    syncFolderOf(path);
  }
  return rotation;
}

function writeDraft(path: string, text: string, randomBytes: RandomBytes): string {
  const draft = `${path}.${Buffer.from(randomBytes(8)).toString('hex')}.tmp`;
  const file = openSync(draft, 'wx', OWNER_READ_WRITE);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return draft;
}

/** Makes the new name itself survive a power loss. */
function syncFolderOf(path: string): void {
  if (!IS_POSIX) return;
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function errorCodeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
