import type { FactName } from './facts-given.js';
import type { ProviderCap } from './input.js';
import type {
  Channel,
  Decision,
  Level,
  MinorUnits,
  ReasonSource,
  Release,
  Tenths,
  UnixMs,
} from './vocabulary.js';

/**
 * Bumped whenever the same input under the same policy may give another answer (I1), or the same answer other bytes. A
 * record of another version is never said to replay: `src/audit/replay.ts`.
 */
export const ENGINE_VERSION = '3';

/** One part of the score, or one fact that changed the decision. */
export interface Reason {
  readonly code: string;
  /** After decay and caps. */
  readonly points: Tenths;
  /** What group caps took away; 0 or more. */
  readonly capped: Tenths;
  readonly summary: string;
  readonly customerSummary: string;
  readonly source: ReasonSource;
  readonly occurredAt?: UnixMs;
  readonly expiresAt?: UnixMs;
  readonly provider?: string;
}

/** Something missing, stale or failing that bears on this answer. */
export interface Degradation {
  readonly code: string;
  readonly subject: string;
  readonly detail: string;
}

/** What `decide` says. */
export interface Verdict {
  readonly decision: Decision;
  /** 0 to 1000. */
  readonly score: Tenths;
  readonly level: Level;
  /** Name of the tier whose thresholds applied. */
  readonly tier: string;
  /** Only a person may end this hold. False unless `decision` is HOLD. */
  readonly personOnly: boolean;
  /** Most points first, then by code. */
  readonly reasons: readonly Reason[];
  readonly untrustedChannels: readonly Channel[];
  /** For STEP_UP only, in the policy's order of preference. */
  readonly acceptableChannels: readonly Channel[];
  readonly degradations: readonly Degradation[];
  /** What the request left out, by its path: how complete it was. */
  readonly missingFacts: readonly FactName[];
  /** A needed feed was not current or the state was behind, and the tier let it pass. */
  readonly degradedAllow: boolean;
  /**
   * Over these the customer may be told of the withdrawal; then it waits for an objection instead of a person. Absent: none.
   * Only where a person must end the hold because nobody can answer the question.
   */
  readonly noticeChannels?: readonly Channel[];
  /** Caps on providers that made the decision milder. Absent: none. */
  readonly cappedBy?: readonly ProviderCap[];
}

export type ReleaseConditionKind =
  | 'WAIT'
  | 'VERIFY'
  | 'LOWER_VALUE'
  | 'KNOWN_DESTINATION'
  | 'REVIEW'
  | 'NOTIFY';

/** A smallest change that would change the verdict. */
export interface ReleaseCondition {
  readonly kind: ReleaseConditionKind;
  readonly summary: string;
  /** Empty: for analysts only. */
  readonly customerSummary: string;
  /** The decision if this alone were so. */
  readonly decision: Decision;
  readonly at?: UnixMs;
  readonly channels?: readonly Channel[];
  readonly maxValue?: MinorUnits;
}

/** What `explain` adds, for STEP_UP and HOLD. */
export interface Explanation {
  /** HOLD only. */
  readonly holdUntil?: UnixMs;
  /** HOLD only. */
  readonly release?: Release;
  readonly releaseConditions: readonly ReleaseCondition[];
}
