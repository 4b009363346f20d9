import fc from 'fast-check';
import { CompactSign, importJWK } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { mapToken } from '../../src/feed/map-event.js';
import { MAX_TOKEN_BYTES } from '../../src/feed/token.js';
import { TokenVerifier, type Verification, verifierSettings } from '../../src/feed/verify.js';
import { NOW_MS } from '../identity/fixtures.js';
import {
  AUDIENCE,
  bytesOf,
  content,
  ISSUER,
  type ProviderFixture,
  providerFixture,
  pseudonyms,
  token,
} from './fixtures.js';

/** More for a campaign: `FUZZ_RUNS=100000 npx vitest run test/feed/token-fuzz.test.ts`. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 500);

const SUBJECT = 'holdfast.feed.att-feed';

let fixture: ProviderFixture;
let verifier: TokenVerifier;
/** Two honest tokens that say different things. */
let originals: readonly string[];
let statements: ReadonlyMap<string, Verification>;

beforeAll(async () => {
  fixture = await providerFixture({ deviations: ['google'] });
  const registry = { providers: new Map([[fixture.provider.id, fixture.provider]]) };
  verifier = new TokenVerifier(verifierSettings(registry, AUDIENCE));
  const { EdDSA, ES256, RS256 } = fixture.signing;
  const email = { format: 'email', email: 'canary@att.net' } as const;
  const made = await Promise.all([
    token(EdDSA, { jti: 'one', seq: 1, subject: email }),
    token(ES256, { jti: 'two', seq: 2, event: { credential_type: 'password', confidence: 0.5 } }),
    token(RS256, {
      jti: 'three',
      seq: 3,
      event: { credential_type: 'x', reason_admin: { en: 'unauthorised' } },
    }),
  ]);
  originals = made.map((bytes) => Buffer.from(bytes).toString());
  const verified = await Promise.all(made.map((bytes) => verify(bytes)));
  expect(verified.map(({ kind }) => kind)).toEqual(['verified', 'verified', 'verified']);
  statements = new Map(originals.map((text, index) => [text, verified[index] ?? fail()]));
});

function fail(): never {
  throw new Error('an honest token was not verified');
}

function verify(bytes: Uint8Array): Promise<Verification> {
  return verifier.verify(SUBJECT, bytes, NOW_MS);
}

/** Whatever came of it, it says nothing that no original says, and quotes nobody. */
async function expectNothingNew(bytes: Uint8Array): Promise<void> {
  const result = await verify(bytes);
  if (result.kind === 'refused') expect(result.detail).not.toContain('canary');
  else expect([...statements.values()]).toContainEqual(result);
}

/** Changes that a compact token may suffer; `[0, 1)` picks the places. */
type Change = (text: string, at: number, other: string) => Uint8Array;

const CHANGES: Readonly<Record<string, Change>> = {
  'a bit flipped': (text, at) => {
    const bytes = Buffer.from(text);
    const bit = Math.floor(at * bytes.length * 8);
    const byte = bytes[bit >> 3];
    if (byte !== undefined) bytes[bit >> 3] = byte ^ (1 << (bit & 7));
    return bytes;
  },
  'cut short': (text, at) => Buffer.from(text.slice(0, Math.floor(at * text.length))),
  'its head cut off': (text, at) => Buffer.from(text.slice(Math.floor(at * text.length) + 1)),
  'a part twice': (text, at) => {
    const middle = Math.floor(at * text.length);
    return Buffer.from(text.slice(0, middle) + text.slice(middle >> 1));
  },
  'a segment twice': (text, at) => {
    const segments = text.split('.');
    segments.splice(Math.floor(at * 4), 0, segments[Math.floor(at * 3)] ?? '');
    return Buffer.from(segments.join('.'));
  },
  'a segment of another': (text, at, other) => {
    const segments = text.split('.');
    const index = Math.floor(at * 3);
    segments[index] = other.split('.')[index] ?? '';
    return Buffer.from(segments.join('.'));
  },
  'segments in another order': (text, at) => {
    const [a = '', b = '', c = ''] = text.split('.');
    return Buffer.from(
      [
        [b, a, c],
        [c, b, a],
        [a, c, b],
      ][Math.floor(at * 3)]?.join('.') ?? '',
    );
  },
  'something put in': (text, at, other) => {
    const middle = Math.floor(at * text.length);
    const junk = ['\n', ' ', '=', '\u0000', '\u202e', '.', '🔑', '+', '/', '%2e', other.slice(0, 3)];
    const put = junk[Math.floor(at * 7919) % junk.length] ?? '';
    return Buffer.from(text.slice(0, middle) + put + text.slice(middle));
  },
  'padding after it': (text, at) => Buffer.from(text + '='.repeat(1 + Math.floor(at * 3))),
};

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('a token that was changed on its way', () => {
  test.each(Object.entries(CHANGES))('%s: refused, or the same statement', async (_, change) => {
    await fc.assert(
      fc.asyncProperty(fc.nat(2), fc.nat(2), place, (which, another, at) =>
        expectNothingNew(change(originals[which] ?? '', at, originals[another] ?? '')),
      ),
      { numRuns: RUNS },
    );
  });

  test('several changes one after the other', async () => {
    const steps = fc.array(fc.tuple(fc.constantFrom(...Object.values(CHANGES)), place), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(fc.nat(2), fc.nat(2), steps, async (which, another, changes) => {
        let text = originals[which] ?? '';
        for (const [change, at] of changes)
          text = Buffer.from(change(text, at, originals[another] ?? '')).toString('latin1');
        await expectNothingNew(Buffer.from(text, 'latin1'));
      }),
      { numRuns: RUNS },
    );
  });

  test('the other signature that fits the same ECDSA token says the same', async () => {
    const [header = '', payload = '', signature = ''] = (originals[1] ?? '').split('.');
    const bytes = Buffer.from(signature, 'base64url');
    // The order of P-256: with s, n - s is a signature of the same text too.
    const order = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
    const s = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
    const twin = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
    const result = await verify(bytesOf(`${header}.${payload}.${twin.toString('base64url')}`));
    expect(result).toEqual(statements.get(originals[1] ?? ''));
  });
});

describe('bytes that never were a token', () => {
  test('any bytes', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), expectNothingNew), {
      numRuns: RUNS,
    });
  });

  test('three segments of anything, also of JSON', async () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json({ maxDepth: 20 }).map((text) => Buffer.from(text)),
      fc.json().map((text) => Buffer.from(`{"typ":"secevent+jwt","kid":"ed","alg":"EdDSA","x":${text}}`)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { minLength: 1, maxLength: 4 }), (parts) =>
        expectNothingNew(bytesOf(parts.map((part) => Buffer.from(part).toString('base64url')).join('.'))),
      ),
      { numRuns: RUNS },
    );
  });
});

/** Signs any text: what a provider that is broken, or hostile, can do. */
async function signText(text: string | Uint8Array): Promise<Uint8Array> {
  const { EdDSA: key } = fixture.signing;
  const bytes = typeof text === 'string' ? bytesOf(text) : text;
  const compact = await new CompactSign(bytes)
    .setProtectedHeader({ alg: key.algorithm, typ: 'secevent+jwt', kid: key.kid })
    .sign(await importJWK(key.jwk, key.algorithm));
  return bytesOf(compact);
}

/** Verifies and maps; neither may throw, whatever is signed. */
async function takeIn(bytes: Uint8Array): Promise<Verification> {
  const result = await verify(bytes);
  if (result.kind === 'verified') {
    expect(result.issuer).toBe(ISSUER);
    expect(result.issuedAt).toBeLessThanOrEqual(NOW_MS + 60_000);
    expect(Number.isSafeInteger(result.seq ?? 0)).toBe(true);
    mapToken(result, fixture.provider, { pseudonyms: pseudonyms(), now: NOW_MS });
  }
  return result;
}

const CLAIMS = {
  iss: ISSUER,
  aud: AUDIENCE,
  jti: 'j1',
  iat: NOW_MS / 1000,
  seq: 9,
  sub_id: { format: 'opaque', id: 'x' },
  events: { [content().eventType]: content().event },
};

describe('a token that its provider signed, and that should not be', () => {
  /** Names that mean something here or in JavaScript. */
  const name = fc.oneof(
    fc.constantFrom(...Object.keys(CLAIMS), '__proto__', 'constructor', 'toString', 'exp', 'sub', 'toe', ''),
    fc.constantFrom('subject', 'subject_type', 'format', 'email', 'event_timestamp', 'domains', 'confidence'),
    fc.string({ maxLength: 8 }),
  );
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom<unknown>(1e308, -0, 2 ** 53, 4e-320, '\ud800', '\u0000', [], {}, [[]], null, true),
    fc.dictionary(name, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 4, noNullPrototype: true }),
  );

  test('any values in any claims', async () => {
    const changes = fc.array(fc.tuple(name, value), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(changes, async (changed) => {
        const members = [...Object.entries(CLAIMS), ...changed].map(
          ([key, member]) => `${JSON.stringify(key)}:${JSON.stringify(member)}`,
        );
        await takeIn(await signText(`{${members.join(',')}}`));
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  test('any values in any field of any event', async () => {
    const types = [
      'urn:holdfast:event:cohort-compromise',
      'urn:holdfast:event:retraction',
      'https://schemas.openid.net/secevent/caep/event-type/credential-change',
      'https://schemas.openid.net/secevent/caep/event-type/risk-level-change',
      'https://schemas.openid.net/secevent/risc/event-type/account-disabled',
      'https://schemas.openid.net/secevent/risc/event-type/verification',
      '__proto__',
    ];
    const field = fc.oneof(
      name,
      fc.constantFrom(
        'credential_type',
        'change_type',
        'current_level',
        'reason',
        'reason_admin',
        'jti',
        'from',
        'to',
      ),
    );
    const event = fc.dictionary(field, value, { maxKeys: 6, noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...types), event, value, async (type, fields, subject) => {
        const text = `{${JSON.stringify(type)}:${JSON.stringify(fields)}}`;
        const claims = JSON.stringify({ ...CLAIMS, sub_id: subject, events: 0 });
        await takeIn(await signText(claims.replace(/"events":0}$/, () => `"events":${text}}`)));
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  const base = JSON.stringify(CLAIMS).slice(0, -1);
  test.each<[string, string, string]>([
    [
      'a member twice: the last one counts, as the signer wrote it',
      `${base},"iss":"https://other"}`,
      'ISSUER_MISMATCH',
    ],
    ['`__proto__` lends no claims', `{"__proto__":${base}}}`, 'ISSUER_MISMATCH'],
    ['a number beyond all', `${base},"iat":1e400}`, 'ISSUED_AT_INVALID'],
    ['a number of a thousand digits', `${base},"seq":${'9'.repeat(1_000)}}`, 'SEQUENCE_INVALID'],
    ['a negative time', `${base},"iat":-1}`, 'ISSUED_AT_INVALID'],
    ['text after the object', `${base}} {}`, 'PAYLOAD_INVALID'],
    ['a byte order mark', `\ufeff${base}}`, 'PAYLOAD_INVALID'],
    ['a list of audiences that holds lists', `${base},"aud":[["${AUDIENCE}"]]}`, 'AUDIENCE_MISMATCH'],
    ['events that are a list', `${base},"events":[{}]}`, 'EVENTS_INVALID'],
    ['thirteen levels', `${base},"x":${'['.repeat(12)}${']'.repeat(12)}}`, 'NESTED_TOO_DEEP'],
  ])('%s', async (_, text, reason) => {
    expect(await takeIn(await signText(text))).toMatchObject({ kind: 'refused', reason });
  });

  test('bytes that are no UTF-8: two ids would look alike', async () => {
    const text = JSON.stringify({ ...CLAIMS, jti: 'j?' });
    const bytes = Buffer.from(text);
    bytes[text.indexOf('?')] = 0xff;
    expect(await takeIn(await signText(bytes))).toMatchObject({ kind: 'refused', reason: 'PAYLOAD_INVALID' });
  });
});

test('fault 12: the worst 8 KB that no key signed cost less than a few honest signatures', async () => {
  const size = MAX_TOKEN_BYTES;
  const header = Buffer.from('{"alg":"EdDSA","typ":"secevent+jwt","kid":"ed"}').toString('base64url');
  const fill = (text: string, times: number): string =>
    Buffer.from(text.repeat(times))
      .toString('base64url')
      .slice(0, size - header.length - 100);
  const worst = [
    'a'.repeat(size),
    'a.'.repeat(size / 2),
    `${'a'.repeat(size / 2)}.${'a'.repeat(size / 2 - 1)}`,
    `${header}.${fill('[', size)}.AAAA`,
    `${header}.${fill('"\\', size)}.AAAA`,
    `${header}.${fill('{"a":', size)}.AAAA`,
    `${fill('{"crit":["', size)}.e30.AAAA`,
    `.${'.'.repeat(size - 1)}`,
  ].map((text) => bytesOf(text));
  const honest = bytesOf(originals[0] ?? '');
  const cpuOf = async (bytes: Uint8Array): Promise<number> => {
    const before = process.cpuUsage();
    for (let times = 0; times < 50; times++) await verify(bytes);
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  await cpuOf(honest);
  for (const bytes of worst) {
    // Both are measured by the same clock in the same minute: a busy machine slows both.
    expect((await verify(bytes)).kind).toBe('refused');
    expect(await cpuOf(bytes)).toBeLessThan(10 * (await cpuOf(honest)));
  }
});
