import { type CryptoKey, compactVerify, importJWK } from 'jose';
import type { UnixMs } from '../decision/vocabulary.js';
import { readClaims, type VerifiedToken } from './claims.js';
import { type Deviation, standardClaims } from './deviations.js';
import type { VerificationKey } from './jwks.js';
import { type Refusal, refuse } from './refusal.js';
import { PROVIDER_ID_PATTERN, type ProviderRegistry } from './registry.js';
import { parseObject, readTokenForm } from './token.js';

/** Messages come on `holdfast.feed.<provider>`. */
export const FEED_SUBJECT_PREFIX = 'holdfast.feed.';

/** What verification needs to know of the providers: plain data, so that it crosses to a thread. */
export interface VerifierSettings {
  /** Of providers that have none of their own. */
  readonly audience: string;
  readonly providers: readonly {
    readonly id: string;
    readonly issuer: string;
    readonly audience?: string;
    readonly keys: readonly VerificationKey[];
    /** Ids of keys that count no more, whatever `keys` says. */
    readonly revokedKeys: readonly string[];
    readonly deviations?: readonly Deviation[];
  }[];
}

export type Verification = VerifiedToken | Refusal;

/** @param keysOf the keys of a provider whose set is fetched; undefined if the registry itself holds them */
export function verifierSettings(
  registry: ProviderRegistry,
  audience: string,
  keysOf: (provider: string) => readonly VerificationKey[] | undefined = () => undefined,
): VerifierSettings {
  const providers = [...registry.providers.values()].map(
    ({ id, issuer, audience: own, keys, revokedKeys, deviations = [] }) => ({
      id,
      issuer,
      ...(own === undefined ? {} : { audience: own }),
      keys: keysOf(id) ?? keys,
      revokedKeys,
      deviations,
    }),
  );
  return { audience, providers };
}

/** The provider that a subject names, or undefined if it names none. */
export function providerOfSubject(subject: string): string | undefined {
  if (!subject.startsWith(FEED_SUBJECT_PREFIX)) return undefined;
  const id = subject.slice(FEED_SUBJECT_PREFIX.length);
  return PROVIDER_ID_PATTERN.test(id) ? id : undefined;
}

interface KnownKey {
  readonly algorithm: string;
  /** Imported at first use: a registry may hold more keys than ever sign. */
  imported: Promise<CryptoKey | Uint8Array> | undefined;
  readonly source: VerificationKey;
}

interface KnownProvider {
  readonly issuer: string;
  readonly audience: string;
  readonly keys: ReadonlyMap<string, KnownKey>;
  readonly revokedKeys: ReadonlySet<string>;
  readonly deviations: readonly Deviation[];
}

/**
 * Checks event tokens. The provider is taken from the subject, the key from that provider's own keys, the algorithm
 * from the key: never from the token.
 */
export class TokenVerifier {
  readonly #providers = new Map<string, KnownProvider>();

  constructor(settings: VerifierSettings) {
    for (const { id, issuer, audience, keys, revokedKeys, deviations = [] } of settings.providers) {
      const known = keys.map((source): [string, KnownKey] => [
        source.kid,
        { algorithm: source.algorithm, imported: undefined, source },
      ]);
      this.#providers.set(id, {
        issuer,
        audience: audience ?? settings.audience,
        keys: new Map(known),
        revokedKeys: new Set(revokedKeys),
        deviations,
      });
    }
  }

  /**
   * Never rejects for what a message contains.
   *
   * @param storedAt when the broker took it: a key that has left its set since is still good for it
   */
  async verify(
    subject: string,
    bytes: Uint8Array,
    now: UnixMs,
    storedAt: UnixMs = now,
  ): Promise<Verification> {
    const id = providerOfSubject(subject);
    if (id === undefined) return refuse('SUBJECT_INVALID', 'not `holdfast.feed.<provider>`');
    const provider = this.#providers.get(id);
    if (provider === undefined) return refuse('PROVIDER_UNKNOWN', 'no such provider is registered');
    const token = readTokenForm(bytes);
    if (token.kind === 'refused') return token;
    if (provider.revokedKeys.has(token.kid)) return refuse('KEY_REVOKED', 'the key of this `kid` is revoked');
    const key = provider.keys.get(token.kid);
    if (key === undefined) return refuse('KEY_UNKNOWN', 'this provider has no key with this `kid`');
    if (key.algorithm !== token.alg) {
      return refuse('ALGORITHM_REFUSED', `the key is for ${key.algorithm}, the token says otherwise`);
    }
    const { validUntil } = key.source;
    if (validUntil !== undefined && storedAt > validUntil) {
      return refuse('KEY_RETIRED', 'the key had left this provider’s set before the message came');
    }
    const payload = await verifiedPayload(token.compact, key);
    if (payload === undefined) return refuse('SIGNATURE_INVALID', 'the signature does not fit');
    const claims = readClaimsObject(payload);
    if (claims === undefined) return refuse('PAYLOAD_INVALID', 'not a JSON object in UTF-8');
    return readClaims(standardClaims(claims, provider.deviations), {
      provider: id,
      issuer: provider.issuer,
      audience: provider.audience,
      now,
    });
  }
}

/** Bytes that are no UTF-8 would otherwise be read as replacement characters, and two ids as one. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readClaimsObject(payload: Uint8Array): Record<string, unknown> | undefined {
  try {
    return parseObject(UTF8.decode(payload));
  } catch {
    return undefined;
  }
}

async function verifiedPayload(compact: string, key: KnownKey): Promise<Uint8Array | undefined> {
  key.imported ??= importJWK({ ...key.source.jwk }, key.algorithm);
  const imported = await key.imported;
  try {
    const { payload } = await compactVerify(compact, imported, { algorithms: [key.algorithm] });
    return payload;
  } catch {
    // jose throws for every kind of bad token; its messages may quote it.
    return undefined;
  }
}
