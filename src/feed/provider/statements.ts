import { readFile } from 'node:fs/promises';
import { type HmacKey, KeyringError } from '../../identity/keyring.js';
import { readMailAddress } from '../../identity/mail-address.js';
import { opaqueSubjectOf } from '../../identity/opaque-subject.js';
import { parsePairKeys } from '../../identity/pair-keys.js';
import {
  CAEP,
  COHORT_COMPROMISE,
  RESECURED,
  RETRACTION,
  RISC,
  SEQUENCE_VOID,
  VERIFICATION,
} from '../event-types.js';
import type { Gap } from '../sequence.js';
import { ProviderToolError } from './provider-tool-error.js';
import type { EventSubject, TokenContent } from './sign-token.js';

/** What a token says, before it has a number and an issuer. */
export type Statement = Pick<TokenContent, 'subject' | 'eventType' | 'event'>;

/** An event about one mailbox. */
export interface MailboxStatement {
  /** Whom it is about. */
  readonly email: string;
  /**
   * `pseudonym`: the address becomes a pseudonym here and does not leave this machine; needs pair keys. `clear`: named
   * as it is, for providers that are allowed it.
   */
  readonly naming: 'pseudonym' | 'clear';
  /** A full event type, or the last part of a RISC or CAEP one, or `resecured`. */
  readonly type: string;
  /** Fields of the event, as in its standard. Times in epoch seconds. */
  readonly event: Readonly<Record<string, unknown>>;
}

/** An incident of whole domains. */
export interface CohortStatement {
  /** The provider's own name of the incident: the same again replaces what was said before. */
  readonly cohortId: string;
  readonly domains: readonly string[];
  readonly mechanism: string;
  /** Epoch seconds. */
  readonly from: number;
  /** Epoch seconds; absent while it goes on. */
  readonly to?: number;
  /** Part of the mailboxes that is affected, 0 to 1. */
  readonly share?: number;
  /** How sure, 0 to 1. */
  readonly confidence: number;
}

/** @throws ProviderToolError code `EVENT_INVALID` */
export function mailboxStatement(
  { email, naming, type, event }: MailboxStatement,
  pairKey: HmacKey | undefined,
): Statement {
  const reading = readMailAddress(email);
  if (reading.kind === 'invalid')
    throw new ProviderToolError('EVENT_INVALID', `not an address: ${reading.cause}`);
  const eventType = fullEventType(type);
  if (naming === 'clear')
    return { subject: { format: 'email', email: reading.address.exact }, eventType, event };
  if (pairKey === undefined) {
    throw new ProviderToolError('EVENT_INVALID', 'a pseudonym needs pair keys; none are given');
  }
  return { subject: { format: 'opaque', id: opaqueSubjectOf(pairKey, reading.address) }, eventType, event };
}

/** The SSF verification event. */
export function heartbeatStatement(provider: string): Statement {
  return { subject: { format: 'opaque', id: provider }, eventType: VERIFICATION, event: {} };
}

export function cohortStatement(cohort: CohortStatement): Statement {
  const { cohortId, domains, mechanism, from, to, share, confidence } = cohort;
  const event = {
    domains,
    mechanism,
    from,
    confidence,
    ...(to === undefined ? {} : { to }),
    ...(share === undefined ? {} : { share }),
  };
  return { subject: { format: 'opaque', id: cohortId }, eventType: COHORT_COMPROMISE, event };
}

/** @param jti of the token to take back */
export function retractionStatement(jti: string): Statement {
  const subject: EventSubject = { format: 'opaque', id: `retraction-of-${jti}` };
  return { subject, eventType: RETRACTION, event: { jti } };
}

/** Says that the numbers of a range will never come. */
export function voidStatement([from, to]: Gap): Statement {
  const subject: EventSubject = { format: 'opaque', id: `void-${from}-${to}` };
  return { subject, eventType: SEQUENCE_VOID, event: { from, to } };
}

/** The newest key of a pair keys file. @throws ProviderToolError code `KEY_FILE_INVALID` */
export async function readPairKey(file: string): Promise<HmacKey> {
  try {
    const [newest] = parsePairKeys(await readFile(file, 'utf8'));
    if (newest !== undefined) return newest;
  } catch (cause) {
    const reason = cause instanceof KeyringError ? cause.message : `${file} cannot be read`;
    throw new ProviderToolError('KEY_FILE_INVALID', reason, { cause });
  }
  throw new ProviderToolError('KEY_FILE_INVALID', `${file} holds no key`);
}

/** Last parts of CAEP 1.0's event types. */
const CAEP_NAMES = new Set([
  'credential-change',
  'session-revoked',
  'session-established',
  'session-presented',
  'assurance-level-change',
  'device-compliance-change',
  'risk-level-change',
  'token-claims-change',
]);

/** Last parts of RISC 1.0's event types. */
const RISC_NAMES = new Set([
  'account-credential-change-required',
  'account-purged',
  'account-disabled',
  'account-enabled',
  'identifier-changed',
  'identifier-recycled',
  'credential-compromise',
  'opt-in',
  'opt-out-initiated',
  'opt-out-cancelled',
  'opt-out-effective',
  'recovery-activated',
  'recovery-information-changed',
  'sessions-revoked',
]);

/**
 * The full event type that a short name stands for. A full one is taken as it is.
 *
 * @throws ProviderToolError code `EVENT_INVALID` for a name that no standard has: the exchange would record it without
 *   effect, and a misspelt compromise would stop nobody
 */
export function fullEventType(name: string): string {
  if (name.includes(':')) return name;
  if (name === 'resecured') return RESECURED;
  if (CAEP_NAMES.has(name)) return `${CAEP}${name}`;
  if (RISC_NAMES.has(name)) return `${RISC}${name}`;
  throw new ProviderToolError(
    'EVENT_INVALID',
    'the event type is none of RISC or CAEP, nor `resecured`; types of your own are given in full, as a URI',
  );
}
