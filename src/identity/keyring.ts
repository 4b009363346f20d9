import { createSecretKey, type KeyObject } from 'node:crypto';

/** Bytes of every key: the output size of SHA-256, below which HMAC loses strength (RFC 2104, 3). */
export const KEY_BYTES = 32;

/** How many keys of one kind may be live at a time: the newest and the one before it. */
export const MAX_LIVE_KEYS = 2;

/** Key ids stand between colons in aliases and subjects. */
export const KEY_ID = /^[A-Za-z0-9_-]{1,32}$/;

const BASE64URL_KEY = /^[A-Za-z0-9_-]{43}$/;

/** An HMAC-SHA-256 key. The secret is a KeyObject, so that no log, error or inspection can print it. */
export interface HmacKey {
  readonly id: string;
  readonly secret: KeyObject;
}

/** A key that we made ourselves. */
export interface OwnKey extends HmacKey {
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** One or two keys of one kind, newest first. */
export type LiveKeys = readonly [OwnKey, ...OwnKey[]];

/** All keys of a deployment. Immutable. */
export interface Keyring {
  /** Make the aliases of mailboxes. */
  readonly matchKeys: LiveKeys;
  /**
   * Makes the names that must outlive every rotation: digests of withdrawal and signal ids, whose clear ids we keep
   * anyway, and pseudonyms of mail domains, by which cohorts match.
   */
  readonly lastingKey: OwnKey;
  /** By tenant: make the pseudonyms of devices, IP addresses and destinations. The newest makes them. */
  readonly tenantKeys: ReadonlyMap<string, LiveKeys>;
  /** By provider: what its opaque subjects are made with. From the provider registry; empty without one. */
  readonly pairKeys: ReadonlyMap<string, readonly HmacKey[]>;
}

export type KeyringErrorCode =
  | 'KEY_FILE_MISSING'
  | 'KEY_FILE_EXISTS'
  /** Others than its owner may read or write the file. */
  | 'KEY_FILE_MODE'
  | 'KEY_FILE_MALFORMED'
  /** Other keys than those that what is known was made with. */
  | 'KEYS_CHANGED'
  /** A passphrase file cannot be read, is open to others, or holds too little. */
  | 'PASSPHRASE_UNUSABLE'
  /** Sealed keys do not open with it. */
  | 'PASSPHRASE_WRONG'
  | 'PAIR_KEYS_MALFORMED'
  | 'TENANT_KEY_MISSING';

/** A problem with keys. The message names the field or the file, never a secret. */
export class KeyringError extends Error {
  override readonly name = 'KeyringError';
  constructor(
    readonly code: KeyringErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The keyring with the pair keys of a (re)loaded provider registry. */
export function withPairKeys(keyring: Keyring, pairKeys: ReadonlyMap<string, readonly HmacKey[]>): Keyring {
  return { ...keyring, pairKeys };
}

/**
 * Reads the text form of a secret.
 *
 * @returns the secret, or what is wrong with the text
 */
export function readSecret(text: unknown): KeyObject | { readonly problem: string } {
  if (typeof text !== 'string' || !BASE64URL_KEY.test(text)) {
    return { problem: `must be ${KEY_BYTES} bytes as base64url without padding (43 characters)` };
  }
  const bytes = Buffer.from(text, 'base64url');
  // A placeholder somebody forgot to replace is not a secret.
  if (bytes.every((byte) => byte === bytes[0])) return { problem: 'must be random' };
  return createSecretKey(bytes);
}

/** A JSON object, as opposed to an array, null or a plain value. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
