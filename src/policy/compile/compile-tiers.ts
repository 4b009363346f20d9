import type { Tier } from '../../decision/policy-model.js';
import type { TierDocument } from '../policy-document.js';
import type { DocumentPath } from '../policy-problem.js';
import type { Draft } from './draft.js';

type TierFacts = NonNullable<Tier['require']>;

/** Compiles the tiers, of which the schema guarantees at least one. */
export function compileTiers(draft: Draft): readonly [Tier, ...Tier[]] {
  const tiers = draft.document.tiers.map((tier, index) => compileTier(draft, ['tiers', index], tier));
  checkOrder(draft, tiers);
  const [first, ...rest] = tiers;
  if (first === undefined) throw new TypeError('a policy without tiers passed the schema');
  return [first, ...rest];
}

function compileTier(draft: Draft, path: DocumentPath, tier: TierDocument): Tier {
  const points = (key: 'step_up' | 'hold' | 'reject'): number => draft.points([...path, key], tier[key]);
  const compiled: Tier = {
    name: tier.name,
    ...(tier.below !== undefined && { below: draft.money([...path, 'below'], tier.below) }),
    stepUp: points('step_up'),
    hold: points('hold'),
    reject: points('reject'),
    degraded: {
      feedNotCurrent: tier.degraded.feed_not_current,
      behind: tier.degraded.behind,
      hourlyAllow: draft.money([...path, 'degraded', 'hourly_allow'], tier.degraded.hourly_allow),
    },
    ...(tier.require !== undefined && {
      require: {
        facts: tier.require.facts,
        stepUp: draft.points([...path, 'require', 'step_up'], tier.require.step_up),
      },
    }),
  };
  if (compiled.require !== undefined && compiled.require.stepUp >= compiled.stepUp) {
    draft.problem(
      [...path, 'require', 'step_up'],
      'does nothing: from `step_up` of the tier on every withdrawal is asked about',
    );
  }
  if (compiled.stepUp > compiled.hold)
    draft.problem([...path, 'hold'], 'thresholds out of order: `hold` is below `step_up`');
  if (compiled.hold > compiled.reject)
    draft.problem([...path, 'reject'], 'thresholds out of order: `reject` is below `hold`');
  if (compiled.stepUp === 0)
    draft.problem([...path, 'step_up'], 'a threshold of 0 asks every customer every time');
  return compiled;
}

function checkOrder(draft: Draft, tiers: readonly Tier[]): void {
  const names = new Set<string>();
  let previous: Tier | undefined;
  tiers.forEach((tier, index) => {
    const path = ['tiers', index];
    const last = index === tiers.length - 1;
    if (names.has(tier.name)) draft.problem([...path, 'name'], `the tier \`${tier.name}\` comes twice`);
    names.add(tier.name);
    if (last && tier.below !== undefined) {
      draft.problem([...path, 'below'], 'the last tier has no `below`: every value must belong somewhere');
    }
    if (!last && tier.below === undefined) {
      draft.problem(path, '`below` is missing: the tiers after this one are reached by no amount');
    }
    if (tier.below !== undefined && tier.below <= (previous?.below ?? 0)) {
      draft.problem(
        [...path, 'below'],
        'no amount reaches this tier: its `below` is not above the one before',
      );
    }
    if (previous !== undefined) {
      for (const key of ['stepUp', 'hold', 'reject'] as const) {
        if (tier[key] > previous[key]) {
          const word = key === 'stepUp' ? 'step_up' : key;
          draft.problem(
            [...path, word],
            `\`${word}\` is milder than for smaller amounts (${previous[key] / 10}): larger ones must be judged at least as sternly`,
          );
        }
      }
    }
    if (previous?.require !== undefined) checkRequired(draft, path, previous.require, tier);
    previous = tier;
  });
}

/** A larger amount requires at least as much: else leaving facts out would be milder for more money. */
function checkRequired(draft: Draft, path: DocumentPath, smaller: TierFacts, { require }: Tier): void {
  const lacking = smaller.facts.filter((fact) => require?.facts.includes(fact) !== true);
  if (require === undefined || lacking.length > 0) {
    draft.problem(
      require === undefined ? path : [...path, 'require', 'facts'],
      `requires less than for smaller amounts: \`${lacking.join('`, `')}\` must be required here too`,
    );
  } else if (require.stepUp > smaller.stepUp) {
    draft.problem(
      [...path, 'require', 'step_up'],
      `is milder than for smaller amounts (${smaller.stepUp / 10}): larger ones must be judged at least as sternly`,
    );
  }
}
