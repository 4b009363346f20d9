import { createHash } from 'node:crypto';
import { EARLIEST_TIME, type UnixMs } from '../decision/vocabulary.js';
import { type Refusal, refuse, type TokenOrigin } from './refusal.js';
import { isObject } from './token.js';

/** Clocks of providers may differ from ours by this much. */
export const CLOCK_SKEW_MS = 60_000;

/** Longest `jti`, subject id or event type: they are identifiers, not places for data. */
const MAX_ID_LENGTH = 256;

/** An e-mail address has at most 254 characters, a pseudonym about 70. */
const MAX_SUBJECT_LENGTH = 320;

/** 10^11 s is the year 5138: such a time is in milliseconds. */
const MAX_EPOCH_SECONDS = 1e11;

const EARLIEST_SECONDS = EARLIEST_TIME / 1000;

/** What a verified token says, before anybody asks what it means. */
export interface VerifiedToken {
  readonly kind: 'verified';
  readonly provider: string;
  readonly issuer: string;
  /** Digest of (issuer, jti). */
  readonly tokenId: string;
  readonly jti: string;
  readonly issuedAt: UnixMs;
  /** `toe`, RFC 8417's time of event, if it is given. */
  readonly eventAt?: UnixMs;
  /** The provider's own count. */
  readonly seq?: number;
  readonly subject: SubjectIdentifier;
  readonly eventType: string;
  readonly event: Readonly<Record<string, unknown>>;
}

/** RFC 9493 subject identifier. `value` is `id` of `opaque`, `email` of `email`, else empty. */
export interface SubjectIdentifier {
  readonly format: string;
  readonly value: string;
}

/** Who must have issued a token, for whom, and what time it is. */
export interface ClaimExpectations {
  readonly provider: string;
  readonly issuer: string;
  readonly audience: string;
  readonly now: UnixMs;
}

/** Identity of a token everywhere in Holdfast: 128 bits of SHA-256 over issuer and `jti`, base64url. */
export function tokenIdOf(issuer: string, jti: string): string {
  return createHash('sha256').update(`${issuer}\n${jti}`).digest().subarray(0, 16).toString('base64url');
}

/**
 * Checks the claims of a token whose signature is good, in the order of {@link REFUSAL_REASONS}. A refusal of a token
 * that is from this provider and for us says which one it is.
 */
export function readClaims(
  payload: Record<string, unknown>,
  expected: ClaimExpectations,
): VerifiedToken | Refusal {
  const reading = checkClaims(payload, expected);
  const isOurs =
    reading.kind === 'refused' &&
    reading.reason !== 'ISSUER_MISMATCH' &&
    reading.reason !== 'AUDIENCE_MISMATCH';
  return isOurs ? { ...reading, origin: originOf(payload, expected.provider) } : reading;
}

function originOf({ jti, seq, iat }: Record<string, unknown>, provider: string): TokenOrigin {
  const issuedAt = epochMs(iat);
  return {
    provider,
    ...(isText(jti, MAX_ID_LENGTH) ? { jti } : {}),
    ...(isCounter(seq) ? { seq } : {}),
    ...(issuedAt === undefined ? {} : { issuedAt }),
  };
}

function checkClaims(payload: Record<string, unknown>, expected: ClaimExpectations): VerifiedToken | Refusal {
  if (payload['iss'] !== expected.issuer)
    return refuse('ISSUER_MISMATCH', '`iss` is not the registered issuer');
  const audience = payload['aud'];
  const isForUs = Array.isArray(audience)
    ? audience.includes(expected.audience)
    : audience === expected.audience;
  if (!isForUs) return refuse('AUDIENCE_MISMATCH', '`aud` does not name this deployment');
  const jti = payload['jti'];
  if (!isText(jti, MAX_ID_LENGTH)) {
    return refuse('TOKEN_ID_INVALID', `\`jti\` must have 1 to ${MAX_ID_LENGTH} characters`);
  }
  const issuedAt = epochMs(payload['iat']);
  if (issuedAt === undefined) {
    return refuse('ISSUED_AT_INVALID', '`iat` must be epoch seconds, not before 2009');
  }
  if (issuedAt > expected.now + CLOCK_SKEW_MS) {
    return refuse('ISSUED_IN_FUTURE', `\`iat\` is ${Math.round((issuedAt - expected.now) / 1000)} s ahead`);
  }
  if (payload['exp'] !== undefined) return refuse('EXPIRY_PRESENT', '`exp` is present');
  if (payload['sub'] !== undefined) return refuse('SUB_PRESENT', '`sub` is present');
  const subject = readSubject(payload['sub_id']);
  if (subject === undefined) return refuse('SUBJECT_ID_INVALID', '`sub_id` must be a subject identifier');
  const events = isObject(payload['events']) ? Object.entries(payload['events']) : [];
  const [first] = events;
  if (events.length !== 1 || first === undefined || !isText(first[0], MAX_ID_LENGTH) || !isObject(first[1])) {
    return refuse('EVENTS_INVALID', `\`events\` must hold exactly one event, not ${events.length}`);
  }
  const seq = payload['seq'];
  if (seq !== undefined && !isCounter(seq)) {
    return refuse('SEQUENCE_INVALID', '`seq` must be a whole number, 0 or more');
  }
  const eventAt = optionalEpochMs(payload['toe']);
  if (eventAt === 'invalid') return refuse('EVENT_INVALID', '`toe` must be epoch seconds');
  return {
    kind: 'verified',
    provider: expected.provider,
    issuer: expected.issuer,
    tokenId: tokenIdOf(expected.issuer, jti),
    jti,
    issuedAt,
    ...(eventAt === 'absent' ? {} : { eventAt }),
    ...(seq === undefined ? {} : { seq }),
    subject,
    eventType: first[0],
    event: first[1],
  };
}

/** Milliseconds of a time in epoch seconds that must be there; undefined if it is none, or before 2009. */
export function epochMs(value: unknown): UnixMs | undefined {
  const time = optionalEpochMs(value);
  return typeof time === 'number' ? time : undefined;
}

/**
 * Milliseconds of a time in epoch seconds that may be absent. One of before 2009 is absent: programs write 0, or the year
 * 1, for a time that they do not have. Taken for a time, an event would count for nothing, being so old.
 */
export function optionalEpochMs(value: unknown): UnixMs | 'absent' | 'invalid' {
  if (value === undefined) return 'absent';
  if (typeof value !== 'number' || !Number.isFinite(value) || value >= MAX_EPOCH_SECONDS) return 'invalid';
  return value < EARLIEST_SECONDS ? 'absent' : Math.round(value * 1000);
}

function readSubject(value: unknown): SubjectIdentifier | undefined {
  if (!isObject(value)) return undefined;
  const format = value['format'];
  if (!isText(format, MAX_ID_LENGTH)) return undefined;
  if (format !== 'opaque' && format !== 'email') return { format, value: '' };
  const text = value[format === 'opaque' ? 'id' : 'email'];
  return isText(text, MAX_SUBJECT_LENGTH) ? { format, value: text } : undefined;
}

function isCounter(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxLength;
}
