import { figuresOf, type SideTally, type Simulation, type Stretch, stretchOf } from '../simulate/index.js';

/** Below this nothing is worth a sentence: about one in three months. */
const LEAST_A_DAY = 0.01;

/** What one policy decided, as far as the sentences speak of it. */
export interface EffectSide {
  readonly holds: number;
  readonly stepUps: number;
  readonly rejections: number;
  /** Thefts held or rejected. */
  readonly theftsStopped: number;
  /** Honest withdrawals held or rejected. */
  readonly honestStopped: number;
}

/** What a change did, counted here or by a service. */
export interface Effect {
  /** Assessments that were decided again. */
  readonly replayed: number;
  readonly stretch: Stretch;
  readonly before: EffectSide;
  readonly after: EffectSide;
  /** Some assessment was decided otherwise, even if the counts come out the same. */
  readonly hasFlips: boolean;
}

/** The effect that a simulation found. */
export function effectOf(simulation: Simulation): Effect {
  const stretch = stretchOf(simulation);
  return {
    replayed: simulation.replayed,
    stretch,
    before: sideOf(simulation.before, stretch),
    after: sideOf(simulation.after, stretch),
    hasFlips: simulation.flips.size > 0,
  };
}

function sideOf(tally: SideTally, stretch: Stretch): EffectSide {
  const { caught, falseHolds } = figuresOf(tally, stretch);
  return {
    holds: tally.decisions.HOLD.count,
    stepUps: tally.decisions.STEP_UP.count,
    rejections: tally.decisions.REJECT.count,
    theftsStopped: caught,
    honestStopped: falseHolds,
  };
}

/** What a change would have meant, in sentences: of holds and step-ups a day, of thefts and of honest withdrawals. */
export function describeEffect({ before, after, stretch, hasFlips }: Effect): string[] {
  const perDayOf = (change: number): number => (change * stretch.sampleEvery) / stretch.days;
  const sentences = [
    perDay('hold', perDayOf(after.holds - before.holds)),
    perDay('step-up', perDayOf(after.stepUps - before.stepUps)),
    perDay('rejection', perDayOf(after.rejections - before.rejections)),
    counted('theft', 'thefts', 'stopped', after.theftsStopped - before.theftsStopped),
    counted('honest withdrawal', 'honest withdrawals', 'stopped', after.honestStopped - before.honestStopped),
  ].filter((sentence) => sentence !== undefined);
  if (sentences.length > 0) return sentences;
  return hasFlips ? ['the counts stay the same'] : ['no decision would have been another'];
}

function perDay(what: string, change: number): string | undefined {
  if (Math.abs(change) < LEAST_A_DAY) return undefined;
  const amount = about(Math.abs(change));
  return `about ${amount} ${change > 0 ? 'more' : 'fewer'} ${amount === '1' ? what : `${what}s`} a day`;
}

/** Whole numbers from 10 on, else two figures. */
function about(amount: number): string {
  return amount >= 10 ? String(Math.round(amount)) : String(Number(amount.toPrecision(2)));
}

function counted(one: string, many: string, verb: string, change: number): string | undefined {
  if (change === 0) return undefined;
  const count = Math.abs(change);
  return `${count} ${change > 0 ? 'more' : 'fewer'} ${count === 1 ? one : many} ${verb}`;
}
