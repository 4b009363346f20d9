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
    /** What was held, where it is not what is asked now. */
    readonly held?: HeldDocument;
    readonly released?: {
      readonly at: TimeText;
      /** Instead of `amount`. */
      readonly ceiling?: Money;
      readonly destination?: string;
      readonly asset?: string;
      readonly amount?: string;
    };
    /** What the whole balance was worth. */
    readonly balances?: readonly { readonly at: TimeText; readonly value: Money }[];
    /** First allowed withdrawals of real size by what the request names. */
    readonly used?: UsedDocument;
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
  /** In units of the asset; 1 unless said. */
  readonly amount?: string;
  readonly value?: Money | null;
  readonly balance_share?: number | null;
  readonly destination?: DestinationDocument;
  readonly device?: { readonly id: string; readonly first_seen?: TimeText | null } | null;
  readonly country?: string | null;
  readonly factors?: readonly FactorDocument[] | null;
  readonly notices?: readonly { readonly channel: Channel; readonly sent: TimeText }[];
  readonly account_opened?: TimeText | null;
  readonly kyc_tier?: string | null;
  readonly last_good_withdrawal?: TimeText | null;
}

export interface DestinationDocument {
  /** `network:address`. */
  readonly address?: string;
  /** Absent: not told. Null: known to be none. */
  readonly tag?: string | null;
  /** The address is meant to be none of its network. Else one that is none stands for one that is. */
  readonly unreadable?: boolean;
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
  /** When it was last told. Default: when it began. */
  readonly received?: TimeText;
  readonly retracted?: boolean;
}

export interface SpendDocument {
  readonly at: TimeText;
  readonly value: Money;
  readonly counted?: boolean;
  readonly degraded?: boolean;
  /** A question that nobody confirmed yet. */
  readonly pending?: boolean;
  readonly sent?: boolean;
  readonly cancelled?: boolean;
  /** `network:address`. */
  readonly destination?: string;
  /** The destination was younger than 30 days then. */
  readonly young?: boolean;
}

export interface HeldDocument {
  /** `network:address`; absent, as the others: as asked now. */
  readonly destination?: string;
  readonly asset?: string;
  readonly amount?: string;
  /** When the withdrawal was first held, whatever was asked then. */
  readonly first?: TimeText;
}

export interface UsedDocument {
  readonly device?: TimeText;
  readonly destination?: TimeText;
  /** By channel. */
  readonly factors?: Readonly<Record<string, TimeText>>;
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
