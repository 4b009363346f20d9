import type { DrainScope } from '../decision/drains.js';
import type { FactName } from '../decision/facts-given.js';
import type { DegradedAction, ListedKind } from '../decision/policy-model.js';
import type { Channel, Decision, ProviderEventType, Release, SignalType } from '../decision/vocabulary.js';

/** What the ledger looks back. */
export const DRAIN_WINDOWS = ['7d', '30d'] as const;
export type DrainWindowText = (typeof DRAIN_WINDOWS)[number];

/** `48h`, `14d`, `15m`, `90s`. */
export type DurationText = string;
/** Whole units of the policy's currency, or a decimal string. */
export type Money = number | string;

/** A policy as its author writes it; `docs/policy.md` explains each field. Checked against the JSON Schema. */
export interface PolicyDocument {
  readonly version: 1;
  readonly name: string;
  readonly description?: string;
  readonly currency: string;
  readonly points_to_double_odds: number;
  readonly tiers: readonly TierDocument[];
  readonly tier_window?: DrainWindowText;
  readonly groups?: Readonly<Record<string, number>>;
  readonly rules?: readonly RuleDocument[];
  readonly sequences?: readonly SequenceDocument[];
  readonly locks?: readonly LockDocument[];
  readonly lock_shape?: LockShapeDocument;
  readonly questions?: readonly QuestionDocument[];
  readonly lists?: readonly ListDocument[];
  readonly custom_rules?: readonly CustomRuleDocument[];
  readonly domain_prior?: Readonly<Record<string, number>>;
  readonly cohort: {
    readonly base_rate: number;
    readonly default_share: number;
    readonly at_most: number;
    readonly after: DurationText;
    readonly group?: string;
    readonly summary?: string;
    readonly customer_summary?: string;
  };
  readonly exposure: {
    readonly look_back: DurationText;
    readonly keep_after: DurationText;
    readonly watch: DurationText;
    readonly until_closed?: boolean;
    readonly half_open?: DurationText;
  };
  readonly without_answer?: WithoutAnswerDocument;
  readonly trust_floor: number;
  readonly reject_needs_named_compromise: boolean;
  readonly step_up: {
    readonly channels: readonly Channel[];
    readonly verified_within: DurationText;
    readonly factor_margin?: DurationText;
    readonly notice?: NoticeDocument;
  };
  readonly sim_trouble: { readonly signals: readonly SignalType[]; readonly window: DurationText };
  readonly hold: {
    readonly max: DurationText;
    readonly total?: DurationText;
    readonly review_after: DurationText;
    readonly degraded: DurationText;
  };
}

/** What clients may do alone. */
export interface WithoutAnswerDocument {
  readonly allow_tiers: readonly string[];
  readonly destination_used_for: DurationText;
  readonly account_hourly_value: Money;
  readonly account_hourly_count: number;
  readonly hourly_value: Money;
  readonly valid_for: DurationText;
}

/** What becomes of a question that no factor of the customer can answer. */
export interface NoticeDocument {
  readonly channels: readonly Channel[];
  readonly hold: DurationText;
  readonly unless: { readonly signals: readonly SignalType[]; readonly within: DurationText };
}

export interface TierDocument {
  readonly name: string;
  readonly below?: Money;
  readonly step_up: number;
  readonly hold: number;
  readonly reject: number;
  readonly degraded: {
    readonly feed_not_current: DegradedAction;
    readonly behind: DegradedAction;
    readonly hourly_allow: Money;
  };
  readonly require?: { readonly facts: readonly FactName[]; readonly step_up: number };
}

/** Exactly one of the main keys, with the keys that refine it. */
export interface ConditionDocument {
  readonly signal?: readonly SignalType[];
  readonly channels?: readonly Channel[];
  readonly in_exposure?: 'named' | 'half_open' | 'cohort';
  readonly event?: readonly ProviderEventType[];
  readonly unauthorised?: boolean;
  readonly after_exposure?: true;
  readonly followed_by?: { readonly signal: readonly SignalType[]; readonly within: DurationText };
  readonly exposure?: 'any' | 'open' | 'half_open';
  readonly cohort?: 'any' | 'open';
  readonly watch?: 'any';
  readonly login_failures?: { readonly at_least: number; readonly within: DurationText };
  readonly destination_age?: { readonly below: DurationText };
  readonly destination_used?: { readonly at_least: DurationText };
  readonly destination_not_used?: { readonly at_least: DurationText };
  readonly destination_allowlisted?: { readonly at_least: DurationText };
  readonly destination_owned?: true;
  readonly device_age?: AgeDocument;
  readonly balance_share?: { readonly at_least: number };
  readonly account_age?: AgeDocument;
  readonly last_good_withdrawal?: { readonly at_least: DurationText };
  readonly withdrawals_in_24h?: { readonly at_least: number };
  readonly device_unproven?: UnprovenDocument;
  readonly factor_unproven?: UnprovenDocument;
  readonly destination_unproven?: UnprovenDocument;
  readonly drain?: DrainDocument;
}

export interface UnprovenDocument {
  readonly below: DurationText;
  readonly used_below?: DurationText;
}

/** One of `share` and `value`. */
export interface DrainDocument {
  readonly of: DrainScope;
  readonly within: DrainWindowText;
  readonly share?: number;
  readonly value?: Money;
  readonly by_at_least?: number;
}

export interface AgeDocument {
  readonly below?: DurationText;
  readonly at_least?: DurationText;
}

interface TextDocument {
  readonly code: string;
  readonly summary: string;
  readonly customer_summary?: string;
}

export interface RuleDocument extends TextDocument {
  readonly when: ConditionDocument;
  readonly points: number;
  readonly half_life?: DurationText;
  readonly window?: DurationText;
  readonly group?: string;
  readonly alone_at_most?: 'STEP_UP';
  readonly times_confidence?: boolean;
}

export interface SequenceDocument extends TextDocument {
  readonly steps: readonly {
    readonly name: string;
    readonly any: readonly ConditionDocument[];
    readonly points: number;
    readonly required?: boolean;
  }[];
  readonly min_steps: number;
  readonly max_gap: DurationText;
  readonly window: DurationText;
  readonly half_life?: DurationText;
  readonly group?: string;
}

export interface LockDocument extends TextDocument {
  readonly when: ConditionDocument;
  readonly window: DurationText;
  readonly window_with_mailbox_trouble?: DurationText;
  readonly shape?: 'composite' | 'timer';
  readonly only_destinations_younger_than?: DurationText;
  readonly release?: Release;
}

export interface QuestionDocument extends TextDocument {
  readonly when: readonly ConditionDocument[];
  readonly tiers?: readonly string[];
}

export interface LockShapeDocument {
  readonly destination_known_after: DurationText;
  readonly large_share: number;
  readonly value_floor: Money;
}

export interface ListDocument {
  readonly name: string;
  readonly on: ListedKind;
  readonly effect: { readonly deny?: Exclude<Decision, 'ALLOW'>; readonly trust?: number };
  readonly summary: string;
  readonly customer_summary?: string;
  readonly entries: readonly {
    readonly value: string;
    readonly reason: string;
    readonly expires_at?: string;
  }[];
}

export interface CustomRuleDocument extends TextDocument {
  readonly expression: string;
  readonly points: number;
  readonly on_error: number;
  readonly group?: string;
}
