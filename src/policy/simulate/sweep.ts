import { evaluateAt } from '../../decision/evaluate.js';
import type { CompiledPolicy, Tier } from '../../decision/policy-model.js';
import { layOut } from '../../decision/timeline.js';
import type { Tenths } from '../../decision/vocabulary.js';
import type { ReplayItem } from './replay-item.js';
import { rulingOf } from './ruling.js';
import { addRuling, mergeSideTally, newSideTally, type SideTally } from './side-tally.js';

export const THRESHOLD_KINDS = ['step_up', 'hold', 'reject'] as const;
export type ThresholdKind = (typeof THRESHOLD_KINDS)[number];

/** Which threshold to move, and where to. */
export interface SweepPlan {
  /** Name of a tier of the policy. */
  readonly tier: string;
  readonly kind: ThresholdKind;
  /** 0 to 1000, ascending, without doubles. */
  readonly thresholds: readonly Tenths[];
}

/** The tally that a policy would have with each threshold, in the order of the plan. */
export interface Sweep {
  readonly rows: readonly { readonly threshold: Tenths; readonly tally: SideTally }[];
}

/** More than any score, so that nothing reaches it. */
const ABOVE_ALL: Tenths = 1001;

/**
 * The same policy with one threshold moved. Its neighbours stay where they are; a score is judged by the sternest
 * threshold that it reaches.
 *
 * @throws RangeError when there is no such tier
 */
export function withThreshold(
  policy: CompiledPolicy,
  tier: string,
  kind: ThresholdKind,
  threshold: Tenths,
): CompiledPolicy {
  if (!policy.tiers.some(({ name }) => name === tier)) throw new RangeError(`there is no tier \`${tier}\``);
  const [first, ...rest] = policy.tiers;
  const move = (one: Tier): Tier => (one.name === tier ? moved(one, kind, threshold) : one);
  return { ...policy, tiers: [move(first), ...rest.map(move)] };
}

function moved(tier: Tier, kind: ThresholdKind, threshold: Tenths): Tier {
  switch (kind) {
    case 'step_up':
      return { ...tier, stepUp: threshold };
    case 'hold':
      return { ...tier, hold: threshold };
    case 'reject':
      return { ...tier, reject: threshold };
    default:
      return kind satisfies never;
  }
}

/**
 * Counts what each threshold would have decided. A decision depends on a threshold only by whether the score reaches
 * it, so each assessment is decided at most twice, however many thresholds there are; only the lengths of holds are
 * sought for each.
 */
export class Sweeper {
  readonly sweep: Sweep;
  readonly #plan: SweepPlan;
  readonly #policies: readonly CompiledPolicy[];
  readonly #reached: CompiledPolicy;
  readonly #notReached: CompiledPolicy;

  /** @throws RangeError when the policy has no such tier */
  constructor(policy: CompiledPolicy, plan: SweepPlan) {
    this.#plan = plan;
    this.#policies = plan.thresholds.map((threshold) =>
      withThreshold(policy, plan.tier, plan.kind, threshold),
    );
    this.#reached = withThreshold(policy, plan.tier, plan.kind, 0);
    this.#notReached = withThreshold(policy, plan.tier, plan.kind, ABOVE_ALL);
    this.sweep = { rows: plan.thresholds.map((threshold) => ({ threshold, tally: newSideTally() })) };
  }

  /** Counts one assessment. */
  add(item: ReplayItem): void {
    const { input } = item;
    const timeline = layOut(input, this.#notReached);
    const notReached = evaluateAt(timeline, input.now);
    const { score } = notReached.sheet;
    const matters = notReached.tier === this.#plan.tier;
    const reached = matters ? evaluateAt({ ...timeline, policy: this.#reached }, input.now) : notReached;
    for (const [index, { threshold, tally }] of this.sweep.rows.entries()) {
      const policy = this.#policies[index];
      if (policy === undefined) continue;
      const outcome = score >= threshold ? reached : notReached;
      // Only the end of a hold asks what this very policy says later.
      const ofPolicy = outcome.decision === 'HOLD' ? layOut(input, policy) : timeline;
      addRuling(tally, item, rulingOf(ofPolicy, outcome));
    }
  }
}

/** Adds the second to the first; both must be of one plan. */
export function mergeSweep(into: Sweep, from: Sweep): void {
  for (const [index, { tally }] of into.rows.entries()) {
    const other = from.rows[index];
    if (other !== undefined) mergeSideTally(tally, other.tally);
  }
}
