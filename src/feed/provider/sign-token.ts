import { CompactSign, type CryptoKey, importJWK, type JWK } from 'jose';
import type { UnixMs } from '../../decision/vocabulary.js';
import type { Algorithm } from '../jwks.js';
import { parseObject } from '../token.js';

/** A provider's private key, as `holdfast feed keygen` writes it. */
export interface SigningKey {
  readonly kid: string;
  readonly algorithm: Algorithm;
  readonly jwk: JWK;
}

/** RFC 9493 subject identifiers that a provider of ours uses. */
export type EventSubject =
  | { readonly format: 'opaque'; readonly id: string }
  | { readonly format: 'email'; readonly email: string };

/** What a token is to say. */
export interface TokenContent {
  readonly issuer: string;
  readonly audience: string;
  /** Unique for each event; the same when the same event is published again. */
  readonly jti: string;
  readonly issuedAt: UnixMs;
  /** The provider's own count, without holes. */
  readonly seq: number;
  readonly subject: EventSubject;
  readonly eventType: string;
  readonly event: Readonly<Record<string, unknown>>;
}

/** Keys as the platform holds them: importing one costs more than signing. */
const imported = new WeakMap<SigningKey, Promise<CryptoKey | Uint8Array>>();

/** Signs a Security Event Token (RFC 8417) with exactly one event, in compact form. */
export async function signToken(content: TokenContent, key: SigningKey): Promise<string> {
  const claims = {
    iss: content.issuer,
    aud: content.audience,
    jti: content.jti,
    iat: Math.floor(content.issuedAt / 1000),
    seq: content.seq,
    sub_id: content.subject,
    events: { [content.eventType]: content.event },
  };
  return signPayload(new TextEncoder().encode(JSON.stringify(claims)), key);
}

/** The same token under this key: it says the same, to the letter. The token itself if it is under this key already. */
export async function signAgain(token: string, key: SigningKey): Promise<string> {
  const [header = '', payload = ''] = token.split('.');
  const kid = parseObject(Buffer.from(header, 'base64url').toString('utf8'))?.['kid'];
  return kid === key.kid ? token : signPayload(Buffer.from(payload, 'base64url'), key);
}

async function signPayload(payload: Uint8Array, key: SigningKey): Promise<string> {
  const known = imported.get(key) ?? importJWK(key.jwk, key.algorithm);
  imported.set(key, known);
  return new CompactSign(payload)
    .setProtectedHeader({ alg: key.algorithm, typ: 'secevent+jwt', kid: key.kid })
    .sign(await known);
}
