import type { ReleaseConditionKind } from '../../decision/verdict.js';
import type {
  Channel,
  Decision,
  DestinationKind,
  FeedState,
  Level,
  ProviderEventType,
  Release,
  SignalType,
} from '../../decision/vocabulary.js';
import type { DurationText, Money } from '../policy-document.js';

/** `now`, `-2h`, `+3d` relative to the case's `now`, or RFC 3339 with a zone. */
export type TimeText = string;

/** A file of cases: what a policy must decide, told as stories. */
export interface CaseFileDocument {
  readonly suite: string;
  readonly description?: string;
  /** Name of the policy that `expect` speaks of. */
  readonly policy: string;
  /** Absolute. */
  readonly now: string;
  /** What every request of the file says unless a case says otherwise. */
  readonly request?: RequestDocument;
  readonly cases: readonly CaseDocument[];
}

/** One case: what was known and asked, and what must come of it. Absent means unknown, as in the contract. */
export interface CaseDocument {
  readonly name: string;
  readonly description: string;
  /** Instead of the file's. Absolute or relative to it. */
  readonly now?: TimeText;
  readonly request?: RequestDocument;
  /** Mailboxes of the account beyond those that the request and the signals name. */
  readonly mailboxes?: readonly string[];
  readonly signals?: readonly SignalDocument[];
  readonly login_failures?: readonly { readonly at: TimeText; readonly count: number }[];
  readonly provider_events?: readonly ProviderEventDocument[];
  readonly cohorts?: readonly CohortDocument[];
  readonly feeds?: readonly { readonly provider: string; readonly state: FeedState }[];
  readonly ledger?: {
    readonly spends?: readonly SpendDocument[];
    readonly held_since?: TimeText;
    readonly released?: { readonly at: TimeText; readonly ceiling: Money; readonly destination?: string };
  };
  readonly behind?: boolean;
  readonly expect?: ExpectationDocument;
  readonly expect_under?: Readonly<Record<string, ExpectationDocument>>;
}

/** A null takes back what the file's `request` says. */
export interface RequestDocument {
  readonly account?: string;
  readonly withdrawal?: string;
  readonly email?: string | null;
  readonly asset?: string;
  readonly value?: Money | null;
  readonly balance_share?: number | null;
  readonly destination?: DestinationDocument;
  readonly device?: { readonly id: string; readonly first_seen?: TimeText | null } | null;
  readonly country?: string | null;
  readonly factors?: readonly FactorDocument[] | null;
  readonly account_opened?: TimeText | null;
  readonly kyc_tier?: string | null;
  readonly last_good_withdrawal?: TimeText | null;
}

export interface DestinationDocument {
  /** `network:address`. */
  readonly address?: string;
  readonly kind?: DestinationKind;
  readonly added?: TimeText | null;
  readonly first_used?: TimeText | null;
  readonly allowlisted?: boolean;
  readonly ownership_verified?: boolean;
}

export interface FactorDocument {
  readonly channel: Channel;
  readonly id?: string;
  readonly enrolled?: TimeText;
  readonly verified?: TimeText;
}

export interface SignalDocument {
  readonly type: SignalType;
  readonly at: TimeText;
  readonly channel?: Channel;
  /** For a reset: the mailbox that the link went to. */
  readonly email?: string;
  /** The factor that it is about, or over which it was confirmed. */
  readonly factor?: FactorDocument;
  /** When we heard of it. Default: when it happened. */
  readonly received?: TimeText;
}

export interface ProviderEventDocument {
  readonly type: ProviderEventType;
  readonly provider: string;
  readonly email: string;
  readonly at: TimeText;
  /** Default: DISCOVERED for CREDENTIAL_COMPROMISE, else OCCURRED, as the standards say. */
  readonly time_is?: 'OCCURRED' | 'DISCOVERED';
  readonly unauthorised?: boolean;
  readonly confidence?: number;
  /** When we heard of it. Default: when it happened. */
  readonly received?: TimeText;
  /** The address matched by a rule that we only suppose. */
  readonly guessed?: boolean;
  readonly retracted?: boolean;
}

export interface CohortDocument {
  readonly provider: string;
  readonly domains: readonly string[];
  readonly from: TimeText;
  readonly to?: TimeText;
  readonly share?: number;
  readonly confidence?: number;
  readonly mechanism?: string;
  readonly retracted?: boolean;
}

export interface SpendDocument {
  readonly at: TimeText;
  readonly value: Money;
  readonly counted?: boolean;
  readonly degraded?: boolean;
}

/** What must come. Only what is said is looked at. */
export interface ExpectationDocument {
  readonly decision: Decision;
  /** Least and most. */
  readonly score?: readonly [number, number];
  readonly level?: Level;
  readonly tier?: string;
  /** All of these codes must be among the reasons. */
  readonly reasons?: readonly string[];
  readonly not_reasons?: readonly string[];
  /** Relative, absolute, or `none`. To the second. */
  readonly hold_until?: TimeText;
  readonly hold_within?: readonly [DurationText, DurationText];
  readonly release?: Release;
  /** Exactly these, in any order. */
  readonly untrusted_channels?: readonly Channel[];
  readonly acceptable_channels?: readonly Channel[];
  /** All of these codes must be among the degradations. */
  readonly degradations?: readonly string[];
  readonly degraded_allow?: boolean;
  /** All of these kinds must be among the release conditions. */
  readonly release_conditions?: readonly ReleaseConditionKind[];
}
