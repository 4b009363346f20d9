import { hmacSha256 } from './hmac-sha256.js';
import type { HmacKey } from './keyring.js';

/** What a digest is for. Part of its input, so that digests of one value for two purposes have nothing in common. */
export type DigestPurpose =
  | 'mailbox'
  | 'domain'
  | 'device'
  | 'factor'
  | 'ip'
  /** Network and address as text: what destinations were known by before places were read. */
  | 'destination'
  /** Family, account and tag. */
  | 'place'
  /** Family and account. */
  | 'place-account'
  /** Network, account and tag. */
  | 'place-on-network'
  /** What several places of one person may share. */
  | 'place-link'
  | 'withdrawal'
  | 'signal'
  | 'content';

/**
 * Characters of a short digest: 128 bits as base64url. Two of a million million values share one with a chance of
 * about 10^-15, and it halves what each record and cache line carries.
 */
const SHORT_DIGEST_LENGTH = 22;

/** Purpose and parts as one text; different parts never give the same text, whatever they hold. */
export function framed(purpose: DigestPurpose, parts: readonly string[]): string {
  let text: string = purpose;
  for (const part of parts) text += `\n${part.length}:${part}`;
  return text;
}

/** HMAC-SHA-256 of the UTF-8 text, base64url without padding: 43 characters. */
export function keyedDigest(key: HmacKey, text: string): string {
  return hmacSha256(key.secret, text);
}

/** The first 128 bits of {@link keyedDigest}: 22 characters. */
export function shortKeyedDigest(key: HmacKey, text: string): string {
  return keyedDigest(key, text).slice(0, SHORT_DIGEST_LENGTH);
}
