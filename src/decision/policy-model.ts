import type { DrainScope } from './drains.js';
import type { FactName } from './facts-given.js';
import type { AssessmentInput } from './input.js';
import type {
  Channel,
  Decision,
  DurationMs,
  MinorUnits,
  ProviderEventType,
  Pseudonym,
  ReasonSource,
  Release,
  SignalType,
  Tenths,
  UnixMs,
} from './vocabulary.js';

/** What a rule, a step of a sequence or a trigger of a lock looks for. Each match has a time. */
export type Condition =
  /** A signal of one of these types, over one of these channels if given. */
  | {
      readonly kind: 'signal';
      readonly types: readonly SignalType[];
      readonly channels?: readonly Channel[];
      /**
       * Only if the signal's mailbox was inside an exposure, or a cohort's window, when it happened. `named`: while it was
       * open; `halfOpen`: while it was half open.
       */
      readonly inExposure?: 'named' | 'halfOpen' | 'cohort';
    }
  /** A provider event of one of these types, not retracted. */
  | {
      readonly kind: 'event';
      readonly types: readonly ProviderEventType[];
      readonly unauthorised?: boolean;
      /** Only if an exposure of the same mailbox, or a cohort's window that includes it, began before the event. */
      readonly afterExposure?: true;
      /** Only if a signal of these types came at most `within` after the event. The match's time is the signal's. */
      readonly followedBy?: { readonly types: readonly SignalType[]; readonly within: DurationMs };
    }
  /**
   * A mailbox in an exposure that a provider named or the customer reported. Time: its start. It does not age while it is
   * open; decay and windows count from its end, or from when one that nobody closes is no longer young. `open`: only while
   * it is open, `halfOpen`: only while it is half open. Not both.
   */
  | { readonly kind: 'exposure'; readonly open?: boolean; readonly halfOpen?: true }
  /** A mailbox in a cohort's window. Time: its start. Ages from its end, like an exposure. */
  | { readonly kind: 'cohort'; readonly open?: boolean }
  /** A watch: an app password created, honest or not. Time: its creation. */
  | { readonly kind: 'watch' }
  /** At least `atLeast` distinct failed sign-ins in the last `within`. Time: the newest hour; ages from its end. */
  | { readonly kind: 'loginFailures'; readonly atLeast: number; readonly within: DurationMs }
  /** The destination was added less than `below` ago. Absent facts do not match. Time: when added. */
  | { readonly kind: 'destinationAge'; readonly below: DurationMs }
  /** The destination was first paid at least `atLeast` ago. Time: that payment. */
  | { readonly kind: 'destinationUsed'; readonly atLeast: DurationMs }
  /** The opposite: it was not, as far as we know. An absent fact matches: unknown is not clean (I7). Time: now. */
  | { readonly kind: 'destinationNotUsed'; readonly atLeast: DurationMs }
  /** On the allowlist, and added at least `atLeast` ago. */
  | { readonly kind: 'destinationAllowlisted'; readonly atLeast: DurationMs }
  | { readonly kind: 'destinationOwned' }
  /** The device was first seen less than `below` ago, or at least `atLeast` ago. Time: first seen. */
  | { readonly kind: 'deviceAge'; readonly below?: DurationMs; readonly atLeast?: DurationMs }
  /** Time: now. */
  | { readonly kind: 'balanceShare'; readonly atLeast: number }
  /** Time: opened. */
  | { readonly kind: 'accountAge'; readonly below?: DurationMs; readonly atLeast?: DurationMs }
  /** The last good withdrawal lies between `atLeast` and `below` ago. */
  | { readonly kind: 'lastGoodWithdrawal'; readonly atLeast: DurationMs }
  /** Time: now. Counts withdrawals of the last 24 h with the present one. */
  | { readonly kind: 'withdrawalCount'; readonly atLeast: number }
  /**
   * A device, factor or destination that came less than `below` ago, and served no allowed withdrawal of real size, or the
   * first one less than `usedBelow` ago. Time: when it came.
   */
  | {
      readonly kind: 'unproven';
      readonly what: 'device' | 'factor' | 'destination';
      readonly below: DurationMs;
      /** Absent: one such withdrawal, however lately, is enough. */
      readonly usedBelow?: DurationMs;
    }
  /** So much was moved, the present withdrawal included: a value, or a share of the highest balance. Time: now. */
  | {
      readonly kind: 'drain';
      readonly scope: DrainScope;
      readonly within: DurationMs;
      readonly atLeast:
        | { readonly of: 'value'; readonly value: MinorUnits }
        | { readonly of: 'share'; readonly share: number };
      /** By at least so many withdrawals. Absent: 1. */
      readonly byAtLeast?: number;
    };

export interface ReasonText {
  readonly code: string;
  readonly summary: string;
  readonly customerSummary: string;
  readonly source: ReasonSource;
}

/** Points for the strongest match of a condition. */
export interface ScoreRule extends ReasonText {
  readonly when: Condition;
  readonly points: Tenths;
  /** Absent: no decay inside the window. */
  readonly halfLife?: DurationMs;
  /** Matches older than this do not count. Absent: no limit (facts without age). */
  readonly window?: DurationMs;
  /** Index into `groups`; absent: no cap. */
  readonly group?: number;
  /** Without another adverse reason of any other rule the decision is at most STEP_UP by score. */
  readonly aloneAtMostStepUp: boolean;
  /** Multiply points by the provider's confidence. Only for `event`, `exposure`. */
  readonly timesConfidence: boolean;
}

export interface SequenceStep {
  readonly name: string;
  readonly any: readonly Condition[];
  readonly points: Tenths;
  readonly required: boolean;
}

/** Steps in the order of time; the best assignment counts. */
export interface SequenceRule extends ReasonText {
  readonly steps: readonly SequenceStep[];
  /** At least this many steps must be matched. */
  readonly minSteps: number;
  /** No two neighbours may lie further apart. */
  readonly maxGap: DurationMs;
  /** Counted from the last matched step. */
  readonly window: DurationMs;
  readonly halfLife?: DurationMs;
  readonly group?: number;
}

/** A shape of events that holds whatever the score. */
export interface LockRule extends ReasonText {
  readonly trigger: Condition;
  readonly window: DurationMs;
  /** The longer of this and `window` counts while a mailbox of the account is in an exposure or a cohort's window. */
  readonly windowWithMailboxTrouble?: DurationMs;
  /**
   * `composite`: the trigger with a destination not long known AND (a device newer than the window OR a large share
   * at or above the value floor OR provider or cohort evidence). `timer`: the trigger alone, as exchanges do today.
   */
  readonly shape: 'composite' | 'timer';
  /** For `timer`: only for destinations added or first used less than this ago. */
  readonly onlyDestinationsYoungerThan?: DurationMs;
  readonly release: Release;
}

/** Asks for a confirmation whatever the score, when all conditions are met at once. */
export interface Question extends ReasonText {
  readonly when: readonly Condition[];
  /** Names of the tiers in which it is asked. Absent: all. */
  readonly tiers?: readonly string[];
}

export interface LockShape {
  /** A destination is long known when it was first paid, or added, at least this long ago. */
  readonly destinationKnownAfter: DurationMs;
  readonly largeShare: number;
  readonly valueFloor: MinorUnits;
}

/** What to do when something needed is not current. */
export type DegradedAction = 'ALLOW' | 'STEP_UP' | 'HOLD';

export interface Tier {
  readonly name: string;
  /** Values below this belong here; absent for the last. */
  readonly below?: MinorUnits;
  readonly stepUp: Tenths;
  readonly hold: Tenths;
  readonly reject: Tenths;
  readonly degraded: {
    readonly feedNotCurrent: DegradedAction;
    readonly behind: DegradedAction;
    /** Most that degraded allows may add up to per account and hour; above it: STEP_UP. */
    readonly hourlyAllow: MinorUnits;
  };
  /** Facts that a request must give: without one of them, STEP_UP from this score on. Absent: none. */
  readonly require?: { readonly facts: readonly FactName[]; readonly stepUp: Tenths };
}

/**
 * A customer without a factor that could answer is told of the withdrawal, over a channel older than the trouble, and may
 * object: a hold that ends by itself.
 */
export interface NoticeRule {
  /** Over which he may be told, in order of preference. */
  readonly channels: readonly Channel[];
  /** From the notice on. */
  readonly hold: DurationMs;
  /** Not within `window` of one of these signals: the channels are then not what they were. */
  readonly unless: readonly SignalType[];
  readonly window: DurationMs;
}

/** What an exchange's client may do alone while it gets no answer. Decides nothing here: clients ask for it. */
export interface WithoutAnswer {
  /** So many tiers, from the smallest up, may go; the others are held. */
  readonly allowTiers: number;
  /** Only to destinations first paid at least so long ago. */
  readonly destinationUsedFor: DurationMs;
  /** Most for one account in any hour, of all instances together; so are the next two. */
  readonly accountHourlyValue: MinorUnits;
  readonly accountHourlyCount: number;
  /** Most for all accounts in any hour. */
  readonly hourlyValue: MinorUnits;
  /** How long a client may keep what it was told. */
  readonly validFor: DurationMs;
}

export type ListedKind = 'account' | 'destination' | 'mailbox' | 'domain' | 'device' | 'country';

export interface ListEntry {
  readonly reason: string;
  readonly expiresAt?: UnixMs;
}

/** A list in a policy, pseudonymised when compiled. */
export interface PolicyList extends ReasonText {
  readonly name: string;
  readonly effect:
    | { readonly kind: 'deny'; readonly decision: Decision }
    | { readonly kind: 'trust'; readonly points: Tenths };
  readonly on: ListedKind;
  /** By pseudonym, or by clear value for accounts, countries and domains of the table. */
  readonly entries: ReadonlyMap<string | Pseudonym, ListEntry>;
}

/** A CEL expression, compiled. */
export interface CustomRule extends ReasonText {
  readonly points: Tenths;
  readonly group?: number;
  /** Points when the expression fails to evaluate. */
  readonly onErrorPoints: Tenths;
  /** Pure. Returns undefined when the expression fails. */
  readonly test: (input: AssessmentInput) => boolean | undefined;
}

export interface PolicyGroup {
  readonly name: string;
  readonly cap: Tenths;
}

/** A policy ready to decide. Immutable. Made by `policy/`; owns no I/O. */
export interface CompiledPolicy {
  readonly name: string;
  readonly hash: string;
  readonly currency: string;
  readonly pointsToDoubleOdds: number;
  /** From the smallest values up; the last has no `below`. */
  readonly tiers: readonly [Tier, ...Tier[]];
  /**
   * The tier is that of what went to destinations younger than 30 days in so long, if that is more than the rolling day,
   * and the present one is young. Absent: of the rolling day alone.
   */
  readonly tierWindow?: DurationMs;
  readonly groups: readonly PolicyGroup[];
  readonly rules: readonly ScoreRule[];
  readonly sequences: readonly SequenceRule[];
  readonly locks: readonly LockRule[];
  readonly lockShape: LockShape;
  /** Absent: none. */
  readonly questions?: readonly Question[];
  readonly lists: readonly PolicyList[];
  readonly customRules: readonly CustomRule[];
  /** Points by operator id; small. */
  readonly domainPrior: ReadonlyMap<string, Tenths>;
  readonly domainPriorText: ReasonText;
  readonly cohort: {
    readonly text: ReasonText;
    /** Share of mailboxes in trouble on an ordinary day, the base of the log-odds. */
    readonly baseRate: number;
    readonly defaultShare: number;
    readonly cap: Tenths;
    /** How long after its end a cohort still raises the score. */
    readonly after: DurationMs;
    readonly group?: number;
  };
  readonly exposure: {
    /** How far before its discovery an exposure is taken to begin. */
    readonly lookBack: DurationMs;
    /**
     * How long an exposure that is closed still counts for resets inside it, and after which one that nobody closes ends,
     * or, with `untilClosed`, begins to age.
     */
    readonly keepAfter: DurationMs;
    /**
     * One that nobody closes stays open, and ages from `keepAfter` after it was last said; resets inside count as long as
     * the rules that count them; nothing but leaving the mailbox ends one of a recycled address. Absent: one that nobody
     * closes ends `keepAfter` after it happened or was discovered, as it did before this setting was there.
     */
    readonly untilClosed?: boolean;
    /**
     * How long what a thief in the mailbox can bring about himself (a forced change, a revocation of app passwords, a
     * re-enabling) leaves an exposure half open. Absent: such an event closes it.
     */
    readonly halfOpen?: DurationMs;
    /** How long an app password created without an unauthorised reason is watched. */
    readonly watch: DurationMs;
  };
  /** Absent: everything is held. */
  readonly withoutAnswer?: WithoutAnswer;
  /** Negative points together go no lower. */
  readonly trustFloor: Tenths;
  readonly rejectNeedsNamedCompromise: boolean;
  readonly stepUp: {
    /** In order of preference. */
    readonly channels: readonly Channel[];
    readonly verifiedWithin: DurationMs;
    /** What becomes of a question that no factor of the customer can answer. Absent: a person decides. */
    readonly notice?: NoticeRule;
    /** A factor is older than the trouble if it was enrolled more than this before it. Absent: 0. */
    readonly factorMargin?: DurationMs;
  };
  readonly simTrouble: { readonly types: readonly SignalType[]; readonly window: DurationMs };
  readonly hold: {
    readonly maxHold: DurationMs;
    /**
     * What is asked may change this long after the first hold of a withdrawal and still be held for a time; later only a
     * person ends it. Absent: always for a time.
     */
    readonly total?: DurationMs;
    readonly reviewAfter: DurationMs;
    /** How long a hold lasts that has no cause but a feed that is not current. */
    readonly degradedHold: DurationMs;
  };
}
