import { drainConditionsOf, mostUndrained } from './drain-matches.js';
import { evaluateAt } from './evaluate.js';
import type { HoldEnd } from './hold-until.js';
import type { DestinationFacts } from './input.js';
import { type Timeline, withDestination, withValue } from './timeline.js';
import { degradedHourValue, rollingDayValue } from './velocity.js';
import type { ReleaseCondition, Verdict } from './verdict.js';
import { type Decision, type MinorUnits, sternnessOf, type UnixMs } from './vocabulary.js';

/**
 * What to change about the withdrawal itself is for analysts: whoever asks may be the thief, who would only learn which sum
 * or which address passes.
 */
const FOR_ANALYSTS_ONLY = '';

/** The smallest changes, each alone, that would make the decision milder. None rests on an untrusted channel. */
export function releaseConditions(
  timeline: Timeline,
  verdict: Verdict,
  end: HoldEnd | undefined,
): readonly ReleaseCondition[] {
  const conditions: ReleaseCondition[] = [];
  if (end?.release === 'AUTOMATIC') {
    conditions.push({
      kind: 'WAIT',
      summary: 'wait until the hold ends',
      customerSummary: 'Wait until the time shown.',
      decision: end.decisionThen,
      at: end.at,
    });
  }
  if (verdict.decision === 'STEP_UP') {
    conditions.push({
      kind: 'VERIFY',
      summary: 'confirm over a channel enrolled before the trouble began',
      customerSummary: 'Confirm this withdrawal.',
      decision: 'ALLOW',
      channels: verdict.acceptableChannels,
    });
  }
  const lower = lowerValue(timeline, verdict);
  if (lower !== undefined) conditions.push(lower);
  const known = knownDestination(timeline, verdict);
  if (known !== undefined) conditions.push(known);
  if (verdict.noticeChannels !== undefined) {
    conditions.push({
      kind: 'NOTIFY',
      summary:
        'tell the customer over a channel older than the trouble; then it waits for an objection, not for a person',
      customerSummary: 'We will tell you of this withdrawal before it is sent.',
      decision: 'ALLOW',
      channels: verdict.noticeChannels,
    });
  }
  if (end?.release === 'PERSON') {
    conditions.push({
      kind: 'REVIEW',
      summary: 'a person reviews and releases',
      customerSummary: 'A member of our team will look at this withdrawal.',
      decision: 'ALLOW',
    });
  }
  return conditions;
}

/** What would be decided if the request were another; undefined if that is no milder. */
function milderIf(timeline: Timeline, verdict: Verdict, now: UnixMs): Decision | undefined {
  const { decision } = evaluateAt(timeline, now);
  return sternnessOf(decision) < sternnessOf(verdict.decision) ? decision : undefined;
}

function lowerValue(timeline: Timeline, verdict: Verdict): ReleaseCondition | undefined {
  const { now } = timeline.input;
  for (const value of lowerValues(timeline)) {
    const decision = milderIf(withValue(timeline, value), verdict, now);
    if (decision === undefined) continue;
    return {
      kind: 'LOWER_VALUE',
      summary: 'withdraw less at once',
      customerSummary: FOR_ANALYSTS_ONLY,
      decision,
      maxValue: value,
    };
  }
  return undefined;
}

/**
 * Largest first. Only below a bound of a tier, the floor of locks, the hour's allowance without current feeds, the
 * ceiling of a release or what a condition calls a drain does a smaller value change anything.
 */
function lowerValues({ input, policy, spends, drains }: Timeline): readonly MinorUnits[] {
  const { request, ledger, now } = input;
  const ofDay = rollingDayValue(spends, now);
  const ofHour = degradedHourValue(spends, now);
  const values = [policy.lockShape.valueFloor - 1];
  for (const { below, degraded } of policy.tiers) {
    if (below !== undefined) values.push(below - ofDay - 1);
    values.push(degraded.hourlyAllow - ofHour);
    if (below !== undefined && policy.tierWindow !== undefined) {
      values.push(below - drains.othersAt({ scope: 'young', within: policy.tierWindow }, now) - 1);
    }
  }
  for (const condition of drainConditionsOf(policy)) {
    const most = mostUndrained(condition, drains, now);
    if (most !== undefined) values.push(most);
  }
  for (const { withdrawal, ceiling, amount } of ledger.releases) {
    if (withdrawal === request.withdrawal && amount === undefined) values.push(ceiling);
  }
  const present = request.value ?? Number.POSITIVE_INFINITY;
  return values.filter((value) => value > 0 && value < present).sort((a, b) => b - a);
}

/** A destination that is on no list and was added just long enough ago, never paid. One better known does as well. */
function knownDestination(timeline: Timeline, verdict: Verdict): ReleaseCondition | undefined {
  const { policy } = timeline;
  const { request, now } = timeline.input;
  const destination: DestinationFacts = {
    id: '',
    suffix: '',
    network: request.destination.network,
    addedAt: now - policy.lockShape.destinationKnownAfter,
  };
  const decision = milderIf(withDestination(timeline, destination), verdict, now);
  if (decision === undefined) return undefined;
  return {
    kind: 'KNOWN_DESTINATION',
    summary: 'send to a destination that has been known for long',
    customerSummary: FOR_ANALYSTS_ONLY,
    decision,
  };
}
