import type { Drains } from './drains.js';
import { ALWAYS_NOW, EVER, FOREVER, type Match, requestMatch } from './match.js';
import type { CompiledPolicy, Condition } from './policy-model.js';
import type { MinorUnits, UnixMs } from './vocabulary.js';

export type DrainCondition = Extract<Condition, { kind: 'drain' }>;

/** When so much was moved, from `now` on: withdrawals leave the window, and so does the highest balance. */
export function drainMatches(condition: DrainCondition, drains: Drains, now: UnixMs): readonly Match[] {
  const matches: Match[] = [];
  const moments = drains.changesAfter(condition, now);
  let from: UnixMs | undefined = isDrainedAt(condition, drains, now) ? EVER : undefined;
  for (const moment of moments) {
    const isDrained = isDrainedAt(condition, drains, moment);
    if (isDrained === (from !== undefined)) continue;
    if (from !== undefined) matches.push(drainMatch(from, moment));
    from = isDrained ? moment : undefined;
  }
  if (from !== undefined) matches.push(drainMatch(from, FOREVER));
  return matches;
}

function drainMatch(from: UnixMs, until: UnixMs): Match {
  return requestMatch('drain', ALWAYS_NOW, from, until);
}

function isDrainedAt(condition: DrainCondition, drains: Drains, at: UnixMs): boolean {
  const { atLeast, byAtLeast = 1 } = condition;
  if (byAtLeast > 1 && drains.countAt(condition, at) < byAtLeast) return false;
  return atLeast.of === 'value'
    ? drains.valueAt(condition, at) >= atLeast.value
    : (drains.shareAt(condition, at) ?? 0) >= atLeast.share;
}

/** The largest value of the present withdrawal with which the condition is not met now; undefined if none is known. */
export function mostUndrained(
  condition: DrainCondition,
  drains: Drains,
  now: UnixMs,
): MinorUnits | undefined {
  const { atLeast } = condition;
  const others = drains.othersAt(condition, now);
  if (atLeast.of === 'value') return atLeast.value - others - 1;
  const balance = drains.balanceAt(condition.within, now);
  return balance === undefined ? undefined : Math.ceil(atLeast.share * balance) - others - 1;
}

/** Follows from the policy alone, so it is found once for each. */
const CONDITIONS_OF_POLICIES = new WeakMap<CompiledPolicy, readonly DrainCondition[]>();

/** All conditions of a policy that ask what was moved. */
export function drainConditionsOf(policy: CompiledPolicy): readonly DrainCondition[] {
  let found = CONDITIONS_OF_POLICIES.get(policy);
  if (found === undefined) {
    const all: readonly Condition[] = [
      ...policy.rules.map(({ when }) => when),
      ...policy.sequences.flatMap(({ steps }) => steps.flatMap(({ any }) => any)),
      ...(policy.questions ?? []).flatMap(({ when }) => when),
    ];
    found = all.filter((condition) => condition.kind === 'drain');
    CONDITIONS_OF_POLICIES.set(policy, found);
  }
  return found;
}
