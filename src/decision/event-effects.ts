import type { ProviderEventRecord } from './evidence.js';
import { PROVIDER_EVENT_TYPES, type ProviderEventType, type SignalType } from './vocabulary.js';

/** What events of one type do, beyond the points that a policy gives them. */
export interface EventEffect {
  /** `unauthorised`: only if the provider says that the owner did not do it. */
  readonly opens: 'never' | 'always' | 'unauthorised';
  /**
   * Which exposures it ends: those of any provider, or only those that the same provider opened. A mere re-enabling
   * clears what its own issuer said, nothing else.
   */
  readonly closes: 'nothing' | 'any' | 'sameProvider';
  /**
   * Who has the mailbox can bring it about: he chooses the new password that is asked for, makes another app password, or
   * recovers the mailbox as a SIM swapper does. Where the policy says so, it leaves what it ends half open for a while.
   */
  readonly leavesHalfOpen: boolean;
  /** Ends the watch on app passwords: they are gone. A forced change of the password leaves them alive. */
  readonly closesWatch: boolean;
  /** Speaks for a takeover: another one of these never helps a thief (I4). */
  readonly adverse: boolean;
}

const OPENS: EventEffect = {
  opens: 'always',
  closes: 'nothing',
  leavesHalfOpen: false,
  closesWatch: false,
  adverse: true,
};
const OPENS_IF_UNAUTHORISED: EventEffect = { ...OPENS, opens: 'unauthorised' };
const ADVERSE: EventEffect = { ...OPENS, opens: 'never' };
const NEUTRAL: EventEffect = { ...ADVERSE, adverse: false };

/** What each type of event does. Only RESECURED says that somebody checked by something other than the mailbox itself. */
export const EVENT_EFFECTS: Readonly<Record<ProviderEventType, EventEffect>> = {
  CREDENTIAL_COMPROMISE: OPENS,
  ACCOUNT_HIJACKED: OPENS,
  ACCOUNT_DISABLED: ADVERSE,
  APP_PASSWORD_CREATED: OPENS_IF_UNAUTHORISED,
  CREDENTIAL_CREATED: OPENS_IF_UNAUTHORISED,
  CREDENTIAL_UPDATED: ADVERSE,
  CREDENTIAL_DELETED: ADVERSE,
  APP_PASSWORDS_REVOKED: { ...NEUTRAL, closes: 'any', leavesHalfOpen: true, closesWatch: true },
  CREDENTIAL_CHANGE_REQUIRED: { ...NEUTRAL, closes: 'any', leavesHalfOpen: true },
  RESECURED: { ...NEUTRAL, closes: 'any', closesWatch: true },
  RECOVERY_ACTIVATED: ADVERSE,
  RECOVERY_INFORMATION_CHANGED: ADVERSE,
  IDENTIFIER_CHANGED: ADVERSE,
  IDENTIFIER_RECYCLED: OPENS,
  ACCOUNT_PURGED: ADVERSE,
  ACCOUNT_ENABLED: { ...NEUTRAL, closes: 'sameProvider', leavesHalfOpen: true },
  SESSION_REVOKED: ADVERSE,
  SESSION_ESTABLISHED: NEUTRAL,
  ASSURANCE_DECREASED: ADVERSE,
  DEVICE_NOT_COMPLIANT: ADVERSE,
  RISK_HIGH: ADVERSE,
  RISK_MEDIUM: ADVERSE,
  OPT_OUT_INITIATED: ADVERSE,
};

const EVENT_BITS: ReadonlyMap<ProviderEventType, number> = new Map(
  PROVIDER_EVENT_TYPES.map((type, index) => [type, 1 << index]),
);

/** A bit of its own for each type of event: mailboxes may have hundreds of events, each asked for by many conditions. */
export function eventBit(type: ProviderEventType): number {
  return EVENT_BITS.get(type) ?? 0;
}

/** The bits of several types. */
export function eventBits(types: readonly ProviderEventType[]): number {
  return types.reduce((bits, type) => bits | eventBit(type), 0);
}

function bitsWhere(holds: (effect: EventEffect) => boolean): number {
  return eventBits(PROVIDER_EVENT_TYPES.filter((type) => holds(EVENT_EFFECTS[type])));
}

/** Types that end exposures of any provider. */
export const CLOSES_ANY = bitsWhere(({ closes }) => closes === 'any');
/** Types that end exposures that the same provider opened. */
export const CLOSES_OWN = bitsWhere(({ closes }) => closes === 'sameProvider');
/** Types that end the watch on app passwords. */
export const CLOSES_WATCH = bitsWhere(({ closesWatch }) => closesWatch);
/** Types that leave what they end half open, where the policy says so. */
export const LEAVES_HALF_OPEN = bitsWhere(({ leavesHalfOpen }) => leavesHalfOpen);
/** Types that may open exposures. */
export const MAY_OPEN = bitsWhere(({ opens }) => opens !== 'never');

/** Whether this event opens an exposure. */
export function opensExposure(event: ProviderEventRecord): boolean {
  const { opens } = EVENT_EFFECTS[event.type];
  return opens === 'always' || (opens === 'unauthorised' && event.unauthorised);
}

/** Ways into an exchange account through the mailbox. One of these inside an exposure is the strongest shape. */
export const RESET_SIGNALS: readonly SignalType[] = [
  'PASSWORD_RESET',
  'SESSION_FROM_RESET_LINK',
  'MFA_RESET',
];
