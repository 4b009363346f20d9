/** One slot of a comparison: which side, in which round. */
export interface Slot<S> {
  readonly side: S;
  /** From 0. */
  readonly round: number;
}

/**
 * The order in which sides are measured: each round has every side once, and every other round runs backwards, so that
 * a machine that grows steadily slower or faster favours none.
 */
export function alternating<S>(sides: readonly S[], rounds: number): readonly Slot<S>[] {
  const slots: Slot<S>[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? sides : [...sides].reverse();
    for (const side of order) slots.push({ side, round });
  }
  return slots;
}
