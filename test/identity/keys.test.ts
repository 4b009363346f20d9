import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createKeyFile,
  formatKeyFile,
  KEY_OVERLAP_MS,
  type Keyring,
  KeyringError,
  loadKeyring,
  newKeyring,
  parseKeyFile,
  parsePairKeys,
  rotateKey,
  rotateKeyFile,
  withPairKeys,
} from '../../src/identity/index.js';
import { countingBytes, KEYRING, keyBytes, NOW_MS, pairKey } from './fixtures.js';

function problemOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof KeyringError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'no problem';
}

/** What a keyring says of itself, secrets included. */
function contentOf(keyring: Keyring): string {
  return formatKeyFile(keyring);
}

const KEY_1 = Buffer.from(keyBytes(1)).toString('base64url');
const KEY_2 = Buffer.from(keyBytes(2)).toString('base64url');

describe('the keys file', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-keys-'));
    path = join(folder, 'keys.json');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is made with mode 0600 and loads as it was made', () => {
    const made = createKeyFile(path, countingBytes(), NOW_MS);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(contentOf(loadKeyring(path))).toBe(contentOf(made));
    expect(readdirSync(folder)).toEqual(['keys.json']);
    expect(made.matchKeys.map(({ id, createdAt }) => [id, createdAt])).toEqual([['k1', NOW_MS]]);
    expect([...made.tenantKeys.keys()]).toEqual(['default']);
  });

  it('is never made over another', () => {
    createKeyFile(path, countingBytes(), NOW_MS);
    const before = readFileSync(path, 'utf8');
    const problem = problemOf(() => createKeyFile(path, countingBytes(), NOW_MS + 1));
    expect(problem).toContain('KEY_FILE_EXISTS');
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(readdirSync(folder)).toEqual(['keys.json']);
  });

  it('is refused when missing, and when others may touch it', () => {
    expect(problemOf(() => loadKeyring(path))).toContain('KEY_FILE_MISSING');
    createKeyFile(path, countingBytes(), NOW_MS);
    for (const mode of [0o604, 0o660, 0o700]) {
      chmodSync(path, mode);
      expect(problemOf(() => loadKeyring(path))).toMatch(
        new RegExp(`KEY_FILE_MODE .*mode 0${mode.toString(8)}: run chmod 600`),
      );
    }
    chmodSync(path, 0o400);
    expect(contentOf(loadKeyring(path))).toContain('"match"');
  });

  it('reports other failures of the disk as they are', () => {
    expect(() => loadKeyring(join(path, 'below'))).toThrow();
    writeFileSync(path, '');
    expect(() => loadKeyring(join(path, 'below'))).toThrow('ENOTDIR');
    expect(() => createKeyFile(join(folder, 'none', 'keys.json'), countingBytes(), NOW_MS)).toThrow('ENOENT');
  });

  it('takes a rotation up whole', () => {
    const randomBytes = countingBytes();
    createKeyFile(path, randomBytes, NOW_MS);
    const rotation = rotateKeyFile(path, { of: 'match' }, randomBytes, NOW_MS + 1);
    expect(rotation).toMatchObject({ kind: 'rotated', newId: 'k2' });
    expect(loadKeyring(path).matchKeys.map(({ id }) => id)).toEqual(['k2', 'k1']);
    expect(statSync(path).mode & 0o777).toBe(0o600);

    const before = readFileSync(path, 'utf8');
    expect(rotateKeyFile(path, { of: 'match' }, randomBytes, NOW_MS + 2).kind).toBe('too-early');
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(readdirSync(folder)).toEqual(['keys.json']);
  });
});

describe('parseKeyFile', () => {
  type Document = Record<string, unknown>;
  const key = (seed: number, id = 'k1', createdAt = '2026-11-24T00:00:00Z') => ({
    id,
    key: Buffer.from(keyBytes(seed)).toString('base64url'),
    created_at: createdAt,
  });
  const whole: Document = { version: 1, lasting: key(1), match: [key(2)], tenants: { default: [key(3)] } };

  it('reads a whole document', () => {
    const keyring = parseKeyFile(JSON.stringify(whole));
    expect(keyring.matchKeys[0]?.secret.export()).toEqual(Buffer.from(keyBytes(2)));
    expect(keyring.lastingKey.createdAt).toBe(NOW_MS);
    expect(keyring.pairKeys.size).toBe(0);
  });

  it.each<[string, Document | string, string]>([
    ['no JSON', `{"lasting": "${KEY_1}"`, 'it is not JSON'],
    ['a list', '[]', 'the file must be an object'],
    ['another version', { ...whole, version: 2 }, 'version must be 1'],
    ['a field missing', { version: 1, lasting: key(1), match: [key(2)] }, 'the file lacks tenants'],
    ['a field too many', { ...whole, extra: 1 }, 'the file may only hold version, lasting, match, tenants'],
    ['no match key', { ...whole, match: [] }, 'match must be a list of 1 to 2 keys, newest first'],
    ['three match keys', { ...whole, match: [key(4), key(5), key(6)] }, 'match must be a list of 1 to 2'],
    ['a key that is text', { ...whole, match: [KEY_1] }, 'match[0] must be an object'],
    ['a bad id', { ...whole, lasting: key(1, 'a:b') }, 'lasting.id must be 1 to 32 letters'],
    ['a short key', { ...whole, lasting: { ...key(1), key: 'AAAA' } }, 'lasting.key must be 32 bytes'],
    ['a number for a key', { ...whole, lasting: { ...key(1), key: 7 } }, 'lasting.key must be 32 bytes'],
    ['zeros', { ...whole, lasting: { ...key(1), key: 'A'.repeat(43) } }, 'lasting.key must be random'],
    [
      'a bad time',
      { ...whole, lasting: key(1, 'k1', 'soon') },
      'lasting.created_at must be an ISO 8601 time',
    ],
    [
      'no time',
      { ...whole, lasting: { ...key(1), created_at: 0 } },
      'lasting.created_at must be an ISO 8601',
    ],
    ['one id twice', { ...whole, match: [key(4), key(5)] }, 'match has two keys with one id'],
    [
      'oldest first',
      { ...whole, match: [key(4, 'k1', '2025-01-01T00:00:00Z'), key(5, 'k2')] },
      'match must have the newest key first',
    ],
    [
      'one key twice',
      { ...whole, tenants: { default: [key(2)] } },
      'tenants.default[0].key repeats another key',
    ],
    ['tenants as a list', { ...whole, tenants: [] }, 'tenants must be an object'],
    ['no tenant', { ...whole, tenants: {} }, 'tenants must name at least one tenant'],
  ])('refuses %s, naming the field and quoting no key', (_, document, problem) => {
    const text = typeof document === 'string' ? document : JSON.stringify(document);
    const said = problemOf(() => parseKeyFile(text));
    expect(said).toContain(`KEY_FILE_MALFORMED keys file: ${problem}`);
    expect(said).not.toContain(KEY_1);
    expect(said).not.toContain(KEY_2);
  });
});

describe('parsePairKeys', () => {
  it('reads one key or two', () => {
    expect(parsePairKeys(JSON.stringify({ k1: KEY_1, k2: KEY_2 })).map(({ id }) => id)).toEqual(['k1', 'k2']);
  });

  it.each([
    [`{"k1": "${KEY_1}"`, 'it is not JSON'],
    [`["${KEY_1}"]`, 'it must be an object'],
    ['{}', 'it holds no key'],
    [JSON.stringify({ a: KEY_1, b: KEY_2, c: KEY_1 }), 'it holds more than 2 keys'],
    [JSON.stringify({ 'a b': KEY_1 }), 'a key id must be 1 to 32 letters'],
    [JSON.stringify({ k1: `${KEY_1}=` }), 'key `k1` must be 32 bytes'],
    [JSON.stringify({ k1: KEY_1, k2: KEY_1 }), 'key `k2` repeats another key'],
    [JSON.stringify({ 2027: KEY_1, 2026: KEY_2 }), 'with two keys, a key id must not be a number'],
  ])('refuses %#: %s', (text, problem) => {
    const said = problemOf(() => parsePairKeys(text));
    expect(said).toContain(`PAIR_KEYS_MALFORMED pair keys file: ${problem}`);
    expect(said).not.toContain(KEY_1);
  });
});

describe('rotateKey', () => {
  it('keeps the key before the newest and drops the rest, after 30 days', () => {
    const randomBytes = countingBytes();
    const first = newKeyring(randomBytes, NOW_MS);
    const second = rotateKey(first, { of: 'match' }, randomBytes, NOW_MS + 1000);
    if (second.kind !== 'rotated') throw new Error('the first rotation is never too early');
    expect(second.droppedId).toBeUndefined();

    const due = NOW_MS + 1000 + KEY_OVERLAP_MS;
    expect(rotateKey(second.keyring, { of: 'match' }, randomBytes, due - 1)).toEqual({
      kind: 'too-early',
      notBefore: due,
    });
    const third = rotateKey(second.keyring, { of: 'match' }, randomBytes, due);
    if (third.kind !== 'rotated') throw new Error('30 days are over');
    expect(third).toMatchObject({ newId: 'k3', droppedId: 'k1' });
    expect(third.keyring.matchKeys.map(({ id }) => id)).toEqual(['k3', 'k2']);
    expect(third.keyring.lastingKey).toBe(first.lastingKey);
    expect(third.keyring.tenantKeys).toBe(first.tenantKeys);
    expect(contentOf(parseKeyFile(contentOf(third.keyring)))).toBe(contentOf(third.keyring));
  });

  it("rotates one tenant's keys", () => {
    const rotation = rotateKey(KEYRING, { of: 'tenant', tenant: 'other' }, countingBytes(), NOW_MS);
    if (rotation.kind !== 'rotated') throw new Error('the first rotation is never too early');
    expect(rotation.keyring.tenantKeys.get('other')?.map(({ id }) => id)).toEqual(['k2', 'k1']);
    expect(rotation.keyring.tenantKeys.get('default')).toBe(KEYRING.tenantKeys.get('default'));
    expect(rotation.keyring.matchKeys).toBe(KEYRING.matchKeys);
    expect(
      problemOf(() => rotateKey(KEYRING, { of: 'tenant', tenant: 'none' }, countingBytes(), 0)),
    ).toContain('TENANT_KEY_MISSING');
  });

  it('keeps the file valid when the clock went back, and ids apart when they were chosen by hand', () => {
    const [key] = KEYRING.matchKeys;
    if (key === undefined) throw new Error('the fixture has a match key');
    const byHand: Keyring = {
      ...KEYRING,
      matchKeys: [
        { ...key, id: 'summer' },
        { ...pairKey('k2', 9), createdAt: 0 },
      ],
    };
    const late = rotateKey(byHand, { of: 'match' }, countingBytes(), key.createdAt + KEY_OVERLAP_MS);
    expect(late).toMatchObject({ kind: 'rotated', newId: 'k3', droppedId: 'k2' });

    const early = rotateKey(KEYRING, { of: 'match' }, countingBytes(), NOW_MS - 5000);
    if (early.kind !== 'rotated') throw new Error('the first rotation is never too early');
    expect(parseKeyFile(contentOf(early.keyring)).matchKeys.map(({ id }) => id)).toEqual(['k2', 'k1']);
  });
});

describe('a keyring', () => {
  it('takes the pair keys of a registry', () => {
    const pairKeys = new Map([['acme', [pairKey('p9', 9)]]]);
    expect(withPairKeys(KEYRING, pairKeys)).toEqual({ ...KEYRING, pairKeys });
  });

  it('shows no secret when printed or serialised', () => {
    const shown = inspect(KEYRING, { depth: 10, showHidden: true }) + JSON.stringify(KEYRING);
    for (let seed = 1; seed <= 7; seed += 1) {
      const bytes = Buffer.from(keyBytes(seed));
      expect(shown).not.toContain(bytes.toString('base64url'));
      expect(shown).not.toContain(bytes.toString('hex'));
    }
  });
});
