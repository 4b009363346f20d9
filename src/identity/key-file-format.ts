import { createSecretKey, type KeyObject } from 'node:crypto';
import {
  isJsonObject,
  KEY_BYTES,
  KEY_ID,
  type Keyring,
  KeyringError,
  type LiveKeys,
  MAX_LIVE_KEYS,
  type OwnKey,
  readSecret,
} from './keyring.js';

/** Format of the keys file. A file of another version is refused. */
const KEY_FILE_VERSION = 1;

/** The tenant that exists until identities are configured. */
const DEFAULT_TENANT = 'default';

/** A source of `byteCount` bytes that nobody can predict. */
export type RandomBytes = (byteCount: number) => Uint8Array;

/** A new random key. */
export function newKey(id: string, randomBytes: RandomBytes, nowMs: number): OwnKey {
  return { id, secret: createSecretKey(randomBytes(KEY_BYTES)), createdAt: nowMs };
}

/** A keyring with one new key of each kind, for the default tenant. */
export function newKeyring(randomBytes: RandomBytes, nowMs: number): Keyring {
  return {
    matchKeys: [newKey('k1', randomBytes, nowMs)],
    lastingKey: newKey('k1', randomBytes, nowMs),
    tenantKeys: new Map([[DEFAULT_TENANT, [newKey('k1', randomBytes, nowMs)]]]),
    pairKeys: new Map(),
  };
}

/** The text of a keys file. Holds the secrets; pair keys are not part of it. */
export function formatKeyFile(keyring: Keyring): string {
  const document = {
    version: KEY_FILE_VERSION,
    lasting: formatKey(keyring.lastingKey),
    match: keyring.matchKeys.map(formatKey),
    tenants: Object.fromEntries(
      [...keyring.tenantKeys].map(([tenant, keys]) => [tenant, keys.map(formatKey)]),
    ),
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function formatKey({ id, secret, createdAt }: OwnKey): Record<string, string> {
  return {
    id,
    key: secret.export().toString('base64url'),
    created_at: new Date(createdAt).toISOString(),
  };
}

/**
 * Reads the text of a keys file.
 *
 * @throws KeyringError code `KEY_FILE_MALFORMED`; the message names the field and quotes no value
 */
export function parseKeyFile(text: string): Keyring {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    // The parser's message would quote the text, and with it a key.
    throw malformed('it is not JSON');
  }
  const root = readObject(document, 'the file', ['version', 'lasting', 'match', 'tenants']);
  if (root['version'] !== KEY_FILE_VERSION) throw malformed(`version must be ${KEY_FILE_VERSION}`);

  const secrets: KeyObject[] = [];
  const lastingKey = readKey(root['lasting'], 'lasting', secrets);
  const matchKeys = readKeys(root['match'], 'match', secrets);
  if (!isJsonObject(root['tenants'])) throw malformed('tenants must be an object');
  const tenantKeys = new Map<string, LiveKeys>();
  for (const [tenant, keys] of Object.entries(root['tenants'])) {
    tenantKeys.set(tenant, readKeys(keys, `tenants.${tenant}`, secrets));
  }
  if (tenantKeys.size === 0) throw malformed('tenants must name at least one tenant');
  return { matchKeys, lastingKey, tenantKeys, pairKeys: new Map() };
}

function readKeys(value: unknown, field: string, secrets: KeyObject[]): LiveKeys {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_LIVE_KEYS) {
    throw malformed(`${field} must be a list of 1 to ${MAX_LIVE_KEYS} keys, newest first`);
  }
  const newest = readKey(value[0], `${field}[0]`, secrets);
  if (value.length === 1) return [newest];
  const older = readKey(value[1], `${field}[1]`, secrets);
  if (newest.id === older.id) throw malformed(`${field} has two keys with one id`);
  if (newest.createdAt < older.createdAt) throw malformed(`${field} must have the newest key first`);
  return [newest, older];
}

function readKey(value: unknown, field: string, secrets: KeyObject[]): OwnKey {
  const record = readObject(value, field, ['id', 'key', 'created_at']);
  const { id } = record;
  if (typeof id !== 'string' || !KEY_ID.test(id)) {
    throw malformed(`${field}.id must be 1 to 32 letters, digits, - or _`);
  }
  const secret = readSecret(record['key']);
  if ('problem' in secret) throw malformed(`${field}.key ${secret.problem}`);
  // One key for two purposes would let what is published for one be compared with the other.
  if (secrets.some((other) => other.equals(secret))) throw malformed(`${field}.key repeats another key`);
  secrets.push(secret);
  const createdAt = typeof record['created_at'] === 'string' ? Date.parse(record['created_at']) : Number.NaN;
  if (!Number.isSafeInteger(createdAt)) throw malformed(`${field}.created_at must be an ISO 8601 time`);
  return { id, secret, createdAt };
}

function readObject(value: unknown, field: string, names: readonly string[]): Record<string, unknown> {
  if (!isJsonObject(value)) throw malformed(`${field} must be an object`);
  for (const name of names) {
    if (!Object.hasOwn(value, name)) throw malformed(`${field} lacks ${name}`);
  }
  if (Object.keys(value).length !== names.length)
    throw malformed(`${field} may only hold ${names.join(', ')}`);
  return value;
}

function malformed(problem: string): KeyringError {
  return new KeyringError('KEY_FILE_MALFORMED', `keys file: ${problem}`);
}
