import { createHash, timingSafeEqual } from 'node:crypto';
import type { ProviderRegistry } from '../registry.js';

/** Whether a request may push in the name of the provider that its path names. */
export type Authentication =
  | 'accepted'
  /** No token, or one that nobody has. */
  | 'unauthenticated'
  /** The token of another provider. */
  | 'denied';

/** RFC 6750 2.1. Longer ones are nobody's: a header has at most 8 KB anyway. */
const BEARER_PATTERN = /^Bearer +([A-Za-z0-9._~+/-]{1,512}=*) *$/i;

/**
 * Compares digests in constant time, with those of all providers: how long a refusal takes tells nothing of a registered
 * token, nor whether a provider of that name is registered.
 */
export function authenticate(
  authorization: string | undefined,
  provider: string,
  registry: ProviderRegistry,
): Authentication {
  const token = BEARER_PATTERN.exec(authorization ?? '')?.[1];
  if (token === undefined) return 'unauthenticated';
  const digest = createHash('sha256').update(token).digest();
  let isSomebodys = false;
  for (const { id, push } of registry.providers.values()) {
    for (const known of push?.tokenDigests ?? []) {
      if (!timingSafeEqual(digest, Buffer.from(known, 'hex'))) continue;
      if (id === provider) return 'accepted';
      isSomebodys = true;
    }
  }
  return isSomebodys ? 'denied' : 'unauthenticated';
}
