import type { CohortRecord, MailboxLink, SignalRecord } from './evidence.js';
import { log2, roundToInteger } from './exact-math.js';
import { linkHasAlias } from './exposures.js';
import type { AssessmentInput } from './input.js';
import type { CompiledPolicy } from './policy-model.js';
import type { Tenths, UnixMs } from './vocabulary.js';

/** An incident that includes mailboxes of the account. */
export interface MatchedCohort {
  readonly record: CohortRecord;
  /** The account's mailboxes in it. */
  readonly links: readonly MailboxLink[];
  readonly points: Tenths;
  /** Open before this; infinite while the provider names no end. */
  readonly openUntil: UnixMs;
  /** Raises the score before this. */
  readonly activeUntil: UnixMs;
}

const NO_COHORTS: readonly MatchedCohort[] = [];

/** Certainty has infinite odds: no provider's share and confidence count for more than this. */
const MOST_PROBABLE = 0.999_999;
/** Nor does a base rate of 0 make every incident infinitely telling. */
const LEAST_PROBABLE = 0.000_001;

/** Ends are inclusive, times whole milliseconds. */
const ONE_MS = 1;

/** Cohorts that stand and whose domains include one of the account's mailboxes. */
export function matchedCohorts(input: AssessmentInput, policy: CompiledPolicy): readonly MatchedCohort[] {
  if (input.cohorts.length === 0) return NO_COHORTS;
  const matched: MatchedCohort[] = [];
  for (const record of input.cohorts) {
    if (record.retracted) continue;
    const links: MailboxLink[] = [];
    for (const { link } of input.mailboxes) if (record.domains.includes(link.domain)) links.push(link);
    if (links.length === 0) continue;
    const end = record.to === undefined ? Number.POSITIVE_INFINITY : record.to + ONE_MS;
    matched.push({
      record,
      links,
      points: cohortPoints(record, policy),
      openUntil: end,
      activeUntil: end + policy.cohort.after,
    });
  }
  return matched;
}

/**
 * How much likelier trouble is in the cohort than on an ordinary day, in log-odds points.
 *
 * @returns 0 to the policy's cap
 */
export function cohortPoints(record: CohortRecord, policy: CompiledPolicy): Tenths {
  const { defaultShare, cap } = policy.cohort;
  const baseRate = Math.max(policy.cohort.baseRate, LEAST_PROBABLE);
  const probability = Math.min((record.share ?? defaultShare) * record.confidence, MOST_PROBABLE);
  if (probability <= baseRate) return 0;
  const ratio = oddsOf(probability) / oddsOf(baseRate);
  return Math.max(0, Math.min(cap, roundToInteger(10 * policy.pointsToDoubleOdds * log2(ratio))));
}

function oddsOf(probability: number): number {
  return probability / (1 - probability);
}

/** Whether the signal's mailbox was in the cohort's window when the signal happened; see `happenedInside`. */
export function happenedInCohort(signal: SignalRecord, cohort: MatchedCohort): boolean {
  if (signal.occurredAt < cohort.record.from || signal.occurredAt >= cohort.openUntil) return false;
  const { mailbox } = signal;
  return mailbox === undefined || cohort.links.some((link) => linkHasAlias(link, mailbox));
}
