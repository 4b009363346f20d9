import type { DurationMs, MinorUnits } from '../../decision/vocabulary.js';
import type { FieldReader } from '../yaml-fields.js';

const HOUR_MS: DurationMs = 3_600_000;

/** How many accounts and how much value one provider's word alone may move to HOLD. */
export interface GovernorLimit {
  /** Sliding. */
  readonly windowMs: DurationMs;
  readonly maxAccounts: number;
  /** The largest value held of each account, added up; absent: no limit. */
  readonly maxValue?: MinorUnits;
}

/** What one provider's word may do, as registered. */
export interface ProviderLimits {
  /** For everything that it says. */
  readonly governor: GovernorLimit;
  /** For each of its incidents. */
  readonly cohortGovernor: GovernorLimit;
  /** How stern an answer may become because of its word alone. */
  readonly maxDecision: 'STEP_UP' | 'HOLD' | 'REJECT';
  /** Mailboxes that it may speak of while no account is known to use them. */
  readonly mailboxQuota: number;
}

/**
 * A day in which one provider's word alone holds a thousand customers of one incident, or two thousand in all, is none
 * that anybody planned for: of a million customers some twenty thousand withdraw in a day, and the largest operator that
 * has had such an incident serves 3 in 100 of them. A flood trips it within minutes. No limit of value: what is much
 * depends on the currency.
 *
 * A million mailboxes take about 300 MB of disk; a national operator that secures all of its mailboxes at once stays
 * below.
 */
export const DEFAULT_LIMITS: ProviderLimits = {
  governor: { windowMs: 24 * HOUR_MS, maxAccounts: 2_000 },
  cohortGovernor: { windowMs: 24 * HOUR_MS, maxAccounts: 1_000 },
  maxDecision: 'REJECT',
  mailboxQuota: 1_000_000,
};

/** Accounts that were held are remembered for this long. */
const MAX_WINDOW_HOURS = 7 * 24;

/** They are kept in memory, about 200 bytes each. */
const MAX_ACCOUNTS = 1_000_000;

const MAX_MAILBOX_QUOTA = 100_000_000;

/** Up to 10 trillion of a currency, so that minor units are exact. */
const VALUE = /^\d{1,13}(?:\.\d{1,2})?$/;

const DECISIONS = ['step_up', 'hold', 'reject'] as const;
const DECISION_OF: Readonly<Record<(typeof DECISIONS)[number], ProviderLimits['maxDecision']>> = {
  step_up: 'STEP_UP',
  hold: 'HOLD',
  reject: 'REJECT',
};

/** Fields of a provider that {@link readLimits} reads. */
export const LIMIT_FIELDS = ['governor', 'cohort_governor', 'max_decision', 'mailbox_quota'] as const;

/** Reads what a provider's word may do; what is not written is as in {@link DEFAULT_LIMITS}. */
export function readLimits(fields: FieldReader): ProviderLimits {
  const maxDecision = fields.has('max_decision') ? fields.word('max_decision', DECISIONS) : undefined;
  return {
    governor: readGovernor(fields, 'governor', DEFAULT_LIMITS.governor),
    cohortGovernor: readGovernor(fields, 'cohort_governor', DEFAULT_LIMITS.cohortGovernor),
    maxDecision: maxDecision === undefined ? DEFAULT_LIMITS.maxDecision : DECISION_OF[maxDecision],
    mailboxQuota: readWhole(fields, 'mailbox_quota', 0, MAX_MAILBOX_QUOTA, DEFAULT_LIMITS.mailboxQuota),
  };
}

function readGovernor(
  fields: FieldReader,
  name: 'governor' | 'cohort_governor',
  fallback: GovernorLimit,
): GovernorLimit {
  if (!fields.has(name)) return fallback;
  const governor = fields.map(name);
  if (governor === undefined) return fallback;
  governor.refuseOthers(['window_hours', 'max_accounts', 'max_value']);
  const hours = governor.number('window_hours', 1, MAX_WINDOW_HOURS, fallback.windowMs / HOUR_MS);
  const maxValue = governor.has('max_value') ? readValue(governor) : fallback.maxValue;
  return {
    windowMs: Math.round(hours * HOUR_MS),
    maxAccounts: readWhole(governor, 'max_accounts', 1, MAX_ACCOUNTS, fallback.maxAccounts),
    ...(maxValue === undefined ? {} : { maxValue }),
  };
}

function readWhole(fields: FieldReader, name: string, min: number, max: number, fallback: number): number {
  const value = fields.number(name, min, max, fallback);
  if (Number.isInteger(value)) return value;
  fields.fault(name, `must be a whole number from ${min} to ${max}`);
  return fallback;
}

function readValue(fields: FieldReader): MinorUnits | undefined {
  const text = fields.text('max_value', (value) =>
    VALUE.test(value)
      ? undefined
      : 'must be an amount in quotes, with at most two decimals, e.g. "2500000.00"',
  );
  if (text === undefined) return undefined;
  const [whole = '', part = ''] = text.split('.');
  return Number(whole) * 100 + Number(part.padEnd(2, '0'));
}
