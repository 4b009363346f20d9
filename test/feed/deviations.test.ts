import { CompactSign, importJWK } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { RISC, VERIFICATION } from '../../src/feed/event-types.js';
import { mapToken } from '../../src/feed/map-event.js';
import type { RegisteredProvider } from '../../src/feed/registry.js';
import { TokenVerifier, type Verification, verifierSettings } from '../../src/feed/verify.js';
import { NOW_MS } from '../identity/fixtures.js';
import { AUDIENCE, bytesOf, ISSUER, type ProviderFixture, providerFixture, pseudonyms } from './fixtures.js';

const SUBJECT = 'holdfast.feed.att-feed';

let fixture: ProviderFixture;
beforeAll(async () => {
  fixture = await providerFixture();
});

/** A token whose subject stands where Google puts it. */
function googleClaims(type: string, event: Record<string, unknown>): Record<string, unknown> {
  return { iss: ISSUER, aud: AUDIENCE, iat: NOW_MS / 1000, jti: 'g1', events: { [type]: event } };
}

const HIJACKED = googleClaims(`${RISC}account-disabled`, {
  subject: { subject_type: 'email', email: 'victim@att.net' },
  reason: 'hijacking',
});

const PING = googleClaims(`${RISC}verification`, { state: 'abc' });

async function verify(
  claims: Record<string, unknown>,
  overrides: Partial<RegisteredProvider> = {},
): Promise<Verification> {
  const { RS256: key } = fixture.signing;
  const compact = await new CompactSign(bytesOf(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'RS256', typ: 'secevent+jwt', kid: key.kid })
    .sign(await importJWK(key.jwk, 'RS256'));
  const provider = { ...fixture.provider, ...overrides };
  const registry = { providers: new Map([[provider.id, provider]]) };
  return new TokenVerifier(verifierSettings(registry, AUDIENCE)).verify(SUBJECT, bytesOf(compact), NOW_MS);
}

const GOOGLE = { deviations: ['google'] } as const;

describe('with `deviations: [google]`', () => {
  test('the subject is read inside the event, with `subject_type` for `format`', async () => {
    const token = await verify(HIJACKED, GOOGLE);
    expect(token).toMatchObject({ kind: 'verified', subject: { format: 'email', value: 'victim@att.net' } });
    if (token.kind !== 'verified') return;
    const mapped = mapToken(token, fixture.provider, { pseudonyms: pseudonyms(), now: NOW_MS });
    expect(mapped).toMatchObject({
      kind: 'evidence',
      bodies: [{ content: { event: { type: 'ACCOUNT_HIJACKED', unauthorised: true } } }],
    });
  });

  test('its own verification event, which has no subject, is a heartbeat', async () => {
    const token = await verify(PING, GOOGLE);
    expect(token).toMatchObject({ kind: 'verified', eventType: VERIFICATION });
    if (token.kind !== 'verified') return;
    const context = { pseudonyms: pseudonyms(), now: NOW_MS };
    expect(mapToken(token, fixture.provider, context)).toEqual({ kind: 'heartbeat' });
  });

  test('tokens as the standards want them are read as ever', async () => {
    const { events, ...rest } = googleClaims(`${RISC}account-disabled`, { reason: 'hijacking' });
    const standard = { ...rest, sub_id: { format: 'email', email: 'victim@att.net' }, events };
    expect(await verify(standard, GOOGLE)).toEqual(await verify(standard));
  });

  test('a top-level subject counts before one inside the event', async () => {
    const both = { ...HIJACKED, sub_id: { format: 'email', email: 'top@att.net' } };
    expect(await verify(both, GOOGLE)).toMatchObject({ subject: { value: 'top@att.net' } });
  });

  test('only the form is forgiven: issuer, audience, time and number of events are checked', async () => {
    const reasonOf = async (claims: Record<string, unknown>): Promise<string> => {
      const result = await verify(claims, GOOGLE);
      return result.kind === 'refused' ? result.reason : result.kind;
    };
    expect(await reasonOf({ ...HIJACKED, iss: 'https://accounts.google.com/' })).toBe('ISSUER_MISMATCH');
    expect(await reasonOf({ ...HIJACKED, aud: 'somebody else' })).toBe('AUDIENCE_MISMATCH');
    expect(await reasonOf({ ...HIJACKED, iat: NOW_MS / 1000 + 86_400 })).toBe('ISSUED_IN_FUTURE');
    expect(await reasonOf({ ...HIJACKED, sub: 'x' })).toBe('SUB_PRESENT');
    const two = { ...HIJACKED, sub_id: { format: 'opaque', id: 'x' }, events: { a: {}, b: {} } };
    expect(await reasonOf(two)).toBe('EVENTS_INVALID');
    expect(await reasonOf(googleClaims(`${RISC}account-disabled`, {}))).toBe('SUBJECT_ID_INVALID');
  });

  test('a subject by account number names no mailbox: refused', async () => {
    const byNumber = googleClaims(`${RISC}account-disabled`, {
      subject: { subject_type: 'iss-sub', iss: 'https://accounts.google.com/', sub: '7375626a656374' },
    });
    const token = await verify(byNumber, GOOGLE);
    if (token.kind !== 'verified') throw new Error(token.reason);
    expect(mapToken(token, fixture.provider, { pseudonyms: pseudonyms(), now: NOW_MS })).toMatchObject({
      kind: 'refused',
      reason: 'SUBJECT_FORMAT_REFUSED',
    });
  });
});

describe('without it', () => {
  test('a subject inside the event is none, and `subject_type` is no format', async () => {
    expect(await verify(HIJACKED)).toMatchObject({ kind: 'refused', reason: 'SUBJECT_ID_INVALID' });
    const top = { ...HIJACKED, sub_id: { subject_type: 'email', email: 'victim@att.net' } };
    expect(await verify(top)).toMatchObject({ kind: 'refused', reason: 'SUBJECT_ID_INVALID' });
  });

  test('the other verification event is no heartbeat', async () => {
    const named = { ...PING, sub_id: { format: 'opaque', id: 'x' } };
    const token = await verify(named);
    if (token.kind !== 'verified') throw new Error(token.reason);
    expect(mapToken(token, fixture.provider, { pseudonyms: pseudonyms(), now: NOW_MS })).toMatchObject({
      kind: 'evidence',
      bodies: [{ content: { kind: 'unknown-type', type: `${RISC}verification` } }],
    });
    expect(await verify(PING)).toMatchObject({ kind: 'refused', reason: 'SUBJECT_ID_INVALID' });
  });
});
