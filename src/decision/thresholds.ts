import {
  ALONE_AT_MOST_STEP_UP,
  REJECT_NEEDS_NAMED_COMPROMISE,
  REQUIRED_FACTS_MISSING,
} from './builtin-reasons.js';
import { namedCompromiseAt } from './evidence-index.js';
import { isGiven } from './facts-given.js';
import type { RequestFacts } from './input.js';
import type { CompiledPolicy, ReasonText, Tier } from './policy-model.js';
import type { ScoreSheet } from './score.js';
import type { Timeline } from './timeline.js';
import { rollingDayValue } from './velocity.js';
import type { Decision, Level, MinorUnits, Tenths, UnixMs } from './vocabulary.js';

/** The tier of what the account moves in a day: slicing does not help. An unknown value is the highest (I7). */
export function tierAt(timeline: Timeline, now: UnixMs): Tier {
  const { value } = timeline.input.request;
  const { policy, spends, drains } = timeline;
  if (value === undefined) return tierOf(policy, undefined);
  const ofDay = value + rollingDayValue(spends, now);
  if (policy.tierWindow === undefined) return tierOf(policy, ofDay);
  return tierOf(policy, Math.max(ofDay, drains.valueAt({ scope: 'young', within: policy.tierWindow }, now)));
}

function tierOf(policy: CompiledPolicy, total: MinorUnits | undefined): Tier {
  let tier = policy.tiers[0];
  for (const candidate of policy.tiers) {
    tier = candidate;
    if (total !== undefined && candidate.below !== undefined && total < candidate.below) break;
  }
  return tier;
}

/** The band of the score. */
export function levelOf(tier: Tier, score: Tenths): Level {
  if (score >= tier.reject) return 'CRITICAL';
  if (score >= tier.hold) return 'HIGH';
  return score >= tier.stepUp ? 'ELEVATED' : 'LOW';
}

/** What the score asks for, and why it asks for less than its band, if it does. */
export interface ScoreDemand {
  readonly decision: Decision;
  readonly reason: ReasonText | undefined;
}

/** The thresholds' answer. Evidence that alone asks for no more than a step-up needs company to hold. */
export function scoreDemandAt(timeline: Timeline, tier: Tier, sheet: ScoreSheet, now: UnixMs): ScoreDemand {
  const level = levelOf(tier, sheet.score);
  switch (level) {
    case 'LOW':
      return lacksRequired(tier, timeline.input.request, sheet.score)
        ? { decision: 'STEP_UP', reason: REQUIRED_FACTS_MISSING }
        : { decision: 'ALLOW', reason: undefined };
    case 'ELEVATED':
      return { decision: 'STEP_UP', reason: undefined };
    case 'HIGH':
    case 'CRITICAL':
      if (!sheet.mayHold) return { decision: 'STEP_UP', reason: ALONE_AT_MOST_STEP_UP };
      if (level === 'HIGH') return { decision: 'HOLD', reason: undefined };
      if (!timeline.policy.rejectNeedsNamedCompromise || namedCompromiseAt(timeline.evidence, now)) {
        return { decision: 'REJECT', reason: undefined };
      }
      return { decision: 'HOLD', reason: REJECT_NEEDS_NAMED_COMPROMISE };
    default:
      return unreachable(level);
  }
}

/** Unknown is not clean (I7): who leaves out what the tier requires is asked from a lower score on. */
function lacksRequired({ require }: Tier, request: RequestFacts, score: Tenths): boolean {
  if (require === undefined || score < require.stepUp) return false;
  return require.facts.some((fact) => !isGiven(request, fact));
}

function unreachable(level: never): never {
  throw new TypeError(`no such level: ${String(level)}`);
}
