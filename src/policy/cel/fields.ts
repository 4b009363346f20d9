import { DRAIN_SCOPES, type DrainScope } from '../../decision/drains.js';
import {
  CHANNELS,
  DESTINATION_KINDS,
  PROVIDER_EVENT_TYPES,
  type ReasonSource,
  SIGNAL_TYPES,
} from '../../decision/vocabulary.js';
import { DRAIN_WINDOWS } from '../policy-document.js';

/** Types of the expressions that policies may write. All numbers are doubles. */
export type CelKind = 'number' | 'text' | 'bool';

/** A single fact. */
export interface FieldInfo {
  readonly kind: CelKind;
  readonly meaning: string;
  /** Never absent, so needs no `has()`. */
  readonly always?: true;
  /**
   * More of it speaks for a takeover. Such a field may only be compared upwards (`>`, `>=`) and never be negated, so
   * that more adverse evidence never lowers a score (I4).
   */
  readonly evidence?: ReasonSource;
  /** The only texts that it can be. Absent: whatever it likes. */
  readonly words?: readonly string[];
  /** The number that stands for unknown or never, where there is one. */
  readonly unknown?: number;
}

/** A bounded list of records, for `exists`. */
export interface ListInfo {
  readonly meaning: string;
  readonly fields: Readonly<Record<string, Pick<FieldInfo, 'kind' | 'meaning' | 'words' | 'unknown'>>>;
  /** As in {@link FieldInfo}: the list may not be looked at under a negation. */
  readonly evidence?: ReasonSource;
}

const DRAIN_WORDS: Readonly<Record<DrainScope, string>> = {
  account: 'moved',
  young: 'moved to destinations younger than 30 days',
  destination: 'moved to this destination, if that is younger than 30 days',
};

/** What was moved, by scope and window; names are `drain.<scope>_<share or value>_<7d or 30d>`. */
export const DRAIN_FIELDS: Readonly<Record<string, FieldInfo>> = Object.fromEntries(
  DRAIN_SCOPES.flatMap((scope) =>
    DRAIN_WINDOWS.flatMap((window): (readonly [string, FieldInfo])[] => [
      [
        `drain.${scope}_share_${window}`,
        {
          kind: 'number',
          meaning: `share of the highest balance of ${window} ${DRAIN_WORDS[scope]} in them, this one included; absent if no balance is known`,
          evidence: 'REQUEST',
        },
      ],
      [
        `drain.${scope}_value_${window}`,
        {
          kind: 'number',
          meaning: `value ${DRAIN_WORDS[scope]} in ${window}, this one included, in whole units`,
          always: true,
          evidence: 'REQUEST',
        },
      ],
    ]),
  ),
);

/** Every field that an expression may name; `docs/policy.md` shows this table. */
export const FIELDS: Readonly<Record<string, FieldInfo>> = {
  'request.value': { kind: 'number', meaning: "reference value in whole units of the policy's currency" },
  'request.balance_share': {
    kind: 'number',
    meaning: 'share of the balance that this withdrawal moves, 0 to 1',
  },
  'request.asset': { kind: 'text', meaning: 'asset as the exchange names it', always: true },
  'request.country': { kind: 'text', meaning: 'country of the session, as the exchange names it' },
  'request.hour_utc': { kind: 'number', meaning: 'hour of the day in UTC, 0 to 23', always: true },
  'destination.network': { kind: 'text', meaning: 'network as the exchange names it' },
  'destination.kind': {
    kind: 'text',
    meaning: 'SELF_HOSTED, CUSTODIAL, CONTRACT or INTERNAL',
    words: DESTINATION_KINDS,
  },
  'destination.age_hours': { kind: 'number', meaning: 'hours since the destination was added' },
  'destination.used_hours': { kind: 'number', meaning: 'hours since the destination was first paid' },
  'destination.allowlisted': { kind: 'bool', meaning: 'on the allowlist' },
  'destination.ownership_verified': { kind: 'bool', meaning: "proved to be the customer's own" },
  'device.age_hours': { kind: 'number', meaning: 'hours since the device was first seen' },
  'account.age_hours': { kind: 'number', meaning: 'hours since the account was opened' },
  'account.kyc_tier': { kind: 'text', meaning: 'KYC tier as the exchange names it' },
  'account.last_good_withdrawal_hours': {
    kind: 'number',
    meaning: 'hours since the last withdrawal known to be good',
  },
  'velocity.count': {
    kind: 'number',
    meaning: 'withdrawals of the last 24 hours, this one included',
    always: true,
    evidence: 'REQUEST',
  },
  'velocity.value': {
    kind: 'number',
    meaning: 'their value in whole units of the currency; absent when the value of this one is',
    evidence: 'REQUEST',
  },
  'device.first_use_hours': {
    kind: 'number',
    meaning: 'hours since the device first served an allowed withdrawal of real size; absent if it never did',
  },
  'destination.first_use_hours': {
    kind: 'number',
    meaning: 'hours since an allowed withdrawal of real size first went there; absent if none did',
  },
  ...DRAIN_FIELDS,
  'login_failures.last_hour': {
    kind: 'number',
    meaning: 'distinct failed sign-ins of the last two calendar hours',
    always: true,
    evidence: 'SIGNAL',
  },
  'login_failures.last_day': {
    kind: 'number',
    meaning: 'distinct failed sign-ins of the last 24 hours, by whole hours',
    always: true,
    evidence: 'SIGNAL',
  },
};

export const LISTS: Readonly<Record<string, ListInfo>> = {
  signals: {
    meaning: "the account's signals: the newest 8 of a type, and the ends of what came before",
    evidence: 'SIGNAL',
    fields: {
      type: { kind: 'text', meaning: 'as in `signal:`', words: SIGNAL_TYPES },
      channel: { kind: 'text', meaning: 'as in `channels:`; empty if unknown', words: ['', ...CHANNELS] },
      age_hours: { kind: 'number', meaning: 'hours since it happened' },
    },
  },
  events: {
    meaning: "provider events about the account's mailboxes, not retracted",
    evidence: 'PROVIDER',
    fields: {
      type: { kind: 'text', meaning: 'as in `event:`', words: PROVIDER_EVENT_TYPES },
      provider: { kind: 'text', meaning: 'id in the provider registry' },
      age_hours: { kind: 'number', meaning: 'hours since it happened or was discovered' },
      confidence: { kind: 'number', meaning: '0 to 1' },
      unauthorised: { kind: 'bool', meaning: 'the provider says that the owner did not do it' },
    },
  },
  cohorts: {
    meaning: "incidents of the account's mail domains, not retracted",
    evidence: 'COHORT',
    fields: {
      provider: { kind: 'text', meaning: 'id in the provider registry' },
      mechanism: { kind: 'text', meaning: "the provider's word for how" },
      open: { kind: 'bool', meaning: 'not ended yet' },
      confidence: { kind: 'number', meaning: '0 to 1' },
      age_hours: { kind: 'number', meaning: 'hours since it began' },
    },
  },
  mailboxes: {
    meaning: "the account's mailboxes of the last 90 days, and those named since",
    fields: {
      operator: { kind: 'text', meaning: 'mail operator; empty if unknown' },
      unused_days: { kind: 'number', meaning: 'days since the account last used it' },
    },
  },
  factors: {
    meaning: 'factors that the exchange named; empty if it named none',
    fields: {
      channel: { kind: 'text', meaning: 'as in `channels:`', words: CHANNELS },
      age_hours: { kind: 'number', meaning: 'hours since it was enrolled; -1 if unknown', unknown: -1 },
      verified_minutes: {
        kind: 'number',
        meaning: 'minutes since it was last verified; -1 if never',
        unknown: -1,
      },
      first_use_hours: {
        kind: 'number',
        meaning: 'hours since it first served an allowed withdrawal of real size; -1 if never',
        unknown: -1,
      },
    },
  },
};

/** Ends the names of flags that say whether a fact is there. */
export const KNOWN_SUFFIX = '__known';

/** What `has(x.y)` becomes: a field that is always there. */
export function knownField(field: string): string {
  return field + KNOWN_SUFFIX;
}
