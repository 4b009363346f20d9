import { MAILBOXES_CROWDED } from './builtin-reasons.js';
import { exp2Neg, roundToInteger } from './exact-math.js';
import { ageOf, isActive, type Match } from './match.js';
import type { ReasonText, ScoreRule } from './policy-model.js';
import { type SequencePlan, sequenceValueAt } from './sequences.js';
import type { RulePlan, Timeline } from './timeline.js';
import type { ReasonSource, Tenths, UnixMs } from './vocabulary.js';

/** What contributes at the moment last asked for. Timelines that differ in the value or in thresholds alone share it. */
export interface FoundContributions {
  at: UnixMs | undefined;
  contributions: readonly Contribution[];
}

const NO_CONTRIBUTIONS: readonly Contribution[] = [];

export function nothingFound(): FoundContributions {
  return { at: undefined, contributions: NO_CONTRIBUTIONS };
}

/** What one rule, sequence, cohort, prior, custom rule or trust list brings to the score. */
export interface Contribution {
  readonly text: ReasonText;
  readonly source: ReasonSource;
  /** After decay, before caps. Never 0. */
  readonly raw: Tenths;
  readonly group: number | undefined;
  /** Evidence that may hold by score without other company. */
  readonly mayHoldAlone: boolean;
  /** Evidence of a takeover, whatever it may do alone: it dates a step-up's factors. */
  readonly adverseSince: UnixMs;
  readonly occurredAt: UnixMs | undefined;
  readonly expiresAt: UnixMs | undefined;
  readonly provider: string | undefined;
}

const NOT_ADVERSE: UnixMs = Number.POSITIVE_INFINITY;

/** Signals, provider events and cohorts are evidence; facts of the request are company to nobody. */
function isEvidence(source: ReasonSource): boolean {
  return source === 'SIGNAL' || source === 'PROVIDER' || source === 'COHORT';
}

/** A time to show: infinite ones are none. */
function shownTime(time: UnixMs): UnixMs | undefined {
  return Number.isFinite(time) ? time : undefined;
}

/** Everything that contributes at `now`, of both signs, without trust lists. */
export function contributionsAt(timeline: Timeline, now: UnixMs): readonly Contribution[] {
  const { found } = timeline;
  if (found.at !== now) {
    found.contributions = findContributions(timeline, now);
    found.at = now;
  }
  return found.contributions;
}

function findContributions(timeline: Timeline, now: UnixMs): readonly Contribution[] {
  const contributions: Contribution[] = [];
  for (const plan of timeline.rules) pushIfAny(contributions, ruleContribution(plan, now));
  for (const plan of timeline.sequences) pushIfAny(contributions, sequenceContribution(plan, now));
  pushIfAny(contributions, cohortContribution(timeline, now));
  pushIfAny(contributions, priorContribution(timeline));
  if (timeline.evidence.mailboxDropped) contributions.push(DROPPED_MAILBOX);
  return contributions;
}

/**
 * What a dropped mailbox would have brought is not known, so it brings all that it could: every point, and trouble that
 * began before any factor was enrolled.
 */
export const DROPPED_MAILBOX: Contribution = {
  text: MAILBOXES_CROWDED,
  source: MAILBOXES_CROWDED.source,
  raw: 1000,
  group: undefined,
  mayHoldAlone: true,
  adverseSince: 0,
  occurredAt: undefined,
  expiresAt: undefined,
  provider: undefined,
};

function pushIfAny(contributions: Contribution[], contribution: Contribution | undefined): void {
  if (contribution !== undefined) contributions.push(contribution);
}

function decayedPoints(rule: ScoreRule, age: number, weight: number): Tenths {
  const decay = rule.halfLife === undefined ? 1 : exp2Neg(age / rule.halfLife);
  return roundToInteger(rule.points * decay * weight);
}

/** Confidences below this are looked at one by one. */
const SURE_WEIGHT = 0.5;

/** An age up to which a match of at least {@link SURE_WEIGHT} has points left, whatever the rounding. */
function surelyCountsUntil({ points, halfLife }: ScoreRule): number {
  let left = Math.abs(points) * SURE_WEIGHT;
  if (left < 1) return -1;
  if (halfLife === undefined) return Number.POSITIVE_INFINITY;
  let halfLives = 0;
  for (; left >= 2; left *= 0.5) halfLives += 1;
  return halfLives * halfLife;
}

/** The strongest match counts; of equals the one that lasts longest, else the first. */
function ruleContribution({ rule, matches }: RulePlan, now: UnixMs): Contribution | undefined {
  let best: Match | undefined;
  let bestAge = 0;
  let bestWeight = 0;
  let raw = 0;
  let solid = false;
  let earliest = NOT_ADVERSE;
  const sureAge = surelyCountsUntil(rule);
  for (const match of matches) {
    if (!isActive(match, now)) continue;
    const age = ageOf(match, now);
    if (rule.window !== undefined && age >= rule.window) continue;
    const weight = rule.timesConfidence ? match.confidence : 1;
    // No younger, no surer, no longer: it counts, but cannot be the strongest, so nothing need be worked out.
    const isWeaker =
      best !== undefined && age >= bestAge && weight <= bestWeight && match.until <= best.until;
    if (!isWeaker || age > sureAge || weight < SURE_WEIGHT) {
      const points = decayedPoints(rule, age, weight);
      if (points === 0) continue;
      const stronger = Math.abs(points) - Math.abs(raw);
      if (best === undefined || stronger > 0 || (stronger === 0 && match.until > best.until)) {
        best = match;
        bestAge = age;
        bestWeight = weight;
        raw = points;
      }
    }
    solid ||= match.solid;
    earliest = Math.min(earliest, match.at, now);
  }
  if (best === undefined) return undefined;
  const adverse = raw > 0 && isEvidence(rule.source);
  return {
    text: rule,
    source: rule.source,
    raw,
    group: rule.group,
    mayHoldAlone: adverse && solid && !rule.aloneAtMostStepUp,
    adverseSince: adverse ? earliest : NOT_ADVERSE,
    occurredAt: shownTime(best.at),
    expiresAt: shownTime(Math.min(best.activeUntil, best.until + (rule.window ?? Number.POSITIVE_INFINITY))),
    provider: best.provider,
  };
}

function sequenceContribution(plan: SequencePlan, now: UnixMs): Contribution | undefined {
  const value = sequenceValueAt(plan, now, false);
  if (value === undefined) return undefined;
  const { rule } = plan;
  const adverse = isEvidence(rule.source);
  const solid = !plan.guessed || sequenceValueAt(plan, now, true) !== undefined;
  return {
    text: rule,
    source: rule.source,
    raw: value.points,
    group: rule.group,
    mayHoldAlone: adverse && solid,
    adverseSince: adverse ? Math.min(value.earliest, now) : NOT_ADVERSE,
    occurredAt: value.last === undefined ? undefined : shownTime(value.last.at),
    expiresAt: value.last === undefined ? undefined : shownTime(value.last.until + rule.window),
    provider: value.last?.provider,
  };
}

/** The strongest cohort counts, not the sum: two reports of one incident are one incident. */
function cohortContribution({ evidence, policy }: Timeline, now: UnixMs): Contribution | undefined {
  let best = evidence.cohorts[0];
  if (best === undefined) return undefined;
  let raw = 0;
  let earliest = NOT_ADVERSE;
  for (const cohort of evidence.cohorts) {
    if (now >= cohort.activeUntil || cohort.points === 0) continue;
    earliest = Math.min(earliest, cohort.record.from, now);
    if (cohort.points > raw) {
      best = cohort;
      raw = cohort.points;
    }
  }
  if (raw === 0) return undefined;
  return {
    text: policy.cohort.text,
    source: policy.cohort.text.source,
    raw,
    group: policy.cohort.group,
    mayHoldAlone: true,
    adverseSince: earliest,
    occurredAt: best.record.from,
    expiresAt: shownTime(best.activeUntil),
    provider: best.record.provider,
  };
}

/** Where a mailbox lives is no evidence against anybody: it holds nobody and dates nothing. */
function priorContribution({ domainPrior, policy }: Timeline): Contribution | undefined {
  if (domainPrior === 0) return undefined;
  return plainContribution(policy.domainPriorText, domainPrior, undefined, undefined, false);
}

/** A contribution without a time of its own. */
export function plainContribution(
  text: ReasonText,
  raw: Tenths,
  group: number | undefined,
  expiresAt: UnixMs | undefined,
  mayHoldAlone: boolean,
): Contribution {
  return {
    text,
    source: text.source,
    raw,
    group,
    mayHoldAlone,
    adverseSince: NOT_ADVERSE,
    occurredAt: undefined,
    expiresAt,
    provider: undefined,
  };
}
