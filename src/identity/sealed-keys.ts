import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { formatKeyFile, parseKeyFile } from './key-file-format.js';
import { type Keyring, KeyringError } from './keyring.js';
import { secretFileProblem } from './secret-file-mode.js';

/** What OWASP's Password Storage Cheat Sheet asks for at least: 128 MiB and about half a second a guess. */
const SCRYPT = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 } as const;
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const SALT_BYTES = 16;
/** NIST SP 800-38D: 96 bits. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Shorter ones can be guessed, whatever they are hashed with. */
export const MIN_PASSPHRASE_CHARACTERS = 16;

/** Bound to this purpose, so that nothing else that is sealed so opens here. */
const PURPOSE = Buffer.from('holdfast keys 1');

/** Encrypts the keys of a keyring, without pair keys, under a passphrase. */
export async function sealKeys(keyring: Keyring, passphrase: string): Promise<Buffer> {
  const salt = randomBytes(SALT_BYTES);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, await derive(passphrase, salt), nonce);
  cipher.setAAD(PURPOSE);
  const sealed = Buffer.concat([cipher.update(formatKeyFile(keyring), 'utf8'), cipher.final()]);
  return Buffer.concat([salt, nonce, cipher.getAuthTag(), sealed]);
}

/** @throws KeyringError code `PASSPHRASE_WRONG`: it is another one, or the bytes were changed */
export async function unsealKeys(sealed: Buffer, passphrase: string): Promise<Keyring> {
  const salt = sealed.subarray(0, SALT_BYTES);
  const nonce = sealed.subarray(SALT_BYTES, SALT_BYTES + NONCE_BYTES);
  const tag = sealed.subarray(SALT_BYTES + NONCE_BYTES, SALT_BYTES + NONCE_BYTES + TAG_BYTES);
  if (tag.length !== TAG_BYTES) throw wrong();
  const decipher = createDecipheriv(CIPHER, await derive(passphrase, salt), nonce, {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(PURPOSE);
  decipher.setAuthTag(tag);
  let text: string;
  try {
    const rest = sealed.subarray(SALT_BYTES + NONCE_BYTES + TAG_BYTES);
    text = Buffer.concat([decipher.update(rest), decipher.final()]).toString('utf8');
  } catch (cause) {
    throw wrong(cause);
  }
  return parseKeyFile(text);
}

/**
 * Reads a passphrase from a file's first line. Its mode must be that of a keys file.
 *
 * @throws KeyringError code `PASSPHRASE_UNUSABLE`
 */
export function readPassphrase(path: string): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    throw unusable(path, 'cannot be read', cause);
  }
  try {
    const found = fstatSync(file);
    const problem = found.isFile() ? secretFileProblem(found) : 'is not a file';
    if (problem !== undefined) throw unusable(path, problem);
    const passphrase = readFileSync(file, 'utf8').split(/\r?\n/, 1)[0] ?? '';
    if (passphrase.length >= MIN_PASSPHRASE_CHARACTERS) return passphrase;
    throw unusable(path, `has fewer than ${MIN_PASSPHRASE_CHARACTERS} characters in its first line`);
  } finally {
    closeSync(file);
  }
}

function derive(passphrase: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFC'), salt, KEY_BYTES, SCRYPT, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

function wrong(cause?: unknown): KeyringError {
  return new KeyringError('PASSPHRASE_WRONG', 'the keys in the backup do not open with this passphrase', {
    cause,
  });
}

function unusable(path: string, why: string, cause?: unknown): KeyringError {
  return new KeyringError('PASSPHRASE_UNUSABLE', `passphrase file \`${path}\` ${why}`, { cause });
}
