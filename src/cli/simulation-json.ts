import type { Decision } from '../decision/vocabulary.js';
import {
  type Amount,
  type ByDecision,
  figuresOf,
  type SideTally,
  type Simulation,
  spanDays,
} from '../policy/simulate/index.js';
import type { Replayed } from './policy-simulate.js';

interface AmountJson {
  readonly count: number;
  /** In the policy's currency, decimal. */
  readonly value: string;
}

/** Minor units as a decimal string: 1/100 of the currency. */
export function decimal(minorUnits: number): string {
  const whole = Math.trunc(minorUnits / 100);
  return `${whole}.${String(minorUnits % 100).padStart(2, '0')}`;
}

/** The result of a simulation for programs. */
export function simulationJson({
  findings,
  before,
  candidate,
  synthetic,
  seconds,
  threads,
}: Replayed): object {
  const { simulation } = findings;
  return {
    synthetic,
    replayed: simulation.replayed,
    seconds,
    threads,
    from: new Date(simulation.firstAt).toISOString(),
    to: new Date(simulation.lastAt).toISOString(),
    before: {
      name: before.policy.name,
      hash: before.policy.hash,
      ...sideJson(simulation.before, simulation),
    },
    after: {
      name: candidate.policy.name,
      hash: candidate.policy.hash,
      ...sideJson(simulation.after, simulation),
    },
    flips: [...simulation.flips.values()]
      .sort((a, b) => b.all.count - a.all.count)
      .map((flip) => ({
        before: flip.before,
        after: flip.after,
        ...amountJson(flip.all),
        fraud: amountJson(flip.fraud),
        honest: amountJson(flip.honest),
        by_tier: amountsJson(flip.tiers),
        by_operator: amountsJson(flip.operators),
        examples: flip.examples.map((example) => ({
          assessment_id: example.assessmentId,
          value: decimal(example.value),
          score_before: example.scoreBefore / 10,
          score_after: example.scoreAfter / 10,
        })),
      })),
    rules: [...simulation.codes].map(([code, shift]) => ({
      code,
      hits_before: shift.hitsBefore,
      hits_after: shift.hitsAfter,
      points_before: shift.pointsBefore / 10,
      points_after: shift.pointsAfter / 10,
    })),
  };
}

/** One side of a simulation or one row of a sweep. */
export function sideJson(tally: SideTally, { firstAt, lastAt }: Simulation): object {
  return {
    decisions: byDecisionJson(tally.decisions),
    by_tier: mapJson(tally.tiers),
    by_operator: mapJson(tally.operators),
    fraud: byDecisionJson(tally.outcomes.FRAUD),
    honest: byDecisionJson(tally.outcomes.HONEST),
    score_histogram: tally.histogram,
    holds_by_day: Object.fromEntries(
      [...tally.holdsByDay]
        .sort(([a], [b]) => a - b)
        .map(([day, count]) => [new Date(day * 86_400_000).toISOString().slice(0, 10), count]),
    ),
    figures: figuresOf(tally, spanDays({ firstAt, lastAt })),
  };
}

function mapJson(map: ReadonlyMap<string, ByDecision>): object {
  return Object.fromEntries([...map].map(([name, by]) => [name, byDecisionJson(by)]));
}

function byDecisionJson(by: ByDecision): Record<Decision, AmountJson> {
  return {
    ALLOW: amountJson(by.ALLOW),
    STEP_UP: amountJson(by.STEP_UP),
    HOLD: amountJson(by.HOLD),
    REJECT: amountJson(by.REJECT),
  };
}

function amountsJson(map: ReadonlyMap<string, Amount>): Record<string, AmountJson> {
  return Object.fromEntries([...map].map(([name, amount]) => [name, amountJson(amount)]));
}

function amountJson({ count, value }: Amount): AmountJson {
  return { count, value: decimal(value) };
}
