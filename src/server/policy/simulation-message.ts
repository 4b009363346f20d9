import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { ReplayFindings } from '../../audit/simulation/index.js';
import { DECISIONS } from '../../decision/vocabulary.js';
import {
  type FlipDetail,
  FlipDetailSchema,
  type SimulatedSide,
  SimulatedSideSchema,
  type SimulationResult,
  SimulationResultSchema,
} from '../../gen/holdfast/v1/policy_service_pb.js';
import {
  type Amount,
  type Flip,
  figuresOf,
  type SideTally,
  type Stretch,
  stretchOf,
} from '../../policy/simulate/index.js';
import { MINOR_UNITS_PER_UNIT } from '../risk/limits.js';
import { DECISION_NUMBERS } from '../risk/wire.js';
import { flipMessage } from './messages.js';

const TENTHS = 10;

/** What was found, as the contract shows it. */
export function simulationMessage({ simulation, sweep }: ReplayFindings): SimulationResult {
  const stretch = stretchOf(simulation);
  const flips = [...simulation.flips.values()].sort((a, b) => b.all.count - a.all.count);
  return create(SimulationResultSchema, {
    flips: flips.map(({ before, after, all }) => flipMessage({ before, after, ...all })),
    flipDetails: flips.map(flipDetail),
    before: sideMessage(simulation.before, stretch),
    after: sideMessage(simulation.after, stretch),
    codes: [...simulation.codes]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([code, shift]) => ({
        code,
        hitsBefore: BigInt(shift.hitsBefore),
        hitsAfter: BigInt(shift.hitsAfter),
        pointsBefore: shift.pointsBefore / TENTHS,
        pointsAfter: shift.pointsAfter / TENTHS,
      })),
    replayedCount: BigInt(simulation.replayed),
    sampleEvery: simulation.sampleEvery,
    sweep: (sweep?.rows ?? []).map(({ threshold, tally }) => ({
      points: threshold / TENTHS,
      side: sideMessage(tally, stretch),
    })),
    ...(simulation.replayed === 0
      ? {}
      : { firstAt: timestampFromMs(simulation.firstAt), lastAt: timestampFromMs(simulation.lastAt) }),
  });
}

function sideMessage(tally: SideTally, stretch: Stretch): SimulatedSide {
  const { caught, challenged, missed, falseHolds, falseStepUps, valueSaved, ...figures } = figuresOf(
    tally,
    stretch,
  );
  return create(SimulatedSideSchema, {
    decisions: DECISIONS.map((decision) => ({
      decision: DECISION_NUMBERS[decision],
      ...amountMessage(tally.decisions[decision]),
    })),
    scoreHistogram: tally.histogram.map(BigInt),
    holdsPerDay: figures.holdsPerDay,
    stepUpsPerDay: figures.stepUpsPerDay,
    customerHoursOfDelay: figures.customerHoursOfDelay,
    caughtCount: BigInt(caught),
    challengedCount: BigInt(challenged),
    missedCount: BigInt(missed),
    falseHoldCount: BigInt(falseHolds),
    falseStepUpCount: BigInt(falseStepUps),
    valueSaved: valueSaved / MINOR_UNITS_PER_UNIT,
    ...(figures.precision === undefined ? {} : { precision: figures.precision }),
    ...(figures.recall === undefined ? {} : { recall: figures.recall }),
    ...(figures.medianHonestHoldHours === undefined
      ? {}
      : { medianHonestHoldHours: figures.medianHonestHoldHours }),
  });
}

function flipDetail(flip: Flip): FlipDetail {
  return create(FlipDetailSchema, {
    fraudCount: BigInt(flip.fraud.count),
    honestCount: BigInt(flip.honest.count),
    tiers: namedAmounts(flip.tiers),
    operators: namedAmounts(flip.operators),
    examples: flip.examples.map(({ assessmentId, value, scoreBefore, scoreAfter }) => ({
      assessmentId,
      value: value / MINOR_UNITS_PER_UNIT,
      scoreBefore: scoreBefore / TENTHS,
      scoreAfter: scoreAfter / TENTHS,
    })),
  });
}

function namedAmounts(map: ReadonlyMap<string, Amount>): { name: string; count: bigint; value: number }[] {
  return [...map].map(([name, amount]) => ({ name, ...amountMessage(amount) }));
}

function amountMessage({ count, value }: Amount): { count: bigint; value: number } {
  return { count: BigInt(count), value: value / MINOR_UNITS_PER_UNIT };
}
