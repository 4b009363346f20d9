/** The words of a decision. Names are those of the contract (`proto/holdfast/v1`) without their prefixes. */

/** Milliseconds since 1970-01-01T00:00:00Z, an integer. */
export type UnixMs = number;

/**
 * 2009-01-03T00:00:00Z, the day of Bitcoin's first block. No account, device, factor, destination or event that we hear of
 * is older: a time before it is how a program writes that it has none (0 is 1970; Go and C# begin in the year 1).
 */
export const EARLIEST_TIME: UnixMs = Date.UTC(2009, 0, 3);

/** A length of time in milliseconds, an integer, 0 or more. */
export type DurationMs = number;

/** Money in minor units (1/100) of the policy's currency: an integer, 0 or more, below 2^53. */
export type MinorUnits = number;

/** Points in integer tenths, so that sums are exact: 145 means 14.5 points. */
export type Tenths = number;

/** A keyed pseudonym: base64url of an HMAC-SHA-256. Never a clear identifier. */
export type Pseudonym = string;

/** From mildest to sternest. The order is the meaning: see {@link sternest}. */
export const DECISIONS = ['ALLOW', 'STEP_UP', 'HOLD', 'REJECT'] as const;
export type Decision = (typeof DECISIONS)[number];

const STERNNESS: Readonly<Record<Decision, number>> = { ALLOW: 0, STEP_UP: 1, HOLD: 2, REJECT: 3 };

/** 0 for ALLOW to 3 for REJECT. */
export function sternnessOf(decision: Decision): number {
  return STERNNESS[decision];
}

/** The sterner of two decisions. */
export function sternest(a: Decision, b: Decision): Decision {
  return STERNNESS[a] >= STERNNESS[b] ? a : b;
}

/** The milder of two decisions. */
export function mildest(a: Decision, b: Decision): Decision {
  return STERNNESS[a] <= STERNNESS[b] ? a : b;
}

export const LEVELS = ['LOW', 'ELEVATED', 'HIGH', 'CRITICAL'] as const;
export type Level = (typeof LEVELS)[number];

export type Release = 'AUTOMATIC' | 'PERSON';

export const CHANNELS = [
  'EMAIL',
  'SMS',
  'VOICE',
  'TOTP',
  'PUSH',
  'PASSKEY',
  'SUPPORT',
  'IN_SESSION',
] as const;
export type Channel = (typeof CHANNELS)[number];

export const SIGNAL_TYPES = [
  'PASSWORD_RESET',
  'PASSWORD_CHANGED',
  'EMAIL_CHANGED',
  'PHONE_CHANGED',
  'SIM_CHANGED',
  'MFA_ENROLLED',
  'MFA_CHANGED',
  'MFA_RESET',
  'MFA_DISABLED',
  'NEW_DEVICE',
  'NEW_LOCATION',
  'LOGIN_FAILED',
  'SESSION_FROM_RESET_LINK',
  'ADDRESS_ADDED',
  'ALLOWLIST_DISABLED',
  'API_KEY_CREATED',
  'ACCOUNT_UNLOCKED',
  'SUPPORT_RECOVERY',
  'REMOTE_ACCESS_SUSPECTED',
  'EMAIL_REPORTED_COMPROMISED',
] as const;
export type SignalType = (typeof SIGNAL_TYPES)[number];

/**
 * What a provider event means to us, after the mapping of its RISC, CAEP or own type
 * (OpenID RISC 1.0 and CAEP 1.0 event types; `urn:holdfast:event:*`).
 */
export const PROVIDER_EVENT_TYPES = [
  /** RISC credential-compromise. Opens an exposure. */
  'CREDENTIAL_COMPROMISE',
  /** RISC account-disabled with reason hijacking. Opens an exposure. */
  'ACCOUNT_HIJACKED',
  /** RISC account-disabled with another or no reason. */
  'ACCOUNT_DISABLED',
  /** CAEP credential-change, create of a mail app password. Opens an exposure if `unauthorised`, else a watch. */
  'APP_PASSWORD_CREATED',
  /** CAEP credential-change, create of another credential. Opens an exposure if `unauthorised`. */
  'CREDENTIAL_CREATED',
  /** CAEP credential-change, update. */
  'CREDENTIAL_UPDATED',
  /** CAEP credential-change, delete. */
  'CREDENTIAL_DELETED',
  /** CAEP credential-change, revoke of mail app passwords. Half closes exposures, closes watches. */
  'APP_PASSWORDS_REVOKED',
  /** RISC account-credential-change-required. Half closes exposures. */
  'CREDENTIAL_CHANGE_REQUIRED',
  /** urn:holdfast:event:resecured. Closes exposures and watches. */
  'RESECURED',
  /** RISC recovery-activated. */
  'RECOVERY_ACTIVATED',
  /** RISC recovery-information-changed. */
  'RECOVERY_INFORMATION_CHANGED',
  /** RISC identifier-changed. */
  'IDENTIFIER_CHANGED',
  /** RISC identifier-recycled: the address is somebody else's now. Opens an exposure. */
  'IDENTIFIER_RECYCLED',
  /** RISC account-purged. */
  'ACCOUNT_PURGED',
  /** RISC account-enabled. Half closes what it postdates, same provider only. */
  'ACCOUNT_ENABLED',
  /** CAEP session-revoked and RISC sessions-revoked. */
  'SESSION_REVOKED',
  /** CAEP session-established. */
  'SESSION_ESTABLISHED',
  /** CAEP assurance-level-change, decrease. */
  'ASSURANCE_DECREASED',
  /** CAEP device-compliance-change to not-compliant. */
  'DEVICE_NOT_COMPLIANT',
  /** CAEP risk-level-change to HIGH. */
  'RISK_HIGH',
  /** CAEP risk-level-change to MEDIUM. */
  'RISK_MEDIUM',
  /** RISC opt-out-initiated: the state exists so that a hijacker cannot opt out at once. */
  'OPT_OUT_INITIATED',
] as const;
export type ProviderEventType = (typeof PROVIDER_EVENT_TYPES)[number];

export const FEED_STATES = ['FRESH', 'LAGGING', 'STALE', 'SILENT', 'RESET', 'NOT_COVERED'] as const;
export type FeedState = (typeof FEED_STATES)[number];

export const REASON_SOURCES = ['SIGNAL', 'PROVIDER', 'COHORT', 'REQUEST', 'POLICY', 'DEGRADED'] as const;
export type ReasonSource = (typeof REASON_SOURCES)[number];

/** Why a destination could not be read as a place of its network, or only in part. What has a doubt is never trusted. */
export const DESTINATION_DOUBTS = [
  'NETWORK_ABSENT',
  'NETWORK_UNKNOWN',
  'ADDRESS_UNREADABLE',
  /** It is none of the network's: too large, no number. */
  'TAG_UNREADABLE',
  /** The address carries a tag, and the request tells another. */
  'TAG_CONFLICT',
  /** A name that its owner can point elsewhere. */
  'NAME',
] as const;
export type DestinationDoubt = (typeof DESTINATION_DOUBTS)[number];

/** What is known of a tag on a network whose accounts many customers share. */
export const DESTINATION_TAGS = ['VALUE', 'NONE', 'NOT_TOLD'] as const;
export type DestinationTag = (typeof DESTINATION_TAGS)[number];

export const DESTINATION_KINDS = ['SELF_HOSTED', 'CUSTODIAL', 'CONTRACT', 'INTERNAL'] as const;
export type DestinationKind = (typeof DESTINATION_KINDS)[number];
