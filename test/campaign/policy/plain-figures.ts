import { DECISIONS, type Decision } from '../../../src/decision/vocabulary.js';
import type {
  DecisionFlip,
  SimulatedSide,
  SimulationResult,
} from '../../../src/gen/holdfast/v1/policy_service_pb.js';

/** How many, and how much in units of the currency. */
export type CountAndValue = readonly [count: number, value: number];

/** What one policy decides, in the shape in which both sides are compared: everything that the contract tells. */
export interface PlainSide {
  readonly decisions: Readonly<Record<string, CountAndValue>>;
  readonly histogram: readonly number[];
  readonly holdsPerDay: number;
  readonly stepUpsPerDay: number;
  readonly delayHours: number;
  readonly caught: number;
  readonly challenged: number;
  readonly missed: number;
  readonly falseHolds: number;
  readonly falseStepUps: number;
  readonly precision: number | undefined;
  readonly recall: number | undefined;
  readonly valueSaved: number;
  readonly medianHonestHoldHours: number | undefined;
}

export interface PlainFlip {
  readonly all: CountAndValue;
  readonly fraud: number;
  readonly honest: number;
  readonly tiers: Readonly<Record<string, CountAndValue>>;
  readonly operators: Readonly<Record<string, CountAndValue>>;
  readonly examples: readonly (readonly [id: string, value: number, before: number, after: number])[];
}

export interface PlainSimulation {
  readonly replayed: number;
  readonly before: PlainSide;
  readonly after: PlainSide;
  readonly flips: Readonly<Record<string, PlainFlip>>;
  /** By code: hits before and after, points before and after. */
  readonly codes: Readonly<Record<string, readonly [number, number, number, number]>>;
}

export function word(decision: number): Decision {
  const found = DECISIONS[decision - 1];
  if (found === undefined) throw new Error(`no decision has the number ${decision}`);
  return found;
}

/** The flips of a shadow's summary. */
export function plainFlips(flips: readonly DecisionFlip[]): Record<string, CountAndValue> {
  return Object.fromEntries(
    flips.map(({ before, after, count, value }) => [
      `${word(before)}>${word(after)}`,
      [Number(count), value] as const,
    ]),
  );
}

/** A side as the service told it. */
export function plainSide(side: SimulatedSide | undefined): PlainSide {
  if (side === undefined) throw new Error('a side is missing');
  return {
    decisions: Object.fromEntries(
      side.decisions.map(({ decision, count, value }) => [word(decision), [Number(count), value] as const]),
    ),
    histogram: side.scoreHistogram.map(Number),
    holdsPerDay: side.holdsPerDay,
    stepUpsPerDay: side.stepUpsPerDay,
    delayHours: side.customerHoursOfDelay,
    caught: Number(side.caughtCount),
    challenged: Number(side.challengedCount),
    missed: Number(side.missedCount),
    falseHolds: Number(side.falseHoldCount),
    falseStepUps: Number(side.falseStepUpCount),
    precision: side.precision,
    recall: side.recall,
    valueSaved: side.valueSaved,
    medianHonestHoldHours: side.medianHonestHoldHours,
  };
}

/** A simulation as the service told it. */
export function plainSimulation(result: SimulationResult): PlainSimulation {
  const flips = result.flips.map((flip, index): [string, PlainFlip] => {
    const detail = result.flipDetails[index];
    if (detail === undefined) throw new Error('a flip has no details');
    const named = (parts: typeof detail.tiers): Record<string, CountAndValue> =>
      Object.fromEntries(parts.map(({ name, count, value }) => [name, [Number(count), value] as const]));
    return [
      `${word(flip.before)}>${word(flip.after)}`,
      {
        all: [Number(flip.count), flip.value],
        fraud: Number(detail.fraudCount),
        honest: Number(detail.honestCount),
        tiers: named(detail.tiers),
        operators: named(detail.operators),
        examples: detail.examples.map(
          (example) =>
            [example.assessmentId, example.value, example.scoreBefore, example.scoreAfter] as const,
        ),
      },
    ];
  });
  return {
    replayed: Number(result.replayedCount),
    before: plainSide(result.before),
    after: plainSide(result.after),
    flips: Object.fromEntries(flips),
    codes: Object.fromEntries(
      result.codes.map((code) => [
        code.code,
        [Number(code.hitsBefore), Number(code.hitsAfter), code.pointsBefore, code.pointsAfter] as const,
      ]),
    ),
  };
}
