import { readFileSync } from 'node:fs';
import type { Figure } from '../figure.js';

/** What a figure is to reach. */
export interface Threshold {
  readonly better: 'higher' | 'lower';
  readonly must: number;
  readonly aim: number;
  /**
   * Bound of the regression guard: far enough from what is measured that a busy machine cannot cross it, near enough
   * that a hot path which got much slower does. Only ratios have one: absolute times depend on the machine.
   */
  readonly guard?: number;
}

export type Thresholds = Readonly<Record<string, Threshold>>;

/** How a figure stands. */
export type Standing = 'aim' | 'must' | 'missed' | 'none';

/**
 * Reads thresholds.
 *
 * @throws TypeError naming the entry that is not a threshold
 */
export function readThresholds(path: string): Thresholds {
  const raw: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (typeof raw !== 'object' || raw === null) throw new TypeError('thresholds must be an object');
  const thresholds: Record<string, Threshold> = {};
  for (const [id, entry] of Object.entries(raw)) {
    if (!isThreshold(entry)) throw new TypeError(`\`${id}\` is not a threshold`);
    thresholds[id] = entry;
  }
  return thresholds;
}

function isThreshold(entry: unknown): entry is Threshold {
  if (typeof entry !== 'object' || entry === null) return false;
  const { better, must, aim, guard } = entry as Partial<Record<keyof Threshold, unknown>>;
  return (
    (better === 'higher' || better === 'lower') &&
    typeof must === 'number' &&
    typeof aim === 'number' &&
    (guard === undefined || typeof guard === 'number')
  );
}

/** How the median of a figure stands to its threshold. */
export function standingOf(measured: Figure, thresholds: Thresholds): Standing {
  const threshold = thresholds[measured.id];
  if (threshold === undefined) return 'none';
  if (reaches(measured.summary.median, threshold.aim, threshold)) return 'aim';
  return reaches(measured.summary.median, threshold.must, threshold) ? 'must' : 'missed';
}

/**
 * The figures that the regression guard looks at and that cross its bound in every round. One round within it shows what
 * the code can do; the others show what else the machine had to do.
 */
export function regressions(figures: readonly Figure[], thresholds: Thresholds): readonly Figure[] {
  return figures.filter((measured) => {
    const threshold = thresholds[measured.id];
    if (threshold?.guard === undefined) return false;
    const { lowest, highest } = measured.summary;
    return !reaches(threshold.better === 'higher' ? highest : lowest, threshold.guard, threshold);
  });
}

function reaches(value: number, bound: number, { better }: Threshold): boolean {
  return better === 'higher' ? value >= bound : value <= bound;
}
