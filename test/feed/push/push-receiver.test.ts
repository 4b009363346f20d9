import { connect } from 'node:net';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { RISC, VERIFICATION } from '../../../src/feed/event-types.js';
import { decodeFeedRecord } from '../../../src/feed/feed-record.js';
import type { SigningKey } from '../../../src/feed/provider/sign-token.js';
import { MAX_PUSHES_PER_PROVIDER } from '../../../src/feed/push/push-http.js';
import type { RegisteredProvider } from '../../../src/feed/registry.js';
import { NOW_MS } from '../../identity/fixtures.js';
import { bytesOf, type ProviderFixture, providerFixture, token } from '../fixtures.js';
import { PushWorld, sha256Hex } from './push-world.js';

let fixture: ProviderFixture;
let att: RegisteredProvider;
let acme: RegisteredProvider;
let acmeKey: SigningKey;
beforeAll(async () => {
  fixture = await providerFixture();
  att = { ...fixture.provider, push: { tokenDigests: [sha256Hex('att-secret')] } };
  const other = await providerFixture();
  acmeKey = other.signing.EdDSA;
  acme = {
    ...other.provider,
    id: 'acme',
    issuer: 'https://mail.acme.example',
    domains: ['acme.example'],
    push: { tokenDigests: [sha256Hex('acme-secret')] },
  };
});

const running: PushWorld[] = [];
afterEach(async () => {
  for (const world of running.splice(0)) await world.stop();
});

async function startWorld(
  providers: readonly RegisteredProvider[] = [att, acme],
  options: ConstructorParameters<typeof PushWorld>[1] = {},
): Promise<PushWorld> {
  const world = new PushWorld(providers, options);
  running.push(world);
  await world.start();
  return world;
}

async function errorOf(response: Response): Promise<unknown> {
  const body: unknown = await response.json();
  return { status: response.status, ...(typeof body === 'object' ? body : {}) };
}

const heartbeat = { eventType: VERIFICATION, event: {}, subject: { format: 'opaque', id: 'x' } } as const;

describe('a push that is taken', () => {
  test('is answered 202 without a body, is in the log, and counts in the next answer', async () => {
    const world = await startWorld();
    const response = await world.push(await token(fixture.signing.EdDSA));
    expect(response.status).toBe(202);
    expect(await response.text()).toBe('');
    expect(world.log.lastPosition).toBe(1);
    expect(world.events('victim@att.net')).toEqual(['CREDENTIAL_COMPROMISE']);
    expect(world.answered).toEqual([['att-feed', 202]]);
  });

  test('is not answered before it is on disk', async () => {
    const world = await startWorld();
    world.disk.hold();
    const asked = world.disk.nextAsked();
    let isAnswered = false;
    const push = world.push(await token(fixture.signing.EdDSA)).then((response) => {
      isAnswered = true;
      return response;
    });
    await asked;
    await new Promise((resolve) => setImmediate(resolve));
    expect(isAnswered).toBe(false);
    expect(world.log.lastPosition).toBe(0);
    world.disk.pass();
    expect((await push).status).toBe(202);
  });

  test('comes again: 202, and nothing changes', async () => {
    const world = await startWorld();
    const bytes = await token(fixture.signing.EdDSA);
    for (let times = 0; times < 3; times++) expect((await world.push(bytes)).status).toBe(202);
    expect(world.log.lastPosition).toBe(1);
    expect(world.table.record('att-feed')).toMatchObject({ acceptedCount: 1, duplicateCount: 2 });
  });

  test('its number and heartbeats are in the state when it is answered: a crash makes no gap', async () => {
    const world = await startWorld();
    expect((await world.push(await token(fixture.signing.EdDSA, { jti: 'a', seq: 7 }))).status).toBe(202);
    const beat = await token(fixture.signing.EdDSA, { jti: 'b', seq: 8, ...heartbeat });
    expect((await world.push(beat)).status).toBe(202);
    const stored = world.state.get('feeds', 'att-feed');
    expect(stored && decodeFeedRecord(stored)).toMatchObject({
      sequence: { first: 7, last: 8, gaps: [] },
      heartbeatAt: NOW_MS,
      acceptedCount: 1,
    });
  });

  test('makes its feed FRESH without any broker; a missing number makes it STALE', async () => {
    const world = await startWorld();
    expect(world.stateOf()).toBe('SILENT');
    await world.push(await token(fixture.signing.EdDSA, { jti: 'a', seq: 1, ...heartbeat }));
    expect(world.stateOf()).toBe('FRESH');
    await world.push(await token(fixture.signing.EdDSA, { jti: 'c', seq: 3 }));
    expect(world.stateOf()).toBe('STALE');
    await world.push(await token(fixture.signing.EdDSA, { jti: 'b', seq: 2 }));
    expect(world.stateOf()).toBe('FRESH');
  });

  test('many at once share flushes, and each is taken once', async () => {
    const world = await startWorld();
    const tokens = await Promise.all(
      Array.from({ length: 60 }, (_, n) => token(fixture.signing.EdDSA, { jti: `j${n}`, seq: n + 1 })),
    );
    // A fast disk may be done before the next request is read; a held one shows what shares a flush.
    world.disk.hold();
    const pushes = Promise.all(tokens.map((bytes) => world.push(bytes)));
    await expect.poll(() => world.journal.head).toBe(60);
    world.disk.pass();
    const answers = await pushes;
    expect(answers.map(({ status }) => status)).toEqual(tokens.map(() => 202));
    expect(world.log.lastPosition).toBe(60);
    // The first that came, and all that came while its flush was held.
    expect(world.disk.asked).toBeLessThanOrEqual(2);
    expect(world.table.record('att-feed')).toMatchObject({
      acceptedCount: 60,
      sequence: { first: 1, last: 60, gaps: [] },
    });
  });
});

describe('a push that cannot be recorded', () => {
  test('503 while the log cannot be written; the same token later counts once', async () => {
    const world = await startWorld();
    const bytes = await token(fixture.signing.EdDSA);
    world.disk.fail();
    const first = await world.push(bytes);
    expect(first.status).toBe(503);
    expect(first.headers.get('retry-after')).toBe('5');
    // The flush is known to fail by now: the log takes nothing at all.
    const second = await world.push(await token(fixture.signing.EdDSA, { jti: 'other', seq: 2 }));
    expect(second.status).toBe(503);
    expect(world.table.record('att-feed').sequence).toMatchObject({ last: 1 });
    const recovered = new Promise<void>((resolve) =>
      world.journal.onStateChange((state) => state === 'ok' && resolve()),
    );
    world.disk.pass();
    await recovered;
    expect((await world.push(bytes)).status).toBe(202);
    expect(world.log.lastPosition).toBe(1);
    expect(world.events('victim@att.net')).toHaveLength(1);
  });

  test('503 while the state cannot be written: the number of the token would be lost', async () => {
    const world = await startWorld();
    world.stateDisk.fail();
    const bytes = await token(fixture.signing.EdDSA);
    expect((await world.push(bytes)).status).toBe(503);
    world.stateDisk.pass();
    await expect.poll(async () => (await world.push(bytes)).status).toBe(202);
  });

  test('503 when the verifier is gone', async () => {
    const world = await startWorld([att], {
      verifier: {
        settingsCount: 0,
        verifyBatch: () => Promise.reject(new Error('the verifier is closed')),
        replaceSettings: () => undefined,
        close: async () => undefined,
      },
    });
    expect((await world.push(bytesOf('x'))).status).toBe(503);
  });
});

describe('a push whose token is refused', () => {
  const cases: [string, string, () => Promise<Uint8Array>][] = [
    ['MALFORMED', 'invalid_request', async () => bytesOf('no token')],
    [
      'ISSUER_MISMATCH',
      'invalid_issuer',
      () => token(fixture.signing.EdDSA, { issuer: 'https://x.example' }),
    ],
    ['AUDIENCE_MISMATCH', 'invalid_audience', () => token(fixture.signing.EdDSA, { audience: 'urn:else' })],
    ['ALGORITHM_REFUSED', 'invalid_key', () => token({ ...fixture.signing.ES256, kid: 'ed' })],
    [
      'NOT_AUTHORISED',
      'access_denied',
      () => token(fixture.signing.EdDSA, { subject: { format: 'email', email: 'canary@gmail.com' } }),
    ],
    [
      'ISSUED_IN_FUTURE',
      'invalid_request',
      () => token(fixture.signing.EdDSA, { issuedAt: NOW_MS + 86_400_000 }),
    ],
    ['EVENT_INVALID', 'invalid_request', () => token(fixture.signing.EdDSA, { event: {} })],
  ];
  test.each(cases)('%s: 400 %s, set aside, nothing recorded', async (reason, err, make) => {
    const world = await startWorld();
    const answer = await errorOf(await world.push(await make()));
    expect(answer).toEqual({ status: 400, err, description: expect.stringMatching(`^${reason}: `) });
    expect(JSON.stringify(answer)).not.toContain('canary');
    expect(world.log.lastPosition).toBe(0);
    expect(world.refused).toEqual([reason]);
    expect(world.quarantine.list({ limit: 10 })).toMatchObject([
      { provider: 'att-feed', reason, created: '', sequence: 0 },
    ]);
  });

  test('the record of what was set aside is on disk when the sender hears of it', async () => {
    const world = await startWorld();
    await world.push(bytesOf('no token'));
    expect([...world.state.range('quarantine', {})]).toHaveLength(1);
  });

  test('sent again it is set aside once; good after a change of the registry, it counts and leaves', async () => {
    const world = await startWorld([{ ...att, subjects: ['opaque'] }]);
    const bytes = await token(fixture.signing.EdDSA, {
      subject: { format: 'email', email: 'victim@att.net' },
    });
    expect((await world.push(bytes)).status).toBe(400);
    expect((await world.push(bytes)).status).toBe(400);
    expect(world.table.record('att-feed').refused).toEqual({ SUBJECT_FORMAT_REFUSED: 1 });
    expect(world.quarantine.list({ limit: 10 })).toHaveLength(1);
    world.register([att]);
    expect((await world.push(bytes)).status).toBe(202);
    expect(world.quarantine.list({ limit: 10 })).toEqual([]);
  });

  test('an unknown key is 503: its sender keeps the event until we have the key', async () => {
    const world = await startWorld([{ ...att, keys: [] }]);
    const bytes = await token(fixture.signing.EdDSA);
    const response = await world.push(bytes);
    expect(response.headers.get('retry-after')).toBe('30');
    expect(await errorOf(response)).toMatchObject({ status: 503, err: 'invalid_key' });
    expect(world.missed).toEqual(['att-feed']);
    expect(world.quarantine.list({ limit: 10 })).toEqual([]);
    expect(world.table.record('att-feed').refused).toEqual({ KEY_UNKNOWN: 1 });
    world.register([att]);
    expect((await world.push(bytes)).status).toBe(202);
    expect(world.events('victim@att.net')).toHaveLength(1);
  });

  test('a bad one does not hold up the good one beside it', async () => {
    const world = await startWorld();
    const [bad, good] = await Promise.all([
      world.push(bytesOf('a.b')),
      world.push(await token(fixture.signing.EdDSA)),
    ]);
    expect([bad.status, good.status]).toEqual([400, 202]);
  });

  test('own keys of one provider do not let it speak for another', async () => {
    const world = await startWorld();
    const bytes = await token(fixture.signing.EdDSA);
    const answer = await errorOf(await world.push(bytes, { provider: 'acme', token: 'acme-secret' }));
    expect(answer).toMatchObject({ status: 400, err: 'invalid_key' });
    expect(world.log.lastPosition).toBe(0);
  });
});

describe('who may push', () => {
  test('401 without a token, with a wrong one, and for a provider nobody registered: all alike', async () => {
    const world = await startWorld();
    const bytes = await token(fixture.signing.EdDSA);
    const answers = await Promise.all([
      world.push(bytes, { token: '' }),
      world.push(bytes, { token: 'guess' }),
      world.push(bytes, { token: 'guess', provider: 'nobody' }),
      world.push(bytes, { token: '', headers: { authorization: 'Basic YXR0OnNlY3JldA==' } }),
    ]);
    for (const response of answers) {
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect(await errorOf(response)).toEqual({
        status: 401,
        err: 'authentication_failed',
        description: 'needs `Authorization: Bearer` with a token that is registered for this provider',
      });
    }
    expect(world.answered).toEqual(answers.map(() => ['', 401]));
    expect(world.log.lastPosition).toBe(0);
  });

  test('403 with the token of another provider', async () => {
    const world = await startWorld();
    const bytes = await token(fixture.signing.EdDSA);
    expect(await errorOf(await world.push(bytes, { token: 'acme-secret' }))).toMatchObject({
      status: 403,
      err: 'access_denied',
    });
  });

  test('two tokens are good while one replaces the other; a provider without `push` has none', async () => {
    const world = await startWorld([
      { ...att, push: { tokenDigests: [sha256Hex('new'), sha256Hex('old')] } },
      { ...fixture.provider, id: 'on-nats', issuer: 'https://nats.example' },
    ]);
    const bytes = await token(fixture.signing.EdDSA);
    expect((await world.push(bytes, { token: 'new' })).status).toBe(202);
    expect((await world.push(bytes, { token: 'old' })).status).toBe(202);
    expect((await world.push(bytes, { token: 'new', provider: 'on-nats' })).status).toBe(403);
    world.register([{ ...att, push: { tokenDigests: [sha256Hex('new')] } }]);
    expect((await world.push(bytes, { token: 'old' })).status).toBe(401);
  });
});

describe('a request that is no push', () => {
  const chunked = (size: number): ReadableStream =>
    new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array(size));
        controller.close();
      },
    });

  test.each([
    ['another path', 404, { path: '/' }],
    ['a query', 404, { path: '/feeds/att-feed?x=1' }],
    ['a name that is none', 404, { path: '/feeds/..%2f' }],
    ['another method', 405, { method: 'PUT' }],
    ['a GET', 405, { method: 'GET' }],
    ['another type', 415, { headers: { 'content-type': 'application/json' } }],
    ['a compressed body', 415, { headers: { 'content-encoding': 'gzip' } }],
    ['no wish for JSON', 406, { headers: { accept: 'text/html' } }],
  ])('%s: %i', async (_, status, options) => {
    const world = await startWorld();
    const response = await world.push(await token(fixture.signing.EdDSA), options);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ err: 'invalid_request' });
    expect(response.headers.get('allow')).toBe(status === 405 ? 'POST' : null);
    expect(world.log.lastPosition).toBe(0);
  });

  test('fault 12: a body above 8 KB is 413, whether its length is told or not; the next push is taken', async () => {
    const world = await startWorld();
    expect((await world.push(new Uint8Array(8_193))).status).toBe(413);
    expect((await world.push(chunked(8_193))).status).toBe(413);
    expect((await world.push(chunked(0))).status).toBe(400);
    expect((await world.push(await token(fixture.signing.EdDSA))).status).toBe(202);
  });

  test('media types may carry parameters and any case; JSON may be admitted by a range', async () => {
    const world = await startWorld();
    const headers = {
      'content-type': 'Application/SecEvent+JWT; charset=utf-8',
      accept: 'text/html, */*;q=0.1',
    };
    expect((await world.push(await token(fixture.signing.EdDSA), { headers })).status).toBe(202);
  });
});

describe('a sender that takes too much', () => {
  /** Writes, then reads until the other side closes. */
  function rawExchange(port: number, text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(text));
      let answer = '';
      socket.on('data', (chunk) => {
        answer += chunk.toString();
      });
      socket.on('close', () => resolve(answer));
      socket.on('error', reject);
    });
  }

  test('one body too slow, one header too slow: both are cut', async () => {
    const world = await startWorld([att], { timeouts: { headersMs: 100, requestMs: 200, checkMs: 20 } });
    const head = 'POST /feeds/att-feed HTTP/1.1\r\nHost: x\r\n';
    const fields = 'Authorization: Bearer att-secret\r\nContent-Type: application/secevent+jwt\r\n';
    expect(await rawExchange(world.port, head)).toContain('408');
    expect(await rawExchange(world.port, `${head}${fields}Content-Length: 100\r\n\r\nabc`)).toContain('408');
    expect((await world.push(await token(fixture.signing.EdDSA))).status).toBe(202);
  });

  test('headers above 8 KB are 431', async () => {
    const world = await startWorld();
    const text = `POST /feeds/att-feed HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(9_000)}\r\n\r\n`;
    expect(await rawExchange(world.port, text)).toContain('431');
  });

  test('two lengths in one request, and bytes that are no HTTP, are 400', async () => {
    const world = await startWorld();
    const text =
      'POST /feeds/att-feed HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab';
    expect(await rawExchange(world.port, text)).toContain('400');
    expect(await rawExchange(world.port, '\u0000\u0001\r\n\r\n')).toContain('400');
  });

  test('429 beyond its share of pushes in flight; other providers keep theirs', async () => {
    const world = await startWorld();
    world.disk.hold();
    const tokens = await Promise.all(
      Array.from({ length: MAX_PUSHES_PER_PROVIDER + 1 }, (_, n) =>
        token(fixture.signing.EdDSA, { jti: `j${n}`, seq: n }),
      ),
    );
    const pushes = tokens.map((bytes) => world.push(bytes));
    // The disk is held: nothing is answered but the one that is too many.
    const first = await Promise.race(pushes);
    expect(first.status).toBe(429);
    expect(first.headers.get('retry-after')).toBe('1');
    expect(world.answered).toEqual([['att-feed', 429]]);
    const other = world.push(await token(acmeKey, { issuer: acme.issuer, ...heartbeat }), {
      provider: 'acme',
      token: 'acme-secret',
    });
    world.disk.pass();
    expect((await other).status).toBe(202);
    const statuses = (await Promise.all(pushes)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 202)).toHaveLength(MAX_PUSHES_PER_PROVIDER);
  });
});

describe('faults on either side', () => {
  test('a sender that goes away before its answer: what it pushed counts, and others are served', async () => {
    const world = await startWorld();
    world.disk.hold();
    const asked = world.disk.nextAsked();
    const body = Buffer.from(await token(fixture.signing.EdDSA)).toString();
    const fields =
      'Host: x\r\nAuthorization: Bearer att-secret\r\nContent-Type: application/secevent+jwt\r\n';
    const socket = connect(world.port, '127.0.0.1', () => {
      socket.write(`POST /feeds/att-feed HTTP/1.1\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`);
    });
    await asked;
    socket.destroy();
    world.disk.pass();
    expect((await world.push(await token(fixture.signing.EdDSA))).status).toBe(202);
    expect(world.log.lastPosition).toBe(1);
    expect(world.table.record('att-feed')).toMatchObject({ acceptedCount: 1, duplicateCount: 1 });
  });

  test('our own fault while taking one in is 500 and set aside; the next is taken', async () => {
    const world = await startWorld();
    const applyBody = world.view.applyBody.bind(world.view);
    world.view.applyBody = () => {
      throw new RangeError('poison');
    };
    expect((await world.push(await token(fixture.signing.EdDSA, { jti: 'p' }))).status).toBe(500);
    world.view.applyBody = applyBody;
    expect(world.quarantine.list({ limit: 10 })).toMatchObject([{ reason: 'HANDLER_FAILED' }]);
    expect((await world.push(await token(fixture.signing.EdDSA, { jti: 'q' }))).status).toBe(202);
  });

  test('a fault where none is expected leaves nobody waiting', async () => {
    const world = await startWorld();
    const save = world.table.save.bind(world.table);
    world.table.save = () => {
      throw new RangeError('no place');
    };
    expect((await world.push(await token(fixture.signing.EdDSA))).status).toBe(500);
    world.table.save = save;
    expect((await world.push(await token(fixture.signing.EdDSA))).status).toBe(202);
  });
});

describe('stopping', () => {
  test('what is in flight is answered, then nobody listens', async () => {
    const world = await startWorld();
    world.disk.hold();
    const asked = world.disk.nextAsked();
    const push = world.push(
      await token(fixture.signing.EdDSA, { eventType: `${RISC}account-purged`, event: {} }),
    );
    await asked;
    const stopped = world.receiver.stop();
    world.disk.pass();
    expect((await push).status).toBe(202);
    await stopped;
    await expect(world.push(bytesOf('x'))).rejects.toThrow();
    expect(world.events('victim@att.net')).toEqual(['ACCOUNT_PURGED']);
  });
});
