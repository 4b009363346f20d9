import { randomBytes } from 'node:crypto';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { exportJWK, generateKeyPair } from 'jose';
import { secretFileProblem } from '../../identity/secret-file-mode.js';
import { ALGORITHMS, type Algorithm } from '../jwks.js';
import { isObject, parseObject } from '../token.js';
import { ProviderToolError } from './provider-tool-error.js';
import type { SigningKey } from './sign-token.js';

/** Others may not read a private key. */
const PRIVATE_MODE = 0o600;
const PUBLIC_MODE = 0o644;

/** A new key pair: the private half for the provider, the public one for its registered key set. */
export async function generateSigningKey(
  kid: string,
  algorithm: Algorithm,
): Promise<{ readonly signing: SigningKey; readonly publicJwk: Readonly<Record<string, unknown>> }> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), kid, alg: algorithm };
  const publicJwk = { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' };
  return { signing: { kid, algorithm, jwk }, publicJwk };
}

/**
 * Writes a private key, readable by its owner alone.
 *
 * @throws ProviderToolError code `FILE_EXISTS`: a key is never overwritten
 */
export async function writeSigningKey(file: string, key: SigningKey): Promise<void> {
  await writeNew(file, `${JSON.stringify(key.jwk, null, 2)}\n`, PRIVATE_MODE);
}

/** @throws ProviderToolError codes `KEY_FILE_MODE`, `KEY_FILE_INVALID` */
export async function readSigningKey(file: string): Promise<SigningKey> {
  const found = await stat(file).catch((cause: unknown) => {
    throw new ProviderToolError('KEY_FILE_INVALID', `${file} cannot be read`, { cause });
  });
  const problem = secretFileProblem(found);
  if (problem !== undefined) throw new ProviderToolError('KEY_FILE_MODE', `${file} ${problem}`);
  const jwk = parseObject(await readFile(file, 'utf8'));
  const kid = jwk?.['kid'];
  const algorithm = ALGORITHMS.find((known) => known === jwk?.['alg']);
  if (
    jwk === undefined ||
    typeof kid !== 'string' ||
    algorithm === undefined ||
    typeof jwk['d'] !== 'string'
  ) {
    throw new ProviderToolError('KEY_FILE_INVALID', `${file} is no private key of \`holdfast feed keygen\``);
  }
  return { kid, algorithm, jwk };
}

/** Adds a public key to a key set file, or begins one. Older keys stay, so that what they signed is still good. */
export async function addToKeySet(file: string, publicJwk: Readonly<Record<string, unknown>>): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  const keys = text === undefined ? [] : parseObject(text)?.['keys'];
  if (!Array.isArray(keys)) throw new ProviderToolError('KEY_FILE_INVALID', `${file} is no key set`);
  if (keys.some((key) => isObject(key) && key['kid'] === publicJwk['kid'])) {
    throw new ProviderToolError('FILE_EXISTS', `${file} has a key with this id already`);
  }
  await replaceFile(file, `${JSON.stringify({ keys: [publicJwk, ...keys] }, null, 2)}\n`, PUBLIC_MODE);
}

/** Makes a pair keys file with one key, for both sides: hand it over as the secret it is. */
export async function writePairKeys(file: string, keyId: string): Promise<void> {
  const text = `${JSON.stringify({ [keyId]: randomBytes(32).toString('base64url') }, null, 2)}\n`;
  await writeNew(file, text, PRIVATE_MODE);
}

/** Replaces a file in one step: a reader sees the old or the new one, never a part. */
export async function replaceFile(file: string, text: string, mode: number): Promise<void> {
  const next = `${file}.new`;
  await writeFile(next, text, { mode, flush: true });
  await rename(next, file);
}

async function writeNew(file: string, text: string, mode: number): Promise<void> {
  try {
    await writeFile(file, text, { mode, flag: 'wx', flush: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      throw new ProviderToolError('FILE_EXISTS', `${file} exists already`, { cause: error });
    }
    throw error;
  }
}
