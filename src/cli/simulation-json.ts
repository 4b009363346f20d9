import type { Decision } from '../decision/vocabulary.js';
import {
  type Amount,
  type ByDecision,
  figuresOf,
  type SideFigures,
  type SideTally,
  type Simulation,
  stretchOf,
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
    sample_every: simulation.sampleEvery,
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
    flips: [...simulation.flips]
      .sort(([a, one], [b, other]) => other.all.count - one.all.count || byName(a, b))
      .map(([, flip]) => flip)
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
    rules: inOrder(simulation.codes).map(([code, shift]) => ({
      code,
      hits_before: shift.hitsBefore,
      hits_after: shift.hitsAfter,
      points_before: shift.pointsBefore / 10,
      points_after: shift.pointsAfter / 10,
    })),
  };
}

/** One side of a simulation or one row of a sweep. */
export function sideJson(tally: SideTally, simulation: Simulation): object {
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
    figures: figuresJson(figuresOf(tally, stretchOf(simulation))),
  };
}

/** Rates that nothing could be counted for are left out. */
function figuresJson(figures: SideFigures): object {
  return {
    holds_per_day: figures.holdsPerDay,
    step_ups_per_day: figures.stepUpsPerDay,
    customer_hours_of_delay: figures.customerHoursOfDelay,
    caught: figures.caught,
    challenged: figures.challenged,
    missed: figures.missed,
    false_holds: figures.falseHolds,
    false_step_ups: figures.falseStepUps,
    value_saved: decimal(figures.valueSaved),
    precision: figures.precision,
    recall: figures.recall,
    honest_held_per_10k: figures.honestHeldPer10k,
    honest_stepped_up_per_10k: figures.honestSteppedUpPer10k,
    median_honest_hold_hours: figures.medianHonestHoldHours,
  };
}

/** By name, so that the same history gives the same text on any number of threads. */
function inOrder<T>(map: ReadonlyMap<string, T>): [name: string, value: T][] {
  return [...map].sort(([a], [b]) => byName(a, b));
}

function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function mapJson(map: ReadonlyMap<string, ByDecision>): object {
  return Object.fromEntries(inOrder(map).map(([name, by]) => [name, byDecisionJson(by)]));
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
  return Object.fromEntries(inOrder(map).map(([name, amount]) => [name, amountJson(amount)]));
}

function amountJson({ count, value }: Amount): AmountJson {
  return { count, value: decimal(value) };
}
