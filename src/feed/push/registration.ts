import type { FieldReader } from '../yaml-fields.js';

/** How a provider that delivers over HTTP shows who it is. Only digests: the registry holds nothing to steal. */
export interface PushRegistration {
  /** SHA-256 of each bearer token that is accepted, lower-case hexadecimal; two while one replaces the other. */
  readonly tokenDigests: readonly string[];
}

/** The token in use and the one that is to follow it. */
const MAX_TOKENS = 2;

const SHA256_HEX_PATTERN = /^[0-9a-f]{64}$/;

/** Reads `push: { token_sha256: [<hex>, ...] }` of a provider; undefined if it has none, or a faulty one. */
export function readPushRegistration(fields: FieldReader): PushRegistration | undefined {
  if (!fields.has('push')) return undefined;
  const push = fields.map('push');
  if (push === undefined) return undefined;
  push.refuseOthers(['token_sha256']);
  const tokenDigests = push.texts('token_sha256', MAX_TOKENS, (text) =>
    SHA256_HEX_PATTERN.test(text)
      ? undefined
      : 'must hold SHA-256 digests of bearer tokens: 64 of 0-9 and a-f each, in quotes',
  );
  return { tokenDigests };
}
