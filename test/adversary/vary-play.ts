import { formatDuration, readDuration } from '../../src/policy/text/quantities.js';
import type { Random } from '../../src/population/random.js';
import type { PlayDocument, StepDocument } from './play-document.js';

/** How far a variation goes, as factors of what the play says. */
const GAPS = [0.75, 1.3] as const;
const AMOUNTS = [0.6, 1] as const;
/** What a customer must be able to send is what he asks for. */
const AS_WRITTEN = [1, 1] as const;
const FLOODS = [0.5, 2.5] as const;
type Range = readonly [number, number];

const MOST_REPETITIONS = 200;

const SECOND_MS = 1000;
const LONG_MS = 3_600_000;

/**
 * The same idea, carried out a little differently: other gaps, amounts and numbers, and another order where that means
 * nothing. What single steps answer is no longer said; what may leave is.
 */
export function varyPlay(play: PlayDocument, random: Random): PlayDocument {
  if (play.exact) return play;
  return { ...play, steps: varySteps(play.steps, random, play.by === 'thief' ? AMOUNTS : AS_WRITTEN) };
}

function varySteps(steps: readonly StepDocument[], random: Random, amounts: Range): readonly StepDocument[] {
  return steps.map((step) => varyStep(step, random, amounts));
}

function varyStep(step: StepDocument, random: Random, amounts: Range): StepDocument {
  if (step.wait !== undefined) return { wait: varyLength(step.wait, random) };
  if (step.any_order !== undefined)
    return { any_order: varySteps(shuffle(step.any_order, random), random, amounts) };
  if (step.floods !== undefined) {
    const { times, every } = step.floods;
    return {
      floods: {
        ...step.floods,
        times: varyCount(times, FLOODS, random),
        ...(every === undefined ? {} : { every: varyLength(every, random) }),
      },
    };
  }
  if (step.asks === undefined) return step;
  const { answers: _answers, finally: _finally, reasons: _reasons, release: _release, ...asks } = step.asks;
  const part = random.between(...amounts);
  return {
    asks: {
      ...asks,
      // The same withdrawal asked for twice keeps its amount.
      ...(asks.value === undefined || asks.withdrawal !== undefined
        ? {}
        : { value: Math.max(1, Math.round(asks.value * part)) }),
      ...(asks.share === undefined || asks.withdrawal !== undefined ? {} : { share: asks.share * part }),
      ...(asks.every === undefined ? {} : { every: varyLength(asks.every, random) }),
    },
  };
}

function varyLength(text: string, random: Random): string {
  const ms = readDuration(text);
  if (ms === undefined) throw new RangeError(`\`${text}\` is not a length of time`);
  // Long ones by the minute: a duration has few digits.
  const step = ms < LONG_MS ? SECOND_MS : 60 * SECOND_MS;
  return formatDuration(Math.max(1, Math.round((ms * random.between(...GAPS)) / step)) * step);
}

function varyCount(count: number, range: Range, random: Random): number {
  return Math.min(MOST_REPETITIONS, Math.max(1, Math.round(count * random.between(...range))));
}

function shuffle<T>(items: readonly T[], random: Random): T[] {
  const shuffled = [...items];
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    const [a, b] = [shuffled[last], shuffled[other]];
    if (a === undefined || b === undefined) continue;
    shuffled[last] = b;
    shuffled[other] = a;
  }
  return shuffled;
}
