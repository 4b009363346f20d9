import type { ProviderEventType } from '../decision/vocabulary.js';

/** Base of OpenID RISC 1.0 event types. */
export const RISC = 'https://schemas.openid.net/secevent/risc/event-type/';
/** Base of OpenID CAEP 1.0 event types. */
export const CAEP = 'https://schemas.openid.net/secevent/caep/event-type/';
/** Base of event types of the OpenID Shared Signals Framework 1.0 itself. */
export const SSF = 'https://schemas.openid.net/secevent/ssf/event-type/';

/** SSF verification event: we take it as a heartbeat. */
export const VERIFICATION = `${SSF}verification`;
export const STREAM_UPDATED = `${SSF}stream-updated`;

export const COHORT_COMPROMISE = 'urn:holdfast:event:cohort-compromise';
export const RETRACTION = 'urn:holdfast:event:retraction';
export const RESECURED = 'urn:holdfast:event:resecured';
/** Says that numbers of the provider's own count will never come: nobody holds their tokens any more. */
export const SEQUENCE_VOID = 'urn:holdfast:event:sequence-void';

/** What an event about one mailbox comes to. */
export interface MailboxEventMeaning {
  readonly type: ProviderEventType;
  /** The provider says, or the event type implies, that the owner did not do it. */
  readonly unauthorised: boolean;
  /**
   * Its time is when somebody noticed, not when it happened: an exposure began before it. Set for RISC
   * credential-compromise (whose `event_timestamp` is the discovery) and for a mailbox disabled after a hijack.
   */
  readonly isDiscovery: boolean;
}

export type EventReading =
  | ({ readonly kind: 'meaning' } & MailboxEventMeaning)
  /** Known or not, it says nothing about a takeover: recorded, without effect. */
  | { readonly kind: 'no-effect' }
  | { readonly kind: 'invalid'; readonly detail: string };

type Fields = Readonly<Record<string, unknown>>;
type ReadEvent = (fields: Fields) => EventReading;

const NO_EFFECT: EventReading = { kind: 'no-effect' };

function means(type: ProviderEventType, flags: Partial<MailboxEventMeaning> = {}): EventReading {
  return { kind: 'meaning', type, unauthorised: false, isDiscovery: false, ...flags };
}

function invalid(detail: string): EventReading {
  return { kind: 'invalid', detail };
}

/**
 * Credential types that stand for an app password: RISC and CAEP name none, so providers use one of these
 * (AT&T calls it a secure mail key).
 */
const APP_PASSWORD_TYPES = new Set(['mail-app-password', 'app-password', 'secure-mail-key']);

/** The one table from event types to what they mean. Types that are absent have no effect. */
const EVENTS: ReadonlyMap<string, ReadEvent> = new Map<string, ReadEvent>([
  [`${RISC}credential-compromise`, readCredentialCompromise],
  [`${RISC}account-disabled`, readAccountDisabled],
  [`${RISC}account-credential-change-required`, () => means('CREDENTIAL_CHANGE_REQUIRED')],
  [`${RISC}recovery-activated`, () => means('RECOVERY_ACTIVATED')],
  [`${RISC}recovery-information-changed`, () => means('RECOVERY_INFORMATION_CHANGED')],
  [`${RISC}identifier-changed`, () => means('IDENTIFIER_CHANGED')],
  [`${RISC}identifier-recycled`, () => means('IDENTIFIER_RECYCLED')],
  [`${RISC}account-purged`, () => means('ACCOUNT_PURGED')],
  [`${RISC}account-enabled`, () => means('ACCOUNT_ENABLED')],
  [`${RISC}sessions-revoked`, () => means('SESSION_REVOKED')],
  [`${RISC}opt-out-initiated`, () => means('OPT_OUT_INITIATED')],
  [`${CAEP}credential-change`, readCredentialChange],
  [`${CAEP}session-revoked`, () => means('SESSION_REVOKED')],
  [`${CAEP}session-established`, () => means('SESSION_ESTABLISHED')],
  [`${CAEP}assurance-level-change`, readAssuranceChange],
  [`${CAEP}device-compliance-change`, readComplianceChange],
  [`${CAEP}risk-level-change`, readRiskChange],
  [RESECURED, () => means('RESECURED')],
]);

/** What an event about one mailbox means, by its type and fields. Unknown fields are ignored (RFC 8417 2). */
export function readMailboxEvent(eventType: string, fields: Fields): EventReading {
  return EVENTS.get(eventType)?.(fields) ?? NO_EFFECT;
}

function readCredentialCompromise(fields: Fields): EventReading {
  return typeof fields['credential_type'] === 'string'
    ? means('CREDENTIAL_COMPROMISE', { unauthorised: true, isDiscovery: true })
    : invalid('`credential_type` is missing');
}

function readAccountDisabled({ reason }: Fields): EventReading {
  if (reason !== undefined && typeof reason !== 'string') return invalid('`reason` must be text');
  return reason === 'hijacking'
    ? means('ACCOUNT_HIJACKED', { unauthorised: true, isDiscovery: true })
    : means('ACCOUNT_DISABLED');
}

function readCredentialChange(fields: Fields): EventReading {
  const credential = fields['credential_type'];
  if (typeof credential !== 'string') return invalid('`credential_type` is missing');
  const isAppPassword = APP_PASSWORD_TYPES.has(credential);
  switch (fields['change_type']) {
    case 'create':
      return means(isAppPassword ? 'APP_PASSWORD_CREATED' : 'CREDENTIAL_CREATED', {
        unauthorised: isUnauthorised(fields),
      });
    case 'update':
      return means('CREDENTIAL_UPDATED', { unauthorised: isUnauthorised(fields) });
    case 'delete':
      return means('CREDENTIAL_DELETED', { unauthorised: isUnauthorised(fields) });
    case 'revoke':
      // Only revoked app passwords are known to clean up; another credential taken away may be a factor lost.
      return means(isAppPassword ? 'APP_PASSWORDS_REVOKED' : 'CREDENTIAL_DELETED');
    default:
      return invalid('`change_type` must be create, update, delete or revoke');
  }
}

function readAssuranceChange(fields: Fields): EventReading {
  if (typeof fields['current_level'] !== 'string') return invalid('`current_level` is missing');
  return fields['change_direction'] === 'decrease' ? means('ASSURANCE_DECREASED') : NO_EFFECT;
}

function readComplianceChange(fields: Fields): EventReading {
  const status = fields['current_status'];
  if (status !== 'compliant' && status !== 'not-compliant') return invalid('`current_status` is missing');
  return status === 'not-compliant' ? means('DEVICE_NOT_COMPLIANT') : NO_EFFECT;
}

function readRiskChange(fields: Fields): EventReading {
  // A tenant's risk is no mailbox's; a domain-wide warning has its own event type.
  if (fields['principal'] === 'TENANT') return NO_EFFECT;
  switch (fields['current_level']) {
    case 'HIGH':
      return means('RISK_HIGH');
    case 'MEDIUM':
      return means('RISK_MEDIUM');
    case 'LOW':
      return NO_EFFECT;
    default:
      return invalid('`current_level` must be LOW, MEDIUM or HIGH');
  }
}

/** Said by `unauthorised: true`, or by a reason that begins with the word, in either spelling. */
function isUnauthorised(fields: Fields): boolean {
  if (fields['unauthorised'] === true) return true;
  return ['reason_admin', 'reason_user'].some((name) => {
    const reason = fields[name];
    const texts = typeof reason === 'object' && reason !== null ? Object.values(reason) : [reason];
    return texts.some((text) => typeof text === 'string' && /^\s*unauthori[sz]ed\b/i.test(text));
  });
}
