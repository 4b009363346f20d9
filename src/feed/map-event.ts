import { createHash } from 'node:crypto';
import type { CohortRecord, ProviderEventRecord } from '../decision/evidence.js';
import type { Pseudonym, UnixMs } from '../decision/vocabulary.js';
import { readMailAddress } from '../identity/mail-address.js';
import { readMailDomain } from '../identity/mail-domain.js';
import type { Pseudonyms } from '../identity/pseudonyms.js';
import type { ProviderContent, ProviderEventBody } from '../store/codec/entries.js';
import { CLOCK_SKEW_MS, epochMs, optionalEpochMs, tokenIdOf, type VerifiedToken } from './claims.js';
import {
  COHORT_COMPROMISE,
  RETRACTION,
  readMailboxEvent,
  SEQUENCE_VOID,
  STREAM_UPDATED,
  VERIFICATION,
} from './event-types.js';
import { type Refusal, refuse } from './refusal.js';
import type { RegisteredProvider } from './registry.js';
import type { Gap } from './sequence.js';

/** An incident of more domains is published as several. */
const MAX_COHORT_DOMAINS = 64;
const MAX_MECHANISM_LENGTH = 128;
const MAX_JTI_LENGTH = 256;
/** A type we do not know is recorded by name; no name of the standards comes near this. */
const MAX_RECORDED_TYPE_LENGTH = 128;

/** What a verified token comes to. */
export type MappedToken =
  /** Bodies of one token: one for each alias that its mailbox is to be found under. */
  | { readonly kind: 'evidence'; readonly bodies: readonly ProviderEventBody[] }
  /** Says only that the provider is there. */
  | { readonly kind: 'heartbeat' }
  /** The provider announces that it pauses (`false`) or goes on (`true`). */
  | { readonly kind: 'stream-status'; readonly isEnabled: boolean }
  /** The provider says that these numbers will never come. */
  | { readonly kind: 'sequence-void'; readonly range: Gap }
  | Refusal;

/** The clock and the identities that a mapping needs. */
export interface MappingContext {
  readonly pseudonyms: Pseudonyms;
  readonly now: UnixMs;
}

/**
 * Turns a verified token into evidence, if what it speaks of is this provider's to speak of: its own operator's or
 * registered domains for clear addresses and cohorts, its own pair keys for pseudonyms, its own tokens for retractions.
 */
export function mapToken(
  token: VerifiedToken,
  provider: RegisteredProvider,
  context: MappingContext,
): MappedToken {
  switch (token.eventType) {
    case VERIFICATION:
      return { kind: 'heartbeat' };
    case STREAM_UPDATED:
      return { kind: 'stream-status', isEnabled: token.event['status'] === 'enabled' };
    case SEQUENCE_VOID:
      return mapVoid(token);
    case COHORT_COMPROMISE:
      return mapCohort(token, provider, context);
    case RETRACTION:
      return mapRetraction(token, context);
    default:
      return mapMailboxEvent(token, provider, context);
  }
}

/** Only numbers below the token's own: what is still to be given out can not be void. */
function mapVoid({ seq, event: { from, to } }: VerifiedToken): MappedToken {
  if (seq === undefined) return refuse('EVENT_INVALID', 'only numbered tokens can declare numbers void');
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to)) {
    return refuse('EVENT_INVALID', '`from` and `to` must be whole numbers');
  }
  const range: Gap = [Number(from), Number(to)];
  if (range[0] < 0 || range[1] < range[0] || range[1] >= seq) {
    return refuse('EVENT_INVALID', '`from` to `to` must be a range below the token’s own `seq`');
  }
  return { kind: 'sequence-void', range };
}

function mapMailboxEvent(
  token: VerifiedToken,
  provider: RegisteredProvider,
  context: MappingContext,
): MappedToken {
  const reading = readMailboxEvent(token.eventType, token.event);
  if (reading.kind === 'invalid') return refuse('EVENT_INVALID', reading.detail);
  if (reading.kind === 'no-effect') {
    const type = token.eventType.slice(0, MAX_RECORDED_TYPE_LENGTH);
    return evidence(token, [{ kind: 'unknown-type', type }]);
  }
  const confidence = readShare(token.event['confidence']);
  if (confidence === 'invalid') return refuse('EVENT_INVALID', '`confidence` must be from 0 to 1');
  const time = readEventTime(token);
  if (time.kind === 'refused') return time;
  const aliases = readAliases(token, provider, context);
  if ('kind' in aliases) return aliases;
  const event: ProviderEventRecord = {
    type: reading.type,
    provider: provider.id,
    id: token.tokenId,
    occurredAt: time.occurredAt,
    issuedAt: token.issuedAt,
    receivedAt: context.now,
    // Without a time of its own an event is dated by its issue, which only says when it was noticed.
    timeIs: reading.isDiscovery || !time.isGiven ? 'DISCOVERED' : 'OCCURRED',
    unauthorised: reading.unauthorised,
    confidence: Math.min(confidence === 'absent' ? 1 : confidence, provider.maxConfidence),
  };
  return evidence(
    token,
    aliases.map((alias) => ({ kind: 'event', alias, event })),
  );
}

interface EventTime {
  readonly kind: 'time';
  readonly occurredAt: UnixMs;
  readonly isGiven: boolean;
}

/** `event_timestamp` of the event, else the token's `toe`, else its `iat`; never later than `iat`, never before 2009. */
function readEventTime(token: VerifiedToken): EventTime | Refusal {
  const given = optionalEpochMs(token.event['event_timestamp']);
  if (given === 'invalid') return refuse('EVENT_INVALID', '`event_timestamp` must be epoch seconds');
  const stated = given === 'absent' ? token.eventAt : given;
  if (stated === undefined) return { kind: 'time', occurredAt: token.issuedAt, isGiven: false };
  if (stated > token.issuedAt + CLOCK_SKEW_MS) {
    return refuse('EVENT_INVALID', 'the event lies after its own `iat`');
  }
  return { kind: 'time', occurredAt: Math.min(stated, token.issuedAt), isGiven: true };
}

function readAliases(
  token: VerifiedToken,
  provider: RegisteredProvider,
  { pseudonyms }: MappingContext,
): readonly Pseudonym[] | Refusal {
  const { format, value } = token.subject;
  if (!provider.subjects.some((allowed) => allowed === format)) {
    return refuse('SUBJECT_FORMAT_REFUSED', 'this provider may not use this subject format');
  }
  if (format === 'opaque') {
    const reading = pseudonyms.subjectAlias(provider.id, value);
    if (reading.kind === 'alias') return [reading.alias];
    return reading.cause === 'unknown-key'
      ? refuse('PAIR_KEY_UNKNOWN', 'the key id is none of this provider’s pair keys')
      : refuse('SUBJECT_ID_INVALID', 'must be hmac-sha256:<key id>:<base64url>');
  }
  const address = readMailAddress(value);
  if (address.kind === 'invalid') return refuse('SUBJECT_ID_INVALID', address.cause);
  if (!maySpeakOf(provider, address.address.domain, pseudonyms)) {
    return refuse('NOT_AUTHORISED', 'the mailbox is at a domain of somebody else');
  }
  return pseudonyms.eventAliases(address.address);
}

function mapCohort(token: VerifiedToken, provider: RegisteredProvider, context: MappingContext): MappedToken {
  if (provider.cohorts !== 'own-domains')
    return refuse('NOT_AUTHORISED', 'this provider may not name cohorts');
  const ownId = readOwnId(token);
  if (ownId === undefined)
    return refuse('SUBJECT_ID_INVALID', 'a cohort is named by an `opaque` id of its own');
  const { event } = token;
  const domains = readCohortDomains(event['domains'], provider, context.pseudonyms);
  if ('kind' in domains) return domains;
  const mechanism = event['mechanism'];
  if (typeof mechanism !== 'string' || mechanism === '' || mechanism.length > MAX_MECHANISM_LENGTH) {
    return refuse('EVENT_INVALID', `\`mechanism\` must have 1 to ${MAX_MECHANISM_LENGTH} characters`);
  }
  const from = epochMs(event['from']);
  if (from === undefined) return refuse('EVENT_INVALID', '`from` must be epoch seconds, not before 2009');
  const to = optionalEpochMs(event['to']);
  if (to === 'invalid' || (to !== 'absent' && to < from)) {
    return refuse('EVENT_INVALID', '`to` must be epoch seconds, not before `from`');
  }
  const share = readShare(event['share']);
  if (share === 'invalid') return refuse('EVENT_INVALID', '`share` must be from 0 to 1');
  const confidence = readShare(event['confidence']);
  if (typeof confidence !== 'number') {
    return refuse('EVENT_INVALID', '`confidence` must be more than 0, up to 1');
  }
  const cohort: CohortRecord = {
    id: cohortIdOf(provider.id, ownId),
    provider: provider.id,
    domains,
    mechanism,
    from,
    ...(to === 'absent' ? {} : { to }),
    ...(share === 'absent' ? {} : { share }),
    confidence: Math.min(confidence, provider.maxConfidence),
    issuedAt: token.issuedAt,
    retracted: false,
  };
  return evidence(token, [{ kind: 'cohort', cohort }]);
}

/** In the form of {@link CohortRecord.domains}, sorted, so that one cohort has one form. */
function readCohortDomains(
  value: unknown,
  provider: RegisteredProvider,
  pseudonyms: Pseudonyms,
): readonly string[] | Refusal {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_COHORT_DOMAINS) {
    return refuse('EVENT_INVALID', `\`domains\` must list 1 to ${MAX_COHORT_DOMAINS} domains`);
  }
  const domains = new Set<string>();
  for (const entry of value) {
    const reading = typeof entry === 'string' ? readMailDomain(entry) : undefined;
    if (reading?.kind !== 'valid') return refuse('EVENT_INVALID', '`domains` holds what is no domain');
    if (!maySpeakOf(provider, reading.domain, pseudonyms)) {
      return refuse('NOT_AUTHORISED', 'the cohort names a domain of somebody else');
    }
    domains.add(pseudonyms.domain(reading.domain));
  }
  return [...domains].sort();
}

function mapRetraction(token: VerifiedToken, { now }: MappingContext): MappedToken {
  if (readOwnId(token) === undefined) {
    return refuse('SUBJECT_ID_INVALID', 'a retraction is named by an `opaque` id of its own');
  }
  const jti = token.event['jti'];
  if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI_LENGTH) {
    return refuse('EVENT_INVALID', '`jti` must name the token to take back');
  }
  // The digest covers the issuer: a provider can only ever name tokens of its own.
  const { provider, issuer, issuedAt } = token;
  const retraction = { provider, id: tokenIdOf(issuer, jti), issuedAt, receivedAt: now };
  return evidence(token, [{ kind: 'retraction', retraction }]);
}

function maySpeakOf(provider: RegisteredProvider, domain: string, { directory }: Pseudonyms): boolean {
  return directory.providersFor(domain, directory.operatorOf(domain)).includes(provider.id);
}

function readOwnId({ subject }: VerifiedToken): string | undefined {
  return subject.format === 'opaque' ? subject.value : undefined;
}

/** Identity of a cohort: 128 bits of SHA-256 over the provider and its own name for it, base64url. */
export function cohortIdOf(provider: string, ownId: string): string {
  return createHash('sha256').update(`${provider}\n${ownId}`).digest().subarray(0, 16).toString('base64url');
}

/** Up to 1. A 0 is absent: nobody says a thing of which nothing is true, but programs write 0 for what they leave unset. */
function readShare(value: unknown): number | 'absent' | 'invalid' {
  if (value === undefined || value === 0) return 'absent';
  return typeof value === 'number' && value > 0 && value <= 1 ? value : 'invalid';
}

function evidence(token: VerifiedToken, contents: readonly ProviderContent[]): MappedToken {
  const bodies = contents.map(
    (content): ProviderEventBody => ({
      kind: 'provider-event',
      provider: token.provider,
      tokenId: token.tokenId,
      ...(token.seq === undefined ? {} : { seq: token.seq }),
      content,
    }),
  );
  return { kind: 'evidence', bodies };
}
