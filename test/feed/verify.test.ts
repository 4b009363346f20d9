import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { CompactSign, importJWK } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import type { SigningKey } from '../../src/feed/provider/sign-token.js';
import type { RefusalReason } from '../../src/feed/refusal.js';
import { TokenVerifier } from '../../src/feed/verify.js';
import { NOW_MS } from '../identity/fixtures.js';
import { AUDIENCE, bytesOf, ISSUER, type ProviderFixture, providerFixture, token } from './fixtures.js';

const SUBJECT = 'holdfast.feed.att-feed';
const NOW_SECONDS = NOW_MS / 1000;

let fixture: ProviderFixture;
let other: ProviderFixture;
let verifier: TokenVerifier;

beforeAll(async () => {
  fixture = await providerFixture();
  other = await providerFixture();
  verifier = new TokenVerifier({
    audience: AUDIENCE,
    providers: [
      fixture.provider,
      { id: 'other', issuer: 'https://other.example', keys: other.provider.keys, revokedKeys: [] },
    ],
  });
});

function segment(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

const CLAIMS = {
  iss: ISSUER,
  aud: AUDIENCE,
  jti: 'j1',
  iat: NOW_SECONDS,
  sub_id: { format: 'opaque', id: 'x' },
  events: { 'urn:example:event': {} },
};

/** Signs any claims under any header. */
async function forge(
  claims: Record<string, unknown>,
  header: Record<string, unknown> = {},
  key: SigningKey = fixture.signing.EdDSA,
): Promise<Uint8Array> {
  const compact = await new CompactSign(bytesOf(JSON.stringify(claims)))
    .setProtectedHeader({ alg: key.algorithm, typ: 'secevent+jwt', kid: key.kid, ...header })
    .sign(await importJWK(key.jwk, key.algorithm));
  return bytesOf(compact);
}

async function reasonOf(bytes: Uint8Array, subject = SUBJECT): Promise<RefusalReason | 'verified'> {
  const result = await verifier.verify(subject, bytes, NOW_MS);
  return result.kind === 'refused' ? result.reason : result.kind;
}

describe('a good token', () => {
  test.each(['EdDSA', 'ES256', 'RS256'] as const)('signed with %s is verified', async (algorithm) => {
    const result = await verifier.verify(SUBJECT, await token(fixture.signing[algorithm]), NOW_MS);
    expect(result).toMatchObject({ kind: 'verified', provider: 'att-feed', seq: 1, issuedAt: NOW_MS });
  });

  test('has one identity by issuer and jti', async () => {
    const first = await verifier.verify(SUBJECT, await token(fixture.signing.EdDSA), NOW_MS);
    const again = await verifier.verify(SUBJECT, await token(fixture.signing.ES256), NOW_MS);
    const next = await verifier.verify(
      SUBJECT,
      await token(fixture.signing.EdDSA, { jti: 'token-2' }),
      NOW_MS,
    );
    const ids = [first, again, next].map((result) =>
      result.kind === 'verified' ? result.tokenId : undefined,
    );
    expect(ids[0]).toBeDefined();
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  test('may name us among several audiences, and may be a minute ahead', async () => {
    expect(await reasonOf(await forge({ ...CLAIMS, aud: ['urn:else', AUDIENCE] }))).toBe('verified');
    expect(await reasonOf(await forge({ ...CLAIMS, iat: NOW_SECONDS + 60 }))).toBe('verified');
  });

  test('may say its type as a media type', async () => {
    expect(await reasonOf(await forge(CLAIMS, { typ: 'application/secevent+jwt' }))).toBe('verified');
  });
});

describe('refused, each for its reason', () => {
  const cases: [RefusalReason, string, () => Promise<Uint8Array>][] = [
    ['TOO_LARGE', 'above 8 KB', async () => bytesOf('a'.repeat(8193))],
    ['MALFORMED', 'two segments', async () => bytesOf('a.b')],
    ['MALFORMED', 'four segments', async () => bytesOf('a.b.c.d')],
    ['MALFORMED', 'not base64url', async () => bytesOf('a+.b.c')],
    ['MALFORMED', 'unused bits set', async () => bytesOf('e30.e30.AB')],
    ['MALFORMED', 'empty', async () => bytesOf('')],
    [
      'HEADER_INVALID',
      'a header that is no JSON',
      async () => bytesOf(`${Buffer.from('no JSON').toString('base64url')}.e30.e30`),
    ],
    ['HEADER_INVALID', 'a header that is a list', async () => bytesOf(`${segment([])}.e30.e30`)],
    ['TYPE_INVALID', 'another type', () => forge(CLAIMS, { typ: 'JWT' })],
    [
      'KEY_ID_INVALID',
      'no key id',
      async () => bytesOf(`${segment({ typ: 'secevent+jwt', alg: 'EdDSA' })}.e30.AA`),
    ],
    ['KEY_ID_INVALID', 'a key id that holds data', () => forge(CLAIMS, { kid: 'k'.repeat(129) })],
    ['KEY_UNKNOWN', 'a key nobody registered', () => forge(CLAIMS, { kid: 'new-key' })],
    ['ISSUER_MISMATCH', 'another issuer', () => forge({ ...CLAIMS, iss: 'https://other.example' })],
    ['AUDIENCE_MISMATCH', 'for somebody else', () => forge({ ...CLAIMS, aud: 'urn:else' })],
    ['AUDIENCE_MISMATCH', 'for nobody', () => forge({ ...CLAIMS, aud: undefined })],
    ['TOKEN_ID_INVALID', 'no jti', () => forge({ ...CLAIMS, jti: undefined })],
    ['TOKEN_ID_INVALID', 'a jti that is a number', () => forge({ ...CLAIMS, jti: 7 })],
    ['ISSUED_AT_INVALID', 'no iat', () => forge({ ...CLAIMS, iat: undefined })],
    ['ISSUED_AT_INVALID', 'iat in milliseconds', () => forge({ ...CLAIMS, iat: NOW_MS })],
    ['ISSUED_AT_INVALID', 'an iat that was left unset', () => forge({ ...CLAIMS, iat: 0 })],
    ['ISSUED_IN_FUTURE', '61 s ahead', () => forge({ ...CLAIMS, iat: NOW_SECONDS + 61 })],
    ['EXPIRY_PRESENT', 'an access token', () => forge({ ...CLAIMS, exp: NOW_SECONDS + 60 })],
    ['SUB_PRESENT', 'a sub', () => forge({ ...CLAIMS, sub: 'joe' })],
    ['SUBJECT_ID_INVALID', 'no sub_id', () => forge({ ...CLAIMS, sub_id: undefined })],
    ['SUBJECT_ID_INVALID', 'a sub_id without id', () => forge({ ...CLAIMS, sub_id: { format: 'opaque' } })],
    ['EVENTS_INVALID', 'no events', () => forge({ ...CLAIMS, events: {} })],
    ['EVENTS_INVALID', 'two events', () => forge({ ...CLAIMS, events: { 'urn:a': {}, 'urn:b': {} } })],
    ['EVENTS_INVALID', 'an event that is a list', () => forge({ ...CLAIMS, events: { 'urn:a': [] } })],
    ['SEQUENCE_INVALID', 'a negative number', () => forge({ ...CLAIMS, seq: -1 })],
    ['SEQUENCE_INVALID', 'a fraction', () => forge({ ...CLAIMS, seq: 1.5 })],
    ['EVENT_INVALID', 'a toe in milliseconds', () => forge({ ...CLAIMS, toe: NOW_MS })],
  ];
  test.each(cases)('%s: %s', async (reason, _, make) => {
    expect(await reasonOf(await make())).toBe(reason);
  });

  test('SUBJECT_INVALID and PROVIDER_UNKNOWN: the subject decides who speaks', async () => {
    const good = await token(fixture.signing.EdDSA);
    expect(await reasonOf(good, 'holdfast.feed.')).toBe('SUBJECT_INVALID');
    expect(await reasonOf(good, 'holdfast.feed.att-feed.x')).toBe('SUBJECT_INVALID');
    expect(await reasonOf(good, 'holdfast.feed.nobody')).toBe('PROVIDER_UNKNOWN');
  });

  test('PAYLOAD_INVALID: a signed payload that is no object', async () => {
    expect(await reasonOf(await forge([] as unknown as Record<string, unknown>))).toBe('PAYLOAD_INVALID');
  });

  test('SIGNATURE_INVALID: one changed bit anywhere in payload or signature', async () => {
    const good = Buffer.from(await token(fixture.signing.EdDSA)).toString();
    const [header = '', payload = '', signature = ''] = good.split('.');
    const changed = (text: string): string =>
      text[5] === 'A' ? `${text.slice(0, 5)}B${text.slice(6)}` : `${text.slice(0, 5)}A${text.slice(6)}`;
    expect(await reasonOf(bytesOf(`${header}.${changed(payload)}.${signature}`))).toBe('SIGNATURE_INVALID');
    expect(await reasonOf(bytesOf(`${header}.${payload}.${changed(signature)}`))).toBe('SIGNATURE_INVALID');
  });

  test('fault 12: oversized or deeply nested tokens are refused before their signature is looked at', async () => {
    const nested = `${'['.repeat(2000)}${']'.repeat(2000)}`;
    const header = segment({ alg: 'EdDSA', typ: 'secevent+jwt', kid: 'ed' });
    const payload = Buffer.from(nested).toString('base64url');
    expect(await reasonOf(bytesOf(`${header}.${payload}.AAAA`))).toBe('NESTED_TOO_DEEP');
    expect(await reasonOf(bytesOf(`${Buffer.from(nested).toString('base64url')}.e30.AAAA`))).toBe(
      'NESTED_TOO_DEEP',
    );
    const brackets = { ...CLAIMS, events: { 'urn:a': { text: '['.repeat(500) } } };
    expect(await reasonOf(await forge(brackets))).toBe('verified');
  });

  test('fault 13: alg none, HS256 with the public key, another key’s algorithm, unknown crit', async () => {
    const none = `${segment({ alg: 'none', typ: 'secevent+jwt', kid: 'ed' })}.${segment(CLAIMS)}.AA`;
    expect(await reasonOf(bytesOf(none))).toBe('ALGORITHM_REFUSED');

    const signed = `${segment({ alg: 'HS256', typ: 'secevent+jwt', kid: 'rs' })}.${segment(CLAIMS)}`;
    const publicKey = JSON.stringify(fixture.provider.keys[2]?.jwk);
    const mac = createHmac('sha256', publicKey).update(signed).digest('base64url');
    expect(await reasonOf(bytesOf(`${signed}.${mac}`))).toBe('ALGORITHM_REFUSED');

    expect(await reasonOf(await forge(CLAIMS, { kid: 'es' }))).toBe('ALGORITHM_REFUSED');

    const critical = `${segment({ alg: 'EdDSA', typ: 'secevent+jwt', kid: 'ed', crit: ['x'], x: 1 })}.${segment(CLAIMS)}.AA`;
    expect(await reasonOf(bytesOf(critical))).toBe('CRITICAL_EXTENSION');
  });

  test('fault 13: keys that a token brings along are ignored', async () => {
    const own = other.signing.EdDSA;
    const header = { jwk: { ...own.jwk, d: undefined }, jku: 'https://evil.example/keys', kid: 'ed' };
    expect(await reasonOf(await forge(CLAIMS, header, own))).toBe('SIGNATURE_INVALID');
  });

  test('a revoked key is no key, whatever the set says; its own signature is not looked at', async () => {
    const revoking = new TokenVerifier({
      audience: AUDIENCE,
      providers: [{ ...fixture.provider, revokedKeys: ['ed', 'never-seen'] }],
    });
    const good = await token(fixture.signing.EdDSA);
    expect(await revoking.verify(SUBJECT, good, NOW_MS)).toMatchObject({ reason: 'KEY_REVOKED' });
    const unseen = await token({ ...fixture.signing.EdDSA, kid: 'never-seen' });
    expect(await revoking.verify(SUBJECT, unseen, NOW_MS)).toMatchObject({ reason: 'KEY_REVOKED' });
    const other = await token(fixture.signing.ES256, { jti: 'other' });
    expect((await revoking.verify(SUBJECT, other, NOW_MS)).kind).toBe('verified');
  });

  test('a key that left its set is good for what the broker took before, by the broker’s clock', async () => {
    const keys = fixture.provider.keys.map((key) => ({ ...key, validUntil: NOW_MS }));
    const leaving = new TokenVerifier({ audience: AUDIENCE, providers: [{ ...fixture.provider, keys }] });
    const good = await token(fixture.signing.EdDSA, { issuedAt: NOW_MS - 60_000 });
    const later = NOW_MS + 86_400_000;
    expect((await leaving.verify(SUBJECT, good, later, NOW_MS)).kind).toBe('verified');
    // What a token says of its own age proves nothing to one who has the old key.
    expect(await leaving.verify(SUBJECT, good, later, NOW_MS + 1)).toMatchObject({ reason: 'KEY_RETIRED' });
    expect(await leaving.verify(SUBJECT, good, later)).toMatchObject({ reason: 'KEY_RETIRED' });
  });

  test('fault 15: a valid signature on another provider’s subject, or for another audience', async () => {
    const othersToken = await token(other.signing.EdDSA, { issuer: 'https://other.example' });
    expect(await reasonOf(othersToken, 'holdfast.feed.other')).toBe('verified');
    expect(await reasonOf(othersToken, SUBJECT)).toBe('SIGNATURE_INVALID');
    expect(await reasonOf(await forge({ ...CLAIMS, iss: 'https://other.example' }))).toBe('ISSUER_MISMATCH');
    expect(await reasonOf(await token(fixture.signing.EdDSA, { audience: 'urn:else' }))).toBe(
      'AUDIENCE_MISMATCH',
    );
  });

  test('a provider with an audience of its own speaks to that one only', async () => {
    const own = new TokenVerifier({
      audience: AUDIENCE,
      providers: [{ ...fixture.provider, audience: 'client-1' }],
    });
    const toOwn = await token(fixture.signing.EdDSA, { audience: 'client-1' });
    expect((await own.verify(SUBJECT, toOwn, NOW_MS)).kind).toBe('verified');
    const toAll = await token(fixture.signing.EdDSA);
    expect(await own.verify(SUBJECT, toAll, NOW_MS)).toMatchObject({ reason: 'AUDIENCE_MISMATCH' });
  });

  test('fault 17: iat a day ahead is refused, whoever else speaks is not', async () => {
    expect(await reasonOf(await forge({ ...CLAIMS, iat: NOW_SECONDS + 86_400 }))).toBe('ISSUED_IN_FUTURE');
    expect(await reasonOf(await forge(CLAIMS))).toBe('verified');
  });
});

test('no bytes make the verifier reject, and no details quote the message', async () => {
  const good = Buffer.from(
    await token(fixture.signing.EdDSA, { subject: { format: 'email', email: 'canary@att.net' } }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc
          .record({ at: fc.nat(good.length - 1), byte: fc.nat(255) })
          .map(({ at, byte }) => Uint8Array.from(good, (value, index) => (index === at ? byte : value))),
      ),
      async (bytes) => {
        const result = await verifier.verify(SUBJECT, bytes, NOW_MS);
        if (result.kind === 'refused') expect(result.detail).not.toContain('canary');
        else expect(Buffer.from(bytes).equals(good)).toBe(true);
      },
    ),
    { numRuns: 300 },
  );
});
