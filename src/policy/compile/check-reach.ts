import type { CompiledPolicy } from '../../decision/policy-model.js';
import type { Draft } from './draft.js';

/** A threshold of 100 is how a policy of timers alone says "never by score". */
const NEVER_BY_SCORE = 1000;

/**
 * Finds thresholds that no score reaches: the most that all rules can give together, after the caps of their groups,
 * lies below them. Such a threshold is a slip, since it looks like protection and is none.
 */
export function checkReach(draft: Draft, policy: CompiledPolicy): void {
  const most = mostPoints(policy);
  policy.tiers.forEach((tier, index) => {
    for (const [key, threshold] of [
      ['step_up', tier.stepUp],
      ['hold', tier.hold],
    ] as const) {
      if (threshold > most && threshold < NEVER_BY_SCORE) {
        draft.problem(
          ['tiers', index, key],
          `no score reaches ${threshold / 10}: all rules together give at most ${most / 10} points; 100 says "never by score"`,
        );
      }
    }
  });
  for (const name of draft.unusedGroups()) {
    draft.problem(['groups', name], `nothing belongs to the group \`${name}\``, 'key');
  }
}

function mostPoints(policy: CompiledPolicy): number {
  const byGroup = new Map<number, number>();
  let free = 0;
  const add = (points: number, group: number | undefined): void => {
    if (points <= 0) return;
    if (group === undefined) free += points;
    else byGroup.set(group, (byGroup.get(group) ?? 0) + points);
  };
  for (const rule of policy.rules) add(rule.points, rule.group);
  for (const sequence of policy.sequences) {
    add(
      sequence.steps.reduce((sum, step) => sum + step.points, 0),
      sequence.group,
    );
  }
  for (const rule of policy.customRules) add(Math.max(rule.points, rule.onErrorPoints), rule.group);
  add(policy.cohort.cap, policy.cohort.group);
  add(Math.max(0, ...policy.domainPrior.values()), undefined);
  for (const [group, points] of byGroup) free += Math.min(points, policy.groups[group]?.cap ?? points);
  return Math.min(free, 1000);
}
