import type { Decision, MinorUnits } from '../../decision/vocabulary.js';

/** A pair of decisions with what they were about. */
export interface DecisionFlip {
  /** Of the live policy. */
  readonly before: Decision;
  /** Of the other. */
  readonly after: Decision;
  readonly count: number;
  /** Sum of the withdrawals' values; an unknown value adds nothing. */
  readonly value: MinorUnits;
}

interface Sum {
  count: number;
  value: MinorUnits;
}

/** Counts pairs of decisions. */
export class FlipTally {
  readonly #sums = new Map<Decision, Map<Decision, Sum>>();

  add(before: Decision, after: Decision, value: MinorUnits | undefined): void {
    let row = this.#sums.get(before);
    if (row === undefined) {
      row = new Map();
      this.#sums.set(before, row);
    }
    let sum = row.get(after);
    if (sum === undefined) {
      sum = { count: 0, value: 0 };
      row.set(after, sum);
    }
    sum.count += 1;
    sum.value += value ?? 0;
  }

  /** The pairs that differ, most frequent first, then by name. */
  flips(): readonly DecisionFlip[] {
    const flips: DecisionFlip[] = [];
    for (const [before, row] of this.#sums) {
      for (const [after, { count, value }] of row) {
        if (before !== after) flips.push({ before, after, count, value });
      }
    }
    return flips.sort((a, b) => b.count - a.count || compare(a.before + a.after, b.before + b.after));
  }
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
