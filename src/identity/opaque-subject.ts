import { keyedDigest } from './keyed-digest.js';
import type { HmacKey } from './keyring.js';
import type { MailAddress } from './mail-address.js';

/** The one way to make opaque subjects. A bare hash of an address is as good as the address, so there is no other. */
const SCHEME = 'hmac-sha256';

const OPAQUE_SUBJECT = /^hmac-sha256:([A-Za-z0-9_-]{1,32}):([A-Za-z0-9_-]{43})$/;

/** An opaque subject of a provider event, taken apart. */
export interface OpaqueSubject {
  readonly keyId: string;
  /** HMAC-SHA-256 in canonical base64url without padding. */
  readonly digest: string;
}

/**
 * Reads `hmac-sha256:<key id>:<base64url>`.
 *
 * @returns undefined if the text is anything else, such as a bare hash or base64url whose unused bits are set
 */
export function readOpaqueSubject(text: string): OpaqueSubject | undefined {
  const [, keyId, digest] = OPAQUE_SUBJECT.exec(text) ?? [];
  if (keyId === undefined || digest === undefined) return undefined;
  // Bits that decoding drops would give one mailbox several names.
  if (Buffer.from(digest, 'base64url').toString('base64url') !== digest) return undefined;
  return { keyId, digest };
}

/** The subject under which a provider publishes events about a mailbox: over the UTF-8 exact form of its address. */
export function opaqueSubjectOf(pairKey: HmacKey, address: MailAddress): string {
  return `${SCHEME}:${pairKey.id}:${keyedDigest(pairKey, address.exact)}`;
}
