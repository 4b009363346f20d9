import { timestampMs } from '@bufbuild/protobuf/wkt';
import { Decision } from '../gen/holdfast/v1/decision_pb.js';
import type {
  DecisionFlip,
  FlipDetail,
  NamedAmount,
  SimulatedSide,
  SimulationResult,
} from '../gen/holdfast/v1/policy_service_pb.js';
import type { Effect, EffectSide } from '../policy/diff/index.js';
import { spanDays } from '../policy/simulate/index.js';
import type { NamedPolicy } from './named-policy.js';
import { decimal } from './simulation-json.js';

/** What a service found, and between which policies. */
export interface ServedSimulation {
  readonly result: SimulationResult;
  readonly before: NamedPolicy;
  readonly candidate: NamedPolicy;
  readonly seconds: number;
}

/** The effect that a service found. */
export function servedEffect(result: SimulationResult): Effect {
  return {
    replayed: Number(result.replayedCount),
    stretch: { days: spanDays(spanOf(result)), sampleEvery: Math.max(1, result.sampleEvery) },
    before: sideEffect(result.before),
    after: sideEffect(result.after),
    hasFlips: result.flips.length > 0,
  };
}

/**
 * The result of a service's simulation for programs: named and written as that of a local one, without what the contract
 * does not have.
 */
export function servedSimulationJson({ result, before, candidate, seconds }: ServedSimulation): object {
  const { firstAt, lastAt } = spanOf(result);
  return {
    replayed: Number(result.replayedCount),
    sample_every: Math.max(1, result.sampleEvery),
    seconds,
    from: new Date(firstAt).toISOString(),
    to: new Date(lastAt).toISOString(),
    before: { ...policyJson(before), ...sideJson(result.before) },
    after: { ...policyJson(candidate), ...sideJson(result.after) },
    flips: result.flips
      .map((flip, index) => flipJson(flip, result.flipDetails[index]))
      .sort((a, b) => b.count - a.count || byName(`${a.before}>${a.after}`, `${b.before}>${b.after}`)),
    rules: result.codes.map(({ code, hitsBefore, hitsAfter, pointsBefore, pointsAfter }) => ({
      code,
      hits_before: Number(hitsBefore),
      hits_after: Number(hitsAfter),
      points_before: pointsBefore,
      points_after: pointsAfter,
    })),
  };
}

/** Only of a result with assessments. */
function spanOf({ firstAt, lastAt }: SimulationResult): { firstAt: number; lastAt: number } {
  return {
    firstAt: firstAt === undefined ? 0 : timestampMs(firstAt),
    lastAt: lastAt === undefined ? 0 : timestampMs(lastAt),
  };
}

function sideEffect(side: SimulatedSide | undefined): EffectSide {
  const countOf = (decision: Decision): number =>
    Number(side?.decisions.find((one) => one.decision === decision)?.count ?? 0n);
  return {
    holds: countOf(Decision.HOLD),
    stepUps: countOf(Decision.STEP_UP),
    rejections: countOf(Decision.REJECT),
    theftsStopped: Number(side?.caughtCount ?? 0n),
    honestStopped: Number(side?.falseHoldCount ?? 0n),
  };
}

function policyJson({ policy, revision }: NamedPolicy): object {
  return { name: policy.name, hash: policy.hash, ...(revision === undefined ? {} : { revision }) };
}

function sideJson(side: SimulatedSide | undefined): object {
  if (side === undefined) return {};
  return {
    decisions: Object.fromEntries(
      side.decisions.map(({ decision, ...amount }) => [Decision[decision], amountJson(amount)]),
    ),
    score_histogram: side.scoreHistogram.map(Number),
    figures: {
      holds_per_day: side.holdsPerDay,
      step_ups_per_day: side.stepUpsPerDay,
      customer_hours_of_delay: side.customerHoursOfDelay,
      caught: Number(side.caughtCount),
      challenged: Number(side.challengedCount),
      missed: Number(side.missedCount),
      false_holds: Number(side.falseHoldCount),
      false_step_ups: Number(side.falseStepUpCount),
      value_saved: money(side.valueSaved),
      precision: side.precision,
      recall: side.recall,
      median_honest_hold_hours: side.medianHonestHoldHours,
    },
  };
}

function flipJson(flip: DecisionFlip, detail: FlipDetail | undefined) {
  return {
    before: Decision[flip.before],
    after: Decision[flip.after],
    ...amountJson(flip),
    fraud: { count: Number(detail?.fraudCount ?? 0n) },
    honest: { count: Number(detail?.honestCount ?? 0n) },
    by_tier: amountsJson(detail?.tiers ?? []),
    by_operator: amountsJson(detail?.operators ?? []),
    examples: (detail?.examples ?? []).map((example) => ({
      assessment_id: example.assessmentId,
      value: money(example.value),
      score_before: example.scoreBefore,
      score_after: example.scoreAfter,
    })),
  };
}

function amountsJson(amounts: readonly NamedAmount[]): object {
  const sorted = [...amounts].sort((a, b) => byName(a.name, b.name));
  return Object.fromEntries(sorted.map(({ name, ...amount }) => [name, amountJson(amount)]));
}

function amountJson({ count, value }: { readonly count: bigint; readonly value: number }) {
  return { count: Number(count), value: money(value) };
}

/** The contract has values as numbers of units; programs get decimals, as from a local simulation. */
function money(units: number): string {
  return decimal(Math.round(units * 100));
}

function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
