import type { CaseResult } from '../figure.js';
import type { Thresholds } from './thresholds.js';

/** What the regression guard compares of a case. */
export function guardedIds(caseName: string, thresholds: Thresholds): readonly string[] {
  return Object.entries(thresholds)
    .filter(([id, { guard }]) => guard !== undefined && id.startsWith(`${caseName}.`))
    .map(([id]) => id);
}

/**
 * A figure that was renamed would lose its guard, and nobody would see.
 *
 * @throws Error naming the figures that a case should have measured
 */
export function requireGuardedFigures(
  caseName: string,
  { figures }: CaseResult,
  thresholds: Thresholds,
): void {
  const measured = new Set(figures.map(({ id }) => id));
  const missing = guardedIds(caseName, thresholds).filter((id) => !measured.has(id));
  if (missing.length > 0) throw new Error(`${caseName} did not measure ${missing.join(', ')}`);
}
