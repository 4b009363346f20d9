/** What several samples of one figure say together. */
export interface Summary {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
  readonly samples: number;
}

/**
 * Median, not mean: one slot in which the machine did something else must not move the figure.
 *
 * @throws RangeError without samples
 */
export function summarise(samples: readonly number[]): Summary {
  const sorted = [...samples].sort((a, b) => a - b);
  const lowest = sorted[0];
  const highest = sorted.at(-1);
  if (lowest === undefined || highest === undefined)
    throw new RangeError('there are no samples to summarise');
  return { median: quantile(sorted, 0.5), lowest, highest, samples: sorted.length };
}

/** Linear between the two nearest of `sorted`, which is ascending and not empty. */
function quantile(sorted: readonly number[], part: number): number {
  const at = (sorted.length - 1) * part;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}

/**
 * Divides samples of two sides round by round, so that a slow minute of the machine falls on both.
 *
 * @throws RangeError when the rounds do not match
 */
export function pairedRatios(upper: readonly number[], lower: readonly number[]): readonly number[] {
  return paired(upper, lower, (a, b) => a / b);
}

/** Subtracts samples of two sides round by round: see {@link pairedRatios}. */
export function pairedDifferences(upper: readonly number[], lower: readonly number[]): readonly number[] {
  return paired(upper, lower, (a, b) => a - b);
}

function paired(
  upper: readonly number[],
  lower: readonly number[],
  join: (a: number, b: number) => number,
): readonly number[] {
  if (upper.length !== lower.length) {
    throw new RangeError(
      `${upper.length} rounds of one side cannot be paired with ${lower.length} of the other`,
    );
  }
  return upper.map((value, round) => join(value, lower[round] ?? Number.NaN));
}
