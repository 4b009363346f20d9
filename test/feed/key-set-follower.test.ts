import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ALGORITHMS } from '../../src/feed/jwks.js';
import { fetchKeySet, MAX_KEY_SET_BYTES } from '../../src/feed/key-set-fetch.js';
import { readSavedKeySet } from '../../src/feed/key-set-file.js';
import { KeySetFollower, type KeySetHappening } from '../../src/feed/key-set-follower.js';
import type { KeySetTimes } from '../../src/feed/key-set-schedule.js';
import { generateSigningKey } from '../../src/feed/provider/key-files.js';
import { tempFolder } from '../store/temp-folder.js';
import { KeySetServer } from './key-set-server.js';

type Jwk = Readonly<Record<string, unknown>>;
let a: Jwk;
let b: Jwk;
let c: Jwk;
beforeAll(async () => {
  a = (await generateSigningKey('a', 'EdDSA')).publicJwk;
  b = (await generateSigningKey('b', 'EdDSA')).publicJwk;
  c = (await generateSigningKey('c', 'EdDSA')).publicJwk;
});

const ending: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

async function startServer(): Promise<KeySetServer> {
  const server = await KeySetServer.start();
  ending.push(() => server.stop());
  return server;
}

/** Failures and misses are followed at once, so that no test waits. */
const QUICK: KeySetTimes = { floorMs: 1, firstRetryMs: 1, missedMs: 1, timeoutMs: 10_000 };

function follow(url: string, options: { file?: string; refreshMs?: number; times?: KeySetTimes } = {}) {
  const happenings: KeySetHappening[] = [];
  let wake: (() => void)[] = [];
  let changes = 0;
  const follower = new KeySetFollower({
    address: { url, refreshMs: options.refreshMs ?? 3_600_000 },
    algorithms: ALGORITHMS,
    file: options.file,
    times: options.times ?? QUICK,
    nowMs: Date.now,
    random: () => 0,
    changed: () => void changes++,
    happened: (happening) => {
      happenings.push(happening);
      const waiting = wake;
      wake = [];
      for (const resolve of waiting) resolve();
    },
  });
  ending.push(() => follower.stop());
  const until = async (kind: KeySetHappening['kind'], count = 1): Promise<void> => {
    while (happenings.filter((happening) => happening.kind === kind).length < count) {
      await new Promise<void>((resolve) => wake.push(resolve));
    }
  };
  const kids = (): string[] => follower.held.map(({ key, leftAt }) => (leftAt ? `(${key.kid})` : key.kid));
  return { follower, happenings, until, kids, changes: () => changes };
}

describe('following a key set', () => {
  test('takes what is there, asks again as its server says, and takes what changed', async () => {
    const server = await startServer();
    server.serveKeys([a], { 'cache-control': 'max-age=0' });
    const { follower, until, kids, changes, happenings } = follow(server.url);
    await follower.start();
    await until('taken');
    expect(kids()).toEqual(['a']);
    await until('confirmed', 2);
    expect(server.requests.at(-1)?.headers['if-none-match']).toMatch(/^".+"$/);
    server.serveKeys([b, a]);
    await until('taken', 2);
    server.serveKeys([b]);
    follower.missed();
    await until('taken', 3);
    expect(kids()).toEqual(['b', '(a)']);
    expect(changes()).toBe(3);
    expect(happenings.at(-1)).toEqual({
      kind: 'taken',
      source: 'fetched',
      keyCount: 1,
      retiredCount: 1,
      skipped: [],
    });
  });

  test('a bad answer never replaces a good set', async () => {
    const server = await startServer();
    server.serveKeys([a]);
    const { follower, until, kids, happenings, changes } = follow(server.url);
    await follower.start();
    await until('taken');
    const bad: [number, string, string][] = [
      [200, '{"keys":[]}', 'has 0 keys; 1 to 32 are allowed'],
      [200, '', 'is not JSON'],
      [200, '<html>sign in</html>', 'is not JSON'],
      [200, JSON.stringify({ keys: [b, b] }), 'key 2: a second key with the kid `b`'],
      [
        200,
        JSON.stringify({ keys: [{ ...b, kid: 'a' }] }),
        '`a` was another key before: a new key needs a new `kid`',
      ],
      [200, JSON.stringify({ keys: [{ ...a, use: 'enc' }] }), 'has no usable key'],
      [404, JSON.stringify({ keys: [b] }), 'it answers with status 404'],
      [500, '', 'it answers with status 500'],
    ];
    for (const [status, body, problem] of bad) {
      happenings.length = 0;
      server.answer((_, response) => void response.writeHead(status).end(body));
      const kind = status === 200 ? 'refused' : 'unavailable';
      // The second look surely began after the answer was changed.
      for (const looks of [1, 2]) {
        follower.missed();
        await until(kind, looks);
      }
      expect(JSON.stringify(happenings.at(-1))).toContain(JSON.stringify(problem).slice(1, -1));
      expect(kids()).toEqual(['a']);
    }
    expect(changes()).toBe(1);
    server.serveKeys([c, a]);
    follower.missed();
    await until('taken');
    expect(kids()).toEqual(['c', 'a']);
  });

  test('keys that are not for us are left out and named', async () => {
    const server = await startServer();
    server.serveKeys([{ kid: 'p', kty: 'EC', crv: 'P-384', x: 'AA', y: 'AA' }, a, { kty: 'oct', k: 'AA' }]);
    const { follower, until, kids, happenings } = follow(server.url);
    await follower.start();
    await until('taken');
    expect(kids()).toEqual(['a']);
    expect(happenings[0]).toMatchObject({
      skipped: [
        'key 1: `p` is of a kind that is not supported; use Ed25519, EC P-256 or RSA',
        expect.stringContaining('key 3: needs a `kid`'),
      ],
    });
  });

  test('missed keys ask for a look no oftener than allowed', async () => {
    const server = await startServer();
    server.serveKeys([a]);
    const { follower, until } = follow(server.url, { times: { ...QUICK, missedMs: 3_600_000 } });
    await follower.start();
    await until('taken');
    for (let n = 0; n < 1_000; n++) follower.missed();
    await new Promise((resolve) => setImmediate(resolve));
    expect(server.requests).toHaveLength(1);
  });
});

describe('the set kept on disk', () => {
  test('is used when the address cannot be reached, with the keys that left', async () => {
    const server = await startServer();
    const file = join(tempFolder(), 'key-sets', 'att.json');
    server.serveKeys([a, b]);
    const before = follow(server.url, { file });
    await before.follower.start();
    await before.until('taken');
    server.serveKeys([b]);
    before.follower.missed();
    await before.until('taken', 2);
    await before.follower.stop();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(file, '..')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(file, '..'))).toEqual(['att.json']);
    await server.stop();

    const after = follow(server.url, { file });
    await after.follower.start();
    expect(after.kids()).toEqual(['b', '(a)']);
    expect(after.happenings[0]).toMatchObject({ kind: 'taken', source: 'saved', keyCount: 1 });
    expect(after.follower.checkedAt).toBe(before.follower.checkedAt);
    await after.until('unavailable');
    expect(after.kids()).toEqual(['b', '(a)']);
  });

  test('is not used for another address, nor for an algorithm that is not registered any more', async () => {
    const server = await startServer();
    const file = join(tempFolder(), 'att.json');
    server.serveKeys([a]);
    const before = follow(server.url, { file });
    await before.follower.start();
    await before.until('taken');
    await before.follower.stop();
    await server.stop();
    const moved = follow('http://127.0.0.1:1/elsewhere', { file });
    await moved.follower.start();
    expect(moved.kids()).toEqual([]);
    const reading = await readSavedKeySet(file, ['RS256']);
    expect(reading.kind === 'read' && reading.saved.held).toEqual([]);
  });

  test('is ignored with a warning when it is not what was written', async () => {
    const server = await startServer();
    const file = join(tempFolder(), 'att.json');
    server.serveKeys([a]);
    const before = follow(server.url, { file });
    await before.follower.start();
    await before.until('taken');
    await before.follower.stop();
    const text = readFileSync(file, 'utf8');
    const damages = [
      text.slice(0, text.length / 2),
      text.replace('"kid": "a"', '"kid": "z"'),
      text.replace('"format": 1', '"format": 2'),
      '',
      '[]',
    ];
    for (const damaged of damages) {
      writeFileSync(file, damaged);
      const { follower, happenings, kids, until } = follow(server.url, { file });
      await follower.start();
      expect(happenings[0]?.kind).toBe('file-ignored');
      expect(kids()).toEqual([]);
      await until('taken');
      await follower.stop();
      expect(readFileSync(file, 'utf8')).toContain('"kid": "a"');
    }
  });

  test('a folder that cannot be written costs only the next start', async () => {
    const server = await startServer();
    server.serveKeys([a]);
    const file = join(tempFolder(), 'not-a-folder', 'att.json');
    writeFileSync(join(file, '..'), '');
    chmodSync(join(file, '..'), 0o600);
    const { follower, until, kids } = follow(server.url, { file });
    await follower.start();
    await until('not-saved');
    expect(kids()).toEqual(['a']);
  });
});

describe('fetching', () => {
  const signal = new AbortController().signal;
  const fetched = (url: string, timeoutMs = 10_000) =>
    fetchKeySet({ url, etag: undefined, timeoutMs, signal });

  test('goes where its own host sends it, three times at most, and nowhere else', async () => {
    const server = await startServer();
    const other = await startServer();
    other.serveKeys([b]);
    const to: Record<string, string> = {
      '/keys': '/1',
      '/1': '/2',
      '/loop': '/loop',
      '/away': other.url,
    };
    server.answer((request, response) => {
      const location = to[request.url ?? ''];
      if (location === undefined) response.end('{}');
      else response.writeHead(302, { location }).end();
    });
    expect(await fetched(server.url)).toEqual({ kind: 'fetched', text: '{}' });
    expect(await fetched(server.url.replace('keys', 'loop'))).toMatchObject({
      cause: 'it redirects more than 3 times',
    });
    expect(await fetched(server.url.replace('keys', 'away'))).toMatchObject({
      cause: expect.stringContaining('redirects to another host'),
    });
    expect(other.requests).toEqual([]);
  });

  test('reads no more than it needs, packed or not', async () => {
    const server = await startServer();
    const large = Buffer.alloc(MAX_KEY_SET_BYTES + 1, 'x');
    server.answer((_, response) => void response.end(large.subarray(1)));
    expect(await fetched(server.url)).toMatchObject({ kind: 'fetched' });
    server.answer((_, response) => void response.end(large));
    const tooLarge = { kind: 'failed', cause: `it is larger than ${MAX_KEY_SET_BYTES} bytes` };
    expect(await fetched(server.url)).toEqual(tooLarge);
    server.answer((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(gzipSync(Buffer.alloc(50_000_000)));
    });
    expect(await fetched(server.url)).toEqual(tooLarge);
  });

  test('gives up on a server that is silent, slow, or not there', async () => {
    const server = await startServer();
    server.answer(() => undefined);
    expect(await fetched(server.url, 50)).toEqual({ kind: 'failed', cause: 'no answer within 50 ms' });
    server.answer((_, response) => void response.writeHead(200).write('{'));
    expect(await fetched(server.url, 50)).toEqual({ kind: 'failed', cause: 'no answer within 50 ms' });
    const gone = await startServer();
    await gone.stop();
    expect(await fetched(gone.url)).toEqual({
      kind: 'failed',
      cause: 'it cannot be reached: ECONNREFUSED',
    });
  });

  test('an unasked 304 is no answer', async () => {
    const server = await startServer();
    server.answer((_, response) => void response.writeHead(304).end());
    expect(await fetched(server.url)).toEqual({ kind: 'failed', cause: 'it answers with status 304' });
  });
});
