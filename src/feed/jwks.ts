import { createPublicKey } from 'node:crypto';
import type { UnixMs } from '../decision/vocabulary.js';

/** Signature algorithms a provider may be registered with. `none` and shared secrets are never among them. */
export const ALGORITHMS = ['EdDSA', 'ES256', 'RS256'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** RFC 7517 members we pass on to verification; everything else in the file is ignored. */
export interface PublicJwk {
  readonly kty: string;
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
  readonly n?: string;
  readonly e?: string;
}

/** A provider's public key, bound to one algorithm when the registry is read, never by a token. */
export interface VerificationKey {
  readonly kid: string;
  readonly algorithm: Algorithm;
  readonly jwk: PublicJwk;
  /** Messages that the broker took later are refused: the key has left the provider's set. Absent: it has not. */
  readonly validUntil?: UnixMs;
}

/** Longest `kid` in a key set or a token: a look-up key, not a place for data. */
export const MAX_KID_LENGTH = 128;

/** NIST SP 800-131A and the CAEP Interoperability Profile: no RSA key below this. */
const MIN_RSA_BITS = 2048;

/** More keys than an overlap of old and new can need. */
const MAX_KEYS = 32;

export type KeySetReading =
  | {
      readonly kind: 'valid';
      readonly keys: readonly VerificationKey[];
      /** What is wrong with the keys that were left out. */
      readonly skipped: readonly string[];
    }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/** A set written for us must be right as a whole; one that others read as well may hold keys that are not for us. */
export type UnusableKeys = 'refuse' | 'skip';

/**
 * Reads a JSON Web Key Set (RFC 7517) of public signature keys, and reports every fault in it.
 *
 * @param unusable `skip` leaves out keys that we cannot use, as RFC 7517 5 advises; a set without a usable key, or with
 *   two of one `kid`, is invalid all the same
 */
export function readKeySet(
  text: string,
  algorithms: readonly Algorithm[],
  unusable: UnusableKeys = 'refuse',
): KeySetReading {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { kind: 'invalid', problems: ['is not JSON'] };
  }
  const list = isRecord(document) ? document['keys'] : undefined;
  if (!Array.isArray(list)) return { kind: 'invalid', problems: ['has no list `keys`'] };
  if (list.length === 0 || list.length > MAX_KEYS) {
    return { kind: 'invalid', problems: [`has ${list.length} keys; 1 to ${MAX_KEYS} are allowed`] };
  }
  const problems: string[] = [];
  const skipped: string[] = [];
  const keys = new Map<string, VerificationKey>();
  list.forEach((entry: unknown, index) => {
    const reading = readKey(entry, algorithms);
    if (typeof reading === 'string')
      (unusable === 'skip' ? skipped : problems).push(`key ${index + 1}: ${reading}`);
    else if (keys.has(reading.kid))
      problems.push(`key ${index + 1}: a second key with the kid \`${reading.kid}\``);
    else keys.set(reading.kid, reading);
  });
  if (problems.length > 0) return { kind: 'invalid', problems };
  if (keys.size === 0) return { kind: 'invalid', problems: ['has no usable key', ...skipped] };
  return { kind: 'valid', keys: [...keys.values()], skipped };
}

/** The key, or what is wrong with it. */
function readKey(entry: unknown, algorithms: readonly Algorithm[]): VerificationKey | string {
  if (!isRecord(entry)) return 'is not an object';
  const kid = entry['kid'];
  if (typeof kid !== 'string' || kid === '' || kid.length > MAX_KID_LENGTH) {
    return `needs a \`kid\` of 1 to ${MAX_KID_LENGTH} characters`;
  }
  if (entry['d'] !== undefined) return `\`${kid}\` holds a private key; publish the public half only`;
  const jwk = publicPart(entry);
  if (jwk === undefined) return `\`${kid}\` has no readable \`kty\``;
  const algorithm = algorithmOf(jwk);
  if (algorithm === undefined) {
    return `\`${kid}\` is of a kind that is not supported; use Ed25519, EC P-256 or RSA`;
  }
  const named = entry['alg'];
  if (named !== undefined && named !== algorithm) {
    return `\`${kid}\` says \`alg\` ${JSON.stringify(named)} but its kind is for ${algorithm}`;
  }
  const use = entry['use'];
  if (use !== undefined && use !== 'sig') return `\`${kid}\` is not for signatures`;
  if (!algorithms.includes(algorithm)) {
    return `\`${kid}\` is for ${algorithm}, which is not among this provider's \`algorithms\``;
  }
  try {
    const details = createPublicKey({ key: { ...jwk }, format: 'jwk' }).asymmetricKeyDetails;
    if (algorithm === 'RS256' && (details?.modulusLength ?? 0) < MIN_RSA_BITS) {
      return `\`${kid}\` is shorter than ${MIN_RSA_BITS} bits`;
    }
  } catch {
    return `\`${kid}\` is not a valid key`;
  }
  return { kid, algorithm, jwk };
}

function algorithmOf(jwk: PublicJwk): Algorithm | undefined {
  if (jwk.kty === 'OKP' && jwk.crv === 'Ed25519') return 'EdDSA';
  if (jwk.kty === 'EC' && jwk.crv === 'P-256') return 'ES256';
  if (jwk.kty === 'RSA') return 'RS256';
  return undefined;
}

function publicPart(entry: Record<string, unknown>): PublicJwk | undefined {
  const kty = entry['kty'];
  if (typeof kty !== 'string') return undefined;
  const part: Record<string, string> = {};
  for (const name of ['crv', 'x', 'y', 'n', 'e']) {
    const value = entry[name];
    if (typeof value === 'string') part[name] = value;
  }
  return { kty, ...part };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
