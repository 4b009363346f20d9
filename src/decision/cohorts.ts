import type { CohortRecord, MailboxLink, SignalRecord } from './evidence.js';
import { log2, roundToInteger } from './exact-math.js';
import { leavingOf } from './exposures.js';
import type { AssessmentInput } from './input.js';
import { type Leaving, leftAt } from './leavings.js';
import { linkHasAlias } from './mailbox-names.js';
import type { CompiledPolicy } from './policy-model.js';
import type { Tenths, UnixMs } from './vocabulary.js';

/** An incident that includes mailboxes of the account. */
export interface MatchedCohort {
  readonly record: CohortRecord;
  /** The account's mailboxes in it. */
  readonly links: readonly MailboxLink[];
  readonly points: Tenths;
  /** Ages from here on. */
  readonly until: UnixMs;
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

/**
 * Cohorts that stand and whose domains include one of the account's mailboxes. A mailbox that the account left inside the
 * window is a match of its own, which ended then; one that it left before is in none.
 */
export function matchedCohorts(
  input: AssessmentInput,
  policy: CompiledPolicy,
  leavings: readonly Leaving[],
): readonly MatchedCohort[] {
  if (input.cohorts.length === 0) return NO_COHORTS;
  const matched: MatchedCohort[] = [];
  for (const record of input.cohorts) {
    if (record.retracted) continue;
    const links: MailboxLink[] = [];
    const { from, to = Number.POSITIVE_INFINITY } = record;
    for (const { link } of input.mailboxes) {
      if (!record.domains.includes(link.domain)) continue;
      const left = leftAt(leavings, leavingOf(link, from), input, policy);
      if (left >= to) links.push(link);
      else if (left > from) matched.push(matchOf(record, [link], left - ONE_MS, policy));
    }
    if (links.length > 0) matched.push(matchOf(record, links, to, policy));
  }
  return matched;
}

/** @param to the last moment of the window, for these mailboxes */
function matchOf(
  record: CohortRecord,
  links: readonly MailboxLink[],
  to: UnixMs,
  policy: CompiledPolicy,
): MatchedCohort {
  const end = to + ONE_MS;
  const { after } = policy.cohort;
  // What is told late is news when it is told, but not of a mailbox that the account has left since.
  const isLeft = to !== (record.to ?? Number.POSITIVE_INFINITY);
  const agesFrom = policy.exposure.untilClosed === true && !isLeft ? Math.max(end, record.issuedAt) : end;
  return {
    record,
    links,
    points: cohortPoints(record, policy),
    until: to,
    openUntil: end,
    activeUntil: agesFrom + after,
  };
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
  if (signal.occurredAt < cohort.record.from) return false;
  if ((signal.since ?? signal.occurredAt) >= cohort.openUntil) return false;
  const { mailbox } = signal;
  return mailbox === undefined || cohort.links.some((link) => linkHasAlias(link, mailbox));
}
