import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { generateSigningKey } from '../../src/feed/provider/key-files.js';
import { describeProblem, type ProviderRegistry, type RegistryProblem } from '../../src/feed/registry.js';
import { readRegistry } from '../../src/feed/registry-reader.js';
import { RegistryWatch } from '../../src/feed/registry-watch.js';
import { verifierSettings } from '../../src/feed/verify.js';
import { keyBytes } from '../identity/fixtures.js';
import { tempFolder } from '../store/temp-folder.js';

const readText = (path: string): Promise<string> => readFile(path, 'utf8');

let publicJwk: Readonly<Record<string, unknown>>;
let privateJwk: object;
let jwks: string;
beforeAll(async () => {
  const made = await generateSigningKey('k1', 'EdDSA');
  publicJwk = made.publicJwk;
  privateJwk = made.signing.jwk;
  jwks = JSON.stringify({ keys: [publicJwk] });
});

const PAIR_KEYS = JSON.stringify({ k1: Buffer.from(keyBytes(5)).toString('base64url') });

const REGISTRY = `providers:
  - id: att                      # subject token
    issuer: https://mail.att.example
    operator: att
    keys: { jwks_file: att.jwks.json }
    algorithms: [EdDSA, ES256, RS256]
    subjects: [opaque, email]
    pair_keys_file: att.pair-keys.json
    heartbeat_seconds: 30
    max_confidence: 0.9
    cohorts: own-domains
`;

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = tempFolder();
  const all = {
    'providers.yaml': REGISTRY,
    'att.jwks.json': jwks,
    'att.pair-keys.json': PAIR_KEYS,
    ...files,
  };
  for (const [name, text] of Object.entries(all)) writeFileSync(join(folder, name), text);
  return folder;
}

async function problemsOf(files: Readonly<Record<string, string>>): Promise<string[]> {
  const folder = folderWith(files);
  const reading = await readRegistry(join(folder, 'providers.yaml'), readText);
  const problems = reading.kind === 'invalid' ? reading.problems : [];
  return problems.map((problem) => describeProblem(problem).replaceAll(`${folder}/`, ''));
}

describe('the registry', () => {
  test('of the design is read as it stands', async () => {
    const file = join(folderWith({}), 'providers.yaml');
    const reading = await readRegistry(file, readText);
    expect(reading.kind).toBe('valid');
    const att = reading.kind === 'valid' ? reading.registry.providers.get('att') : undefined;
    expect(att).toMatchObject({
      id: 'att',
      issuer: 'https://mail.att.example',
      operator: 'att',
      subjects: ['opaque', 'email'],
      heartbeatMs: 30_000,
      maxConfidence: 0.9,
      cohorts: 'own-domains',
    });
    expect(att?.keys).toMatchObject([{ kid: 'k1', algorithm: 'EdDSA' }]);
    expect(att?.pairKeys.map(({ id }) => id)).toEqual(['k1']);
    expect(reading.files).toHaveLength(3);
  });

  test('may name domains, has defaults, and takes international names', async () => {
    const file = join(
      folderWith({
        'providers.yaml': `providers:
  - { id: acme, issuer: https://acme.example, domains: [Bücher.example], keys: { jwks_file: att.jwks.json }, pair_keys_file: att.pair-keys.json }
`,
      }),
      'providers.yaml',
    );
    const reading = await readRegistry(file, readText);
    expect(reading.kind === 'valid' && reading.registry.providers.get('acme')).toMatchObject({
      domains: ['xn--bcher-kva.example'],
      algorithms: ['EdDSA', 'ES256', 'RS256'],
      subjects: ['opaque'],
      heartbeatMs: 60_000,
      maxConfidence: 1,
      cohorts: 'none',
    });
  });

  test('reports every mistake at once, each with its place', async () => {
    const text = `providers:
  - id: AT&T
    issuer: https://mail.att.example
    operator: att
    keys: { jwks_file: att.jwks.json }
    pair_keys_file: att.pair-keys.json
    heartbeat_seconds: 0
    colour: blue
  - id: acme
    issuer: https://mail.att.example
    keys: { jwks_url: http://acme.example/keys }
    subjects: [opaque, phone]
    max_confidence: 2
    cohorts: everywhere
`;
    expect(await problemsOf({ 'providers.yaml': text })).toEqual([
      'providers.yaml:8:13: unknown field `colour`',
      'providers.yaml:2:9: `id` must be 1 to 32 of a-z, 0-9 and -',
      'providers.yaml:7:24: `heartbeat_seconds` must be a number from 1 to 86400',
      'providers.yaml:9:9: `id` needs `operator` or `domains`: what this provider may speak of',
      'providers.yaml:11:23: `jwks_url` must be https (http only on this machine)',
      'providers.yaml:12:15: `subjects` may hold only opaque, email, not `phone`',
      'providers.yaml:9:9: `id` needs `pair_keys_file`, since its subjects are `opaque`',
      'providers.yaml:13:21: `max_confidence` must be a number from 0 to 1',
      'providers.yaml:14:14: `cohorts` must be one of own-domains, none',
    ]);
  });

  test.each([
    ['not YAML', 'providers: [', /providers\.yaml:1:\d+: /],
    ['no list', 'providers: 3', /`providers` must be a list/],
    ['a list of words', 'providers: [att]', /each provider must be a mapping/],
    ['a duplicate field', 'providers: []\nproviders: []', /Map keys must be unique/],
  ])('%s', async (_, text, message) => {
    const problems = await problemsOf({ 'providers.yaml': text });
    expect(problems.join('\n')).toMatch(message);
  });

  test('fetches key sets by https, or from this machine, within a time that it says', async () => {
    const urls = [
      ['https://acme.example/keys', undefined],
      ['http://127.0.0.1:8080/keys', undefined],
      ['http://[::1]/keys', undefined],
      ['http://127.0.0.1.example/keys', 'must be https'],
      ['http://acme.example/keys', 'must be https'],
      ['https://joe:secret@acme.example/keys', 'must not hold a user or password'],
      ['https://acme.example/keys#a', 'must not have a fragment'],
      ['file:///etc/passwd', 'must be https'],
      ['keys.json', 'must be a URL'],
    ] as const;
    for (const [url, fault] of urls) {
      const text = REGISTRY.replace('jwks_file: att.jwks.json', `jwks_url: "${url}", refresh_seconds: 60`);
      const problems = await problemsOf({ 'providers.yaml': text });
      if (fault === undefined) expect(problems).toEqual([]);
      else expect(problems).toEqual([expect.stringContaining(`\`jwks_url\` ${fault}`)]);
      expect(problems.join()).not.toContain('secret');
    }
    const withKeys = (keys: string): Promise<string[]> =>
      problemsOf({ 'providers.yaml': REGISTRY.replace('jwks_file: att.jwks.json', keys) });
    expect(await withKeys('jwks_url: https://a.example/k, refresh_seconds: 59')).toEqual([
      expect.stringContaining('`refresh_seconds` must be a number from 60 to 86400'),
    ]);
    expect(await withKeys('jwks_file: att.jwks.json, refresh_seconds: 60')).toEqual([
      expect.stringContaining('`refresh_seconds` belongs to `jwks_url`'),
    ]);
    expect(await withKeys('jwks_url: https://a.example/k, jwks_file: att.jwks.json')).toEqual([
      expect.stringContaining('`jwks_file` cannot stand beside `jwks_url`'),
    ]);
    expect(await withKeys('jwks_file: att.jwks.json }\n    revoked_keys: { a: b')).toEqual([
      expect.stringContaining('`revoked_keys` must be a list'),
    ]);
  });

  test('an operator that nobody knows is a slip: its feed would look well and bear on nobody', async () => {
    const slip = REGISTRY.replace('operator: att', 'operator: attt');
    expect(await problemsOf({ 'providers.yaml': slip })).toEqual([
      expect.stringMatching(
        /^providers\.yaml:4:15: `operator` is none that is known \(att, .*\): name its `domains`/,
      ),
    ]);
  });

  test('may name an audience of its own', async () => {
    const own = REGISTRY.replace('operator: att', 'operator: att\n    audience: client-1.example');
    const reading = await readRegistry(
      join(folderWith({ 'providers.yaml': own }), 'providers.yaml'),
      readText,
    );
    if (reading.kind === 'invalid') throw new Error(reading.problems.join());
    expect(verifierSettings(reading.registry, 'urn:holdfast').providers).toMatchObject([
      { id: 'att', audience: 'client-1.example' },
    ]);
  });

  test('says how a provider pushes, and where it departs from the standards', async () => {
    const digest = 'a1'.repeat(32);
    const folder = folderWith({
      'providers.yaml': `${REGISTRY}    push: { token_sha256: ['${digest}'] }\n    deviations: [google]\n`,
    });
    const reading = await readRegistry(join(folder, 'providers.yaml'), readText);
    if (reading.kind === 'invalid') throw new Error(reading.problems.join());
    expect(reading.registry.providers.get('att')).toMatchObject({
      push: { tokenDigests: [digest] },
      deviations: ['google'],
    });
  });

  test.each([
    ['push: yes', '`push` must be a mapping'],
    ['push: {}', '`token_sha256` must be a list of 1 to 2 entries'],
    ["push: { token_sha256: ['secret'] }", '`token_sha256` must hold SHA-256 digests of bearer tokens'],
    [`push: { token: x, token_sha256: ['${'a1'.repeat(32)}'] }`, 'unknown field `token`'],
    ['deviations: [yahoo]', '`deviations` may hold only google, not `yahoo`'],
  ])('%s: says what is wrong', async (line, problem) => {
    const problems = await problemsOf({ 'providers.yaml': `${REGISTRY}    ${line}\n` });
    expect(problems).toEqual([expect.stringContaining(problem)]);
    expect(problems.join()).not.toContain('secret');
  });

  test('two providers of one name, or of one issuer', async () => {
    const twice = `${REGISTRY}${REGISTRY.replace('providers:\n', '')}`;
    const problems = await problemsOf({ 'providers.yaml': twice });
    expect(problems.map((problem) => problem.replace(/^[^ ]+ /, ''))).toEqual([
      'a second provider with the id `att`',
      'a second provider with the issuer `https://mail.att.example`',
    ]);
  });
});

describe('key sets', () => {
  const withKeys = (text: string): Promise<string[]> => problemsOf({ 'att.jwks.json': text });

  test.each([
    ['no JSON', () => 'x', /is not JSON/],
    ['no keys', () => '{}', /has no list `keys`/],
    ['an empty set', () => '{"keys":[]}', /has 0 keys/],
    ['a private key', () => JSON.stringify({ keys: [privateJwk] }), /holds a private key/],
    [
      'a shared secret',
      () => '{"keys":[{"kid":"k","kty":"oct","k":"AAAA"}]}',
      /is of a kind that is not supported/,
    ],
    ['no kid', () => JSON.stringify({ keys: [{ ...publicJwk, kid: undefined }] }), /needs a `kid`/],
    [
      'one kid twice',
      () => JSON.stringify({ keys: [publicJwk, publicJwk] }),
      /a second key with the kid `k1`/,
    ],
    [
      'another alg',
      () => JSON.stringify({ keys: [{ ...publicJwk, alg: 'RS256' }] }),
      /its kind is for EdDSA/,
    ],
    [
      'for encryption',
      () => JSON.stringify({ keys: [{ ...publicJwk, use: 'enc' }] }),
      /is not for signatures/,
    ],
    ['a broken key', () => JSON.stringify({ keys: [{ ...publicJwk, x: 'AA' }] }), /is not a valid key/],
    ['a short RSA key', () => JSON.stringify({ keys: [shortRsa] }), /is shorter than 2048 bits/],
  ])('%s', async (_, make, message) => {
    expect((await withKeys(make())).join('\n')).toMatch(message);
  });

  test('an algorithm that the provider is not registered with', async () => {
    const text = REGISTRY.replace('[EdDSA, ES256, RS256]', '[ES256]');
    expect(await problemsOf({ 'providers.yaml': text })).toEqual([
      expect.stringContaining("not among this provider's `algorithms`"),
    ]);
  });

  test('files that are missing or wrong are named where they are written, without their secrets', async () => {
    expect(await problemsOf({ 'providers.yaml': REGISTRY.replace('att.jwks', 'gone.jwks') })).toEqual([
      'providers.yaml:5:11: `gone.jwks.json` cannot be read: ENOENT',
    ]);
    const [problem] = await problemsOf({ 'att.pair-keys.json': '{"k1":"c2VjcmV0"}' });
    expect(problem).toContain('providers.yaml:8:21');
    expect(problem).not.toContain('c2VjcmV0');
  });
});

describe('following the files', () => {
  function watchOf(folder: string) {
    const registries: ProviderRegistry[] = [];
    const refused: (readonly RegistryProblem[])[] = [];
    let wake: () => void = () => undefined;
    const watch = new RegistryWatch(join(folder, 'providers.yaml'), {
      changed: (registry) => {
        registries.push(registry);
        wake();
      },
      refused: (problems) => {
        refused.push(problems);
        wake();
      },
    });
    const next = (): Promise<void> =>
      new Promise((resolve) => {
        wake = resolve;
      });
    return { watch, registries, refused, next };
  }

  test('a change of any of them is taken up; a wrong one leaves the last good registry', async () => {
    const folder = folderWith({});
    const { watch, registries, refused, next } = watchOf(folder);
    await watch.start();
    expect(registries).toHaveLength(1);

    let heard = next();
    writeFileSync(join(folder, 'att.jwks.json'), 'nonsense');
    await heard;
    expect(refused).toHaveLength(1);
    expect(watch.registry).toBe(registries[0]);

    heard = next();
    writeFileSync(join(folder, 'new'), REGISTRY.replace('0.9', '0.5'));
    renameSync(join(folder, 'new'), join(folder, 'providers.yaml'));
    writeFileSync(join(folder, 'att.jwks.json'), jwks);
    await heard;
    expect(watch.registry.providers.get('att')?.maxConfidence).toBe(0.5);
    await watch.stop();
  });

  test('reading the same again tells nobody; a folder that is gone is survived', async () => {
    const folder = folderWith({});
    const { watch, registries, refused } = watchOf(folder);
    await watch.start();
    await watch.load();
    expect(registries).toHaveLength(1);
    rmSync(folder, { recursive: true });
    await watch.load();
    expect(refused).toHaveLength(1);
    expect(watch.registry).toBe(registries[0]);
    mkdirSync(folder);
    await watch.stop();
  });
});

/** 1024 bits, made for this test and used for nothing. */
const shortRsa = {
  kid: 'short',
  kty: 'RSA',
  e: 'AQAB',
  n: Buffer.concat([Buffer.from([0xc1]), Buffer.alloc(126, 0x5a), Buffer.from([0x01])]).toString('base64url'),
};
