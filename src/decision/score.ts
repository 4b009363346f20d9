import { apportion } from './apportion.js';
import { type Contribution, contributionsAt, DROPPED_MAILBOX, plainContribution } from './contributions.js';
import type { CompiledPolicy, CustomRule } from './policy-model.js';
import type { Timeline } from './timeline.js';
import type { Tenths, UnixMs } from './vocabulary.js';

/** 100 points. */
const MOST: Tenths = 1000;

/** A contribution with what caps left of it. */
export interface ScoredReason {
  readonly contribution: Contribution;
  readonly points: Tenths;
  /** What a cap or the floor took away; 0 or more. */
  readonly capped: Tenths;
}

export interface ScoreSheet {
  /** Their points add up to the score before it is clamped (I3). */
  readonly reasons: readonly ScoredReason[];
  /** 0 to 1000. */
  readonly score: Tenths;
  /** There is evidence that may hold without company. */
  readonly mayHold: boolean;
  /** When the earliest evidence that counts began; infinite if none does. */
  readonly adverseSince: UnixMs;
  /** Codes of custom rules that failed. */
  readonly failedRules: readonly string[];
}

const NO_REASONS: readonly ScoredReason[] = [];
const NO_FAILED_RULES: readonly string[] = [];

/**
 * The score at `now`.
 *
 * @param locked a lock holds, so that nothing speaks in the customer's favour
 */
export function scoreAt(timeline: Timeline, now: UnixMs, locked: boolean): ScoreSheet {
  const contributions = [...contributionsAt(timeline, now)];
  const failedRules = pushCustomRules(contributions, timeline, now);
  const trusted = !locked && !contributions.some(speaksForMailboxTrouble);
  if (trusted) pushTrustLists(contributions, timeline, now);
  const counted = trusted ? contributions : contributions.filter((contribution) => contribution.raw > 0);
  const reasons = capped(counted, timeline.policy);
  let sum = 0;
  let mayHold = false;
  let adverseSince = Number.POSITIVE_INFINITY;
  for (const { contribution, points } of reasons) {
    sum += points;
    mayHold ||= contribution.mayHoldAlone;
    adverseSince = Math.min(adverseSince, contribution.adverseSince);
  }
  const score = Math.max(0, Math.min(MOST, sum));
  return { reasons, score, mayHold, adverseSince, failedRules };
}

function speaksForMailboxTrouble(contribution: Contribution): boolean {
  const { raw, source } = contribution;
  return contribution === DROPPED_MAILBOX || (raw > 0 && (source === 'PROVIDER' || source === 'COHORT'));
}

/**
 * A custom rule that is true counts as company for others: its author chose its points for exactly that. One that
 * fails does not.
 */
function pushCustomRules(contributions: Contribution[], timeline: Timeline, now: UnixMs): readonly string[] {
  const { customRules } = timeline.policy;
  if (customRules.length === 0) return NO_FAILED_RULES;
  const input = now === timeline.input.now ? timeline.input : { ...timeline.input, now };
  const failed: string[] = [];
  for (const rule of customRules) {
    const result = rule.test(input);
    if (result === undefined) {
      failed.push(rule.code);
      if (rule.onErrorPoints !== 0) contributions.push(failedRule(rule));
    } else if (result && rule.points !== 0) {
      contributions.push(plainContribution(rule, rule.points, rule.group, undefined, rule.points > 0));
    }
  }
  return failed;
}

function failedRule(rule: CustomRule): Contribution {
  const contribution = plainContribution(rule, rule.onErrorPoints, rule.group, undefined, false);
  return { ...contribution, source: 'DEGRADED' };
}

function pushTrustLists(contributions: Contribution[], timeline: Timeline, now: UnixMs): void {
  for (const { list, entry, activeUntil } of timeline.listHits) {
    if (list.effect.kind !== 'trust' || list.effect.points >= 0 || now >= activeUntil) continue;
    contributions.push(plainContribution(list, list.effect.points, undefined, entry.expiresAt, false));
  }
}

/** Applies the groups' caps to what speaks against the customer, and the floor to what speaks for him. */
function capped(contributions: readonly Contribution[], policy: CompiledPolicy): readonly ScoredReason[] {
  if (contributions.length === 0) return NO_REASONS;
  const points = contributions.map((contribution) => contribution.raw);
  let group = 0;
  for (const { cap } of policy.groups) shareCap(contributions, points, group++, cap);
  shareCap(contributions, points, TRUST, -policy.trustFloor);
  return contributions.map((contribution, index) => {
    const left = points[index] ?? 0;
    return { contribution, points: left, capped: Math.abs(contribution.raw - left) };
  });
}

/** What speaks for the customer shares one floor, whatever its group. */
const TRUST = -1;

function isIn(contribution: Contribution, group: number): boolean {
  return contribution.raw < 0 ? group === TRUST : contribution.group === group;
}

/** Writes the shares of one group's members over their points. */
function shareCap(
  contributions: readonly Contribution[],
  points: Tenths[],
  group: number,
  cap: Tenths,
): void {
  let total = 0;
  for (const one of contributions) if (isIn(one, group)) total += Math.abs(one.raw);
  if (total <= cap) return;
  const members: number[] = [];
  for (let i = 0; i < contributions.length; i++) {
    const one = contributions[i];
    if (one !== undefined && isIn(one, group)) members.push(i);
  }
  const shares = apportion(
    members.map((index) => Math.abs(points[index] ?? 0)),
    Math.max(0, cap),
  );
  for (const [place, index] of members.entries()) {
    const left = shares[place] ?? 0;
    points[index] = group === TRUST && left > 0 ? -left : left;
  }
}
