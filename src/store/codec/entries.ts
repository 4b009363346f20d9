import { StoreError } from '../ports.js';
import { decodeAssessment, decodeSignal, encodeAssessment, encodeSignal } from './assessment-codec.js';
import { decodeClientDecision, encodeClientDecision } from './client-decision-codec.js';
import type { JournalEntryBody } from './entry-bodies.js';
import {
  decodeGovernorLift,
  decodeOutcome,
  decodeRelease,
  encodeGovernorLift,
  encodeOutcome,
  encodeRelease,
} from './person-entry-codec.js';
import {
  decodePolicyActivation,
  decodePolicyRevision,
  decodePolicyShadow,
  encodePolicyActivation,
  encodePolicyRevision,
  encodePolicyShadow,
} from './policy-entry-codec.js';
import { decodeProviderEvent, encodeProviderEvent } from './provider-entry-codec.js';
import type { ByteSource } from './reused-bytes.js';

export type * from './entry-bodies.js';

/** An entry of a kind that only a newer version knows. */
export interface UnknownBody {
  readonly kind: 'unknown';
}

const UNKNOWN: UnknownBody = { kind: 'unknown' };

/**
 * Serializes the payload of an entry. Its kind goes into the envelope.
 *
 * @param place where the bytes of frequent kinds are put; by default they do not change any more
 */
export function encodeEntry(body: JournalEntryBody, place?: ByteSource): Uint8Array {
  switch (body.kind) {
    case 'signal':
      return encodeSignal(body, place);
    case 'provider-event':
      return encodeProviderEvent(body);
    case 'assessment':
      return encodeAssessment(body, place);
    case 'policy-revision':
      return encodePolicyRevision(body);
    case 'policy-activation':
      return encodePolicyActivation(body);
    case 'policy-shadow':
      return encodePolicyShadow(body);
    case 'release':
      return encodeRelease(body);
    case 'outcome':
      return encodeOutcome(body);
    case 'client-decision':
      return encodeClientDecision(body);
    case 'governor-lift':
      return encodeGovernorLift(body);
    default:
      return body satisfies never;
  }
}

/**
 * Reads the payload of an entry.
 *
 * @throws StoreError code `LOG_CORRUPT` when it is not what its kind says
 */
export function decodeEntry(kind: string, payload: Uint8Array): JournalEntryBody | UnknownBody {
  try {
    return decodeByKind(kind, payload);
  } catch (cause) {
    throw new StoreError('LOG_CORRUPT', `a log entry of kind \`${kind}\` cannot be read`, { cause });
  }
}

function decodeByKind(kind: string, payload: Uint8Array): JournalEntryBody | UnknownBody {
  switch (kind) {
    case 'signal':
      return decodeSignal(payload);
    case 'provider-event':
      return decodeProviderEvent(payload);
    case 'assessment':
      return decodeAssessment(payload);
    case 'policy-revision':
      return decodePolicyRevision(payload);
    case 'policy-activation':
      return decodePolicyActivation(payload);
    case 'policy-shadow':
      return decodePolicyShadow(payload);
    case 'release':
      return decodeRelease(payload);
    case 'outcome':
      return decodeOutcome(payload);
    case 'client-decision':
      return decodeClientDecision(payload);
    case 'governor-lift':
      return decodeGovernorLift(payload);
    default:
      return UNKNOWN;
  }
}
