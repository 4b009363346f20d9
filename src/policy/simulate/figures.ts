import type { DurationMs, MinorUnits, UnixMs } from '../../decision/vocabulary.js';
import { stopped, total } from './amounts.js';
import type { SideTally } from './side-tally.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const PER = 10_000;

/** What an analyst reads from a tally. Rates are absent where nothing could be counted. */
export interface SideFigures {
  readonly holdsPerDay: number;
  readonly stepUpsPerDay: number;
  /** Sum over all holds. */
  readonly customerHoursOfDelay: number;
  /** Fraud that was held or rejected. */
  readonly caught: number;
  /** Fraud that was asked for a confirmation. */
  readonly challenged: number;
  /** Fraud that was allowed. */
  readonly missed: number;
  /** Honest withdrawals held or rejected. */
  readonly falseHolds: number;
  readonly falseStepUps: number;
  /** Of the withdrawals stopped whose outcome is known, the share of fraud. */
  readonly precision?: number;
  /** Of the fraud, the share that was stopped. */
  readonly recall?: number;
  /** Value of the fraud that was stopped. */
  readonly valueSaved: MinorUnits;
  /** Of 10,000 honest ones. */
  readonly honestHeldPer10k?: number;
  readonly honestSteppedUpPer10k?: number;
  readonly medianHonestHoldHours?: number;
}

/** What a tally stands for: how long, and how many assessments each of its own. */
export interface Stretch {
  /** At least 1. */
  readonly days: number;
  /** Only every n-th assessment was looked at. 1: all of them. */
  readonly sampleEvery: number;
}

/** Counts are those of the tally; what is said of a day, and the delay, is scaled up from a sample. */
export function figuresOf(tally: SideTally, { days, sampleEvery }: Stretch): SideFigures {
  const { FRAUD: fraud, HONEST: honest } = tally.outcomes;
  const caught = stopped(fraud);
  const falseHolds = stopped(honest).count;
  const frauds = total(fraud).count;
  const honests = total(honest).count;
  const known = caught.count + falseHolds;
  const median = medianMinutes(tally.honestHoldMinutes);
  return {
    holdsPerDay: (tally.decisions.HOLD.count * sampleEvery) / days,
    stepUpsPerDay: (tally.decisions.STEP_UP.count * sampleEvery) / days,
    customerHoursOfDelay: (tally.delayMs * sampleEvery) / HOUR_MS,
    caught: caught.count,
    challenged: fraud.STEP_UP.count,
    missed: fraud.ALLOW.count,
    falseHolds,
    falseStepUps: honest.STEP_UP.count,
    valueSaved: caught.value,
    ...(known === 0 ? {} : { precision: caught.count / known }),
    ...(frauds === 0 ? {} : { recall: caught.count / frauds }),
    ...(honests === 0
      ? {}
      : {
          honestHeldPer10k: (falseHolds * PER) / honests,
          honestSteppedUpPer10k: (honest.STEP_UP.count * PER) / honests,
        }),
    ...(median === undefined ? {} : { medianHonestHoldHours: median / 60 }),
  };
}

/** Days from the first to the last, at least 1, so that a short history does not promise too much a day. */
export function spanDays({ firstAt, lastAt }: { firstAt: UnixMs; lastAt: UnixMs }): number {
  const span: DurationMs = lastAt - firstAt;
  return Number.isFinite(span) ? Math.max(1, span / DAY_MS) : 1;
}

/** The stretch of a simulation. */
export function stretchOf(simulation: {
  firstAt: UnixMs;
  lastAt: UnixMs;
  readonly sampleEvery: number;
}): Stretch {
  return { days: spanDays(simulation), sampleEvery: simulation.sampleEvery };
}

/** The lower median of whole minutes. */
function medianMinutes(counts: ReadonlyMap<number, number>): number | undefined {
  let all = 0;
  for (const count of counts.values()) all += count;
  if (all === 0) return undefined;
  let seen = 0;
  for (const [minutes, count] of [...counts].sort(([a], [b]) => a - b)) {
    seen += count;
    if (seen * 2 >= all) return minutes;
  }
  return undefined;
}
