import { RISC } from '../../src/feed/event-types.js';
import { readKeySet, type VerificationKey } from '../../src/feed/jwks.js';
import { generateSigningKey } from '../../src/feed/provider/key-files.js';
import { type SigningKey, signToken, type TokenContent } from '../../src/feed/provider/sign-token.js';
import type { RegisteredProvider } from '../../src/feed/registry.js';
import type { Pseudonyms } from '../../src/identity/index.js';
import { opaqueSubjectOf } from '../../src/identity/opaque-subject.js';
import { addressOf, KEYRING, NOW_MS, pairKey, pseudonymsOf } from '../identity/fixtures.js';

export const AUDIENCE = 'urn:holdfast';
export const ISSUER = 'https://mail.att.example';
export const ATT_PAIR_KEY = pairKey('p1', 5);

/** A provider of AT&T's mailboxes with one key of each algorithm. */
export interface ProviderFixture {
  readonly provider: RegisteredProvider;
  readonly signing: Readonly<Record<'EdDSA' | 'ES256' | 'RS256', SigningKey>>;
}

export async function providerFixture(overrides: Partial<RegisteredProvider> = {}): Promise<ProviderFixture> {
  const pairs = await Promise.all([
    generateSigningKey('ed', 'EdDSA'),
    generateSigningKey('es', 'ES256'),
    generateSigningKey('rs', 'RS256'),
  ]);
  const [ed, es, rs] = pairs.map(({ signing }) => signing);
  if (ed === undefined || es === undefined || rs === undefined) throw new Error('no keys');
  const reading = readKeySet(JSON.stringify({ keys: pairs.map(({ publicJwk }) => publicJwk) }), [
    'EdDSA',
    'ES256',
    'RS256',
  ]);
  if (reading.kind === 'invalid') throw new Error(reading.problems.join());
  return {
    provider: registeredProvider(reading.keys, overrides),
    signing: { EdDSA: ed, ES256: es, RS256: rs },
  };
}

export function registeredProvider(
  keys: readonly VerificationKey[],
  overrides: Partial<RegisteredProvider> = {},
): RegisteredProvider {
  return {
    id: 'att-feed',
    issuer: ISSUER,
    operator: 'att',
    domains: [],
    keys,
    revokedKeys: [],
    algorithms: ['EdDSA', 'ES256', 'RS256'],
    subjects: ['opaque', 'email'],
    pairKeys: [ATT_PAIR_KEY],
    heartbeatMs: 60_000,
    maxConfidence: 1,
    cohorts: 'own-domains',
    ...overrides,
  };
}

/** What an honest token of the provider says; change what the test is about. */
export function content(overrides: Partial<TokenContent> = {}): TokenContent {
  return {
    issuer: ISSUER,
    audience: AUDIENCE,
    jti: 'token-1',
    issuedAt: NOW_MS,
    seq: 1,
    subject: { format: 'opaque', id: opaqueSubjectOf(ATT_PAIR_KEY, addressOf('victim@att.net')) },
    eventType: `${RISC}credential-compromise`,
    event: { credential_type: 'mail-app-password' },
    ...overrides,
  };
}

export async function token(key: SigningKey, overrides: Partial<TokenContent> = {}): Promise<Uint8Array> {
  return bytesOf(await signToken(content(overrides), key));
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function pseudonyms(): Pseudonyms {
  return pseudonymsOf(KEYRING);
}
