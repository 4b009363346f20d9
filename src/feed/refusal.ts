import type { UnixMs } from '../decision/vocabulary.js';

/**
 * Why a message was refused. Stable words: they are counted, shown to operators and to providers. In the order of the
 * checks.
 */
export const REFUSAL_REASONS = [
  /** The subject is not `holdfast.feed.<provider>`. */
  'SUBJECT_INVALID',
  /** Nobody of that name is registered. */
  'PROVIDER_UNKNOWN',
  /** Above {@link MAX_TOKEN_BYTES}. */
  'TOO_LARGE',
  /** Not three base64url segments. */
  'MALFORMED',
  /** The header is not a JSON object. */
  'HEADER_INVALID',
  /** The header names a critical extension; we know none (RFC 7515 4.1.11). */
  'CRITICAL_EXTENSION',
  /** `typ` is not `secevent+jwt` (RFC 8417 2.3, required by SSF 1.0). */
  'TYPE_INVALID',
  /** No `kid`, or one that cannot be a look-up key. */
  'KEY_ID_INVALID',
  /** This provider has no such key (yet): parked, tried again when its keys change. */
  'KEY_UNKNOWN',
  /** The key is on this provider's list of revoked keys, whatever its key set says. */
  'KEY_REVOKED',
  /** The key had left this provider's key set before the message came. */
  'KEY_RETIRED',
  /** `alg` is not the one that the key is for (RFC 8725 3.1). */
  'ALGORITHM_REFUSED',
  /** JSON nested deeper than any event. */
  'NESTED_TOO_DEEP',
  'SIGNATURE_INVALID',
  /** The payload is not a JSON object. */
  'PAYLOAD_INVALID',
  /** `iss` is not that of the provider whose subject this is. */
  'ISSUER_MISMATCH',
  /** `aud` does not name us. */
  'AUDIENCE_MISMATCH',
  /** No `jti`, or a useless one. */
  'TOKEN_ID_INVALID',
  /** No `iat`, or not epoch seconds. */
  'ISSUED_AT_INVALID',
  'ISSUED_IN_FUTURE',
  /** SSF 1.0: an event token has no `exp`; keeps access tokens out. */
  'EXPIRY_PRESENT',
  /** SSF 1.0: an event token has no `sub`, but `sub_id`. */
  'SUB_PRESENT',
  'SUBJECT_ID_INVALID',
  /** Not exactly one event (RFC 8417: no independent events in one token). */
  'EVENTS_INVALID',
  /** `seq` is there but no counter. */
  'SEQUENCE_INVALID',
  /** A field of the event is missing or senseless. */
  'EVENT_INVALID',
  /** A subject format that this provider is not allowed, or that is not supported. */
  'SUBJECT_FORMAT_REFUSED',
  /** The pseudonym's key id is none of this provider's pair keys: parked, tried again when they change. */
  'PAIR_KEY_UNKNOWN',
  /** The mailbox, domain or token is not this provider's to speak of. */
  'NOT_AUTHORISED',
  /** It names a mailbox that no account is known to use, beyond the number of those that this provider may name. */
  'MAILBOX_QUOTA',
  /** It should wait for a key and this provider's room is used up; `detail` says for which. Tried again like the others. */
  'PARKING_FULL',
  /** It waited for a key until the stream did not hold it any more; published again, it counts. */
  'PARKING_EXPIRED',
  /** Our own fault while taking it in. */
  'HANDLER_FAILED',
] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** A message that has no effect, and why. `detail` holds no value from the message: it may name a person. */
export interface Refusal {
  readonly kind: 'refused';
  readonly reason: RefusalReason;
  readonly detail: string;
  /** What the token says of itself; only where signature, issuer and audience were found good. */
  readonly origin?: TokenOrigin;
}

/** Which of a provider's tokens it is, by the provider's own word. */
export interface TokenOrigin {
  readonly provider: string;
  readonly jti?: string;
  readonly seq?: number;
  /** Its `iat`, where that is a time. */
  readonly issuedAt?: UnixMs;
}

export function refuse(reason: RefusalReason, detail: string): Refusal {
  return { kind: 'refused', reason, detail };
}

const PARKED: ReadonlySet<RefusalReason> = new Set(['PROVIDER_UNKNOWN', 'KEY_UNKNOWN', 'PAIR_KEY_UNKNOWN']);

/** It may be good later as it is, so its number counts as missing until then. */
const NOT_FINAL: ReadonlySet<RefusalReason> = new Set([...PARKED, 'ISSUED_IN_FUTURE', 'HANDLER_FAILED']);

/**
 * Whether a message that is refused for this reason, and is the provider's beyond doubt, has come for good: its number
 * is then not asked for again.
 */
export function isFinal(reason: RefusalReason): boolean {
  return !NOT_FINAL.has(reason);
}

/** Whether the message may be good once the registry or a key file has changed. */
export function isParked(reason: RefusalReason): boolean {
  return PARKED.has(reason);
}
