import { isAbsolute, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Config,
  checkNodeVersion,
  describeConfig,
  formatListenAddress,
  readConfig,
} from '../src/config.js';

function valid(env: Record<string, string> = {}): Config {
  const result = readConfig(env);
  if (result.kind === 'invalid') throw new Error(result.problems.join('; '));
  return result.config;
}

function problems(env: Record<string, string>): readonly string[] {
  const result = readConfig(env);
  return result.kind === 'invalid' ? result.problems : [];
}

describe('reading', () => {
  test('nothing set gives the defaults', () => {
    const { origins, ...config } = valid({ HOME: '/root', PATH: '/bin' });
    expect(config).toMatchObject({
      grpcAddress: { kind: 'tcp', host: '127.0.0.1', port: 50051 },
      opsAddress: { kind: 'tcp', host: '127.0.0.1', port: 9464 },
      dataDir: resolve('data'),
      keysFile: resolve('data/keys.json'),
      policyMode: 'file',
      audit: 'durable',
      reflection: false,
      providersFile: undefined,
      natsUrl: undefined,
      feedAudience: 'urn:holdfast',
      feedStrict: false,
      logLevel: 'info',
      cacheBytes: 64 * 1024 * 1024,
      maxInFlight: 1024,
      shadowCpuPercent: 5,
    });
    expect(isAbsolute(config.policyFile)).toBe(true);
    expect(config.policyFile.endsWith('policies/default.yaml')).toBe(true);
    expect(new Set(origins.map(({ origin }) => origin))).toEqual(new Set(['default']));
  });

  test('an empty variable counts as absent', () => {
    expect(valid({ HOLDFAST_AUDIT: '', HOLDFAST_NATS_URL: ' ' })).toMatchObject({
      audit: 'durable',
      natsUrl: undefined,
    });
  });

  test('the keys follow the data folder unless they have a place of their own', () => {
    expect(valid({ HOLDFAST_DATA_DIR: '/var/lib/holdfast' }).keysFile).toBe('/var/lib/holdfast/keys.json');
    const apart = { HOLDFAST_DATA_DIR: '/var/lib/holdfast', HOLDFAST_KEYS_FILE: '/run/secrets/keys.json' };
    expect(valid(apart).keysFile).toBe('/run/secrets/keys.json');
  });

  test.each([
    ['0.0.0.0:0', { kind: 'tcp', host: '0.0.0.0', port: 0 }],
    ['[::1]:50051', { kind: 'tcp', host: '::1', port: 50051 }],
    ['risk.internal:65535', { kind: 'tcp', host: 'risk.internal', port: 65535 }],
    ['unix:/run/holdfast.sock', { kind: 'unix', path: '/run/holdfast.sock' }],
  ])('the gRPC address %s', (text, expected) => {
    const { grpcAddress } = valid({ HOLDFAST_GRPC_ADDRESS: text });
    expect(grpcAddress).toEqual(expected);
    expect(formatListenAddress(grpcAddress)).toBe(text);
  });

  test('several brokers', () => {
    const config = valid({ HOLDFAST_NATS_URL: 'nats://a:4222, tls://user:secret@b.example' });
    expect(config.natsUrl).toEqual(['nats://a:4222', 'tls://user:secret@b.example']);
  });
});

test.each([
  ['on', true],
  ['TRUE', true],
  ['1', true],
  ['off', false],
  ['False', false],
  ['0', false],
])('a switch may be written %s', (text, wanted) => {
  expect(valid({ HOLDFAST_REFLECTION: text }).reflection).toBe(wanted);
});

describe('what is wrong', () => {
  test.each([
    ['HOLDFAST_GRPC_ADDRESS', '50051'],
    ['HOLDFAST_GRPC_ADDRESS', '127.0.0.1:65536'],
    ['HOLDFAST_GRPC_ADDRESS', 'unix:relative.sock'],
    ['HOLDFAST_GRPC_ADDRESS', '::1:50051'],
    ['HOLDFAST_OPS_ADDRESS', 'unix:/run/ops.sock'],
    ['HOLDFAST_AUDIT', 'Durable'],
    ['HOLDFAST_REFLECTION', 'yes'],
    ['HOLDFAST_NATS_URL', 'localhost:4222'],
    ['HOLDFAST_NATS_URL', 'http://a'],
    ['HOLDFAST_NATS_URL', 'nats://a,'],
    ['HOLDFAST_FEED_AUDIENCE', 'urn with spaces'],
    ['HOLDFAST_LOG_LEVEL', 'verbose'],
    ['HOLDFAST_CACHE_BYTES', '64MiB'],
    ['HOLDFAST_CACHE_BYTES', '1'],
    ['HOLDFAST_MAX_IN_FLIGHT', '0'],
    ['HOLDFAST_MAX_IN_FLIGHT', '-5'],
    ['HOLDFAST_FEED_STRICT', '2'],
  ])('%s=%s', (variable, text) => {
    const found = problems({ [variable]: text });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(new RegExp(`^${variable} must be `));
  });

  test('all problems are found at once, and none shows a value', () => {
    const found = problems({
      HOLDFAST_AUDIT: 'canary',
      HOLDFAST_CACHE_BYTES: 'canary',
      HOLDFAST_NATS_URL: 'http://canary:canary@x',
      HOLDFAST_POLICY: 'canary',
    });
    expect(found).toHaveLength(4);
    expect(found.join()).not.toContain('canary');
  });

  test('a mistyped name', () => {
    expect(problems({ HOLDFAST_GRPC_ADRESS: 'x' })).toEqual([
      'HOLDFAST_GRPC_ADRESS is not a setting; did you mean HOLDFAST_GRPC_ADDRESS?',
    ]);
    expect(problems({ HOLDFAST_SOMETHING_ELSE: 'x' })).toEqual(['HOLDFAST_SOMETHING_ELSE is not a setting']);
  });

  test('any text at all is a value or a problem, never an exception (property)', () => {
    const variables = valid().origins.map(({ variable }) => variable);
    fc.assert(
      fc.property(fc.constantFrom(...variables), fc.string({ unit: 'binary' }), (variable, text) => {
        const result = readConfig({ [variable]: text });
        if (result.kind === 'invalid') expect(result.problems).toHaveLength(1);
        else expect(result.config.origins).toHaveLength(variables.length);
      }),
    );
  });
});

describe('showing', () => {
  const config = valid({
    HOLDFAST_NATS_URL: 'nats://user:p@ss@host:4222?token=t0ken,nats://s3cret@other',
    HOLDFAST_CACHE_BYTES: '2000000',
  });

  test('a table with value, unit and origin', () => {
    const lines = describeConfig(config, 'table').split('\n');
    expect(lines[0]).toMatch(/^VARIABLE +VALUE +FROM +MEANING$/);
    expect(lines).toHaveLength(config.origins.length + 1);
    expect(lines.find((line) => line.startsWith('HOLDFAST_CACHE_BYTES'))).toMatch(/2000000 bytes +env /);
    expect(lines.find((line) => line.startsWith('HOLDFAST_PROVIDERS_FILE'))).toMatch(/ - +default /);
  });

  test('JSON for programs', () => {
    const settings: { variable: string; value: string | null; origin: string }[] = JSON.parse(
      describeConfig(config, 'json'),
    );
    expect(settings).toContainEqual(
      expect.objectContaining({ variable: 'HOLDFAST_AUDIT', value: 'durable', origin: 'default' }),
    );
    expect(settings).toContainEqual(
      expect.objectContaining({ variable: 'HOLDFAST_PROVIDERS_FILE', value: null }),
    );
  });

  test('credentials are masked', () => {
    for (const form of ['table', 'json'] as const) {
      const text = describeConfig(config, form);
      expect(text).toContain('nats://***@host:4222,nats://***@other');
      for (const secret of ['p@ss', 'user', 't0ken', 's3cret']) expect(text).not.toContain(secret);
    }
  });
});

describe('the version of Node', () => {
  test.each(['18.20.0', '20.18.3', '21.7.0'])('%s is refused', (version) => {
    expect(checkNodeVersion(version)).toMatchObject({ kind: 'refused' });
  });

  test.each(['20.19.0', '20.20.1', '22.22.1', '24.14.0', '23.5.0'])('%s serves with advice', (version) => {
    expect(checkNodeVersion(version)).toMatchObject({
      kind: 'accepted',
      advice: expect.stringContaining('CVE-2026-21714'),
    });
  });

  test.each(['20.20.2', '22.22.2', '24.14.1', '26.0.0'])('%s serves', (version) => {
    expect(checkNodeVersion(version)).toEqual({ kind: 'accepted', advice: undefined });
  });
});
