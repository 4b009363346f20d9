/** Numbers missing between two that came; both ends inclusive. */
export type Gap = readonly [from: number, to: number];

/** Which of a provider's own numbers came. A pure value. */
export interface SequenceState {
  /** Smallest number seen; what lies before it is not asked for (it may have left the stream by age). */
  readonly first: number;
  readonly last: number;
  /** In ascending order, never touching each other. */
  readonly gaps: readonly Gap[];
}

/**
 * Most gaps kept apart. Beyond that the two oldest become one, which calls numbers missing that came: the feed stays
 * STALE until they come again, which a back-fill of the whole range does. The other way it would look complete.
 */
export const MAX_GAPS = 256;

/** The state after `seq` came. The same object when nothing changes, so a repeated token costs nothing. */
export function observeSequence(state: SequenceState | undefined, seq: number): SequenceState {
  if (state === undefined) return { first: seq, last: seq, gaps: [] };
  if (seq > state.last) {
    const gaps = seq === state.last + 1 ? state.gaps : bounded([...state.gaps, [state.last + 1, seq - 1]]);
    return { ...state, last: seq, gaps };
  }
  if (seq < state.first) {
    const gaps: readonly Gap[] =
      seq === state.first - 1 ? state.gaps : bounded([[seq + 1, state.first - 1], ...state.gaps]);
    return { ...state, first: seq, gaps };
  }
  const index = state.gaps.findIndex(([from, to]) => from <= seq && seq <= to);
  const gap = state.gaps[index];
  if (gap === undefined) return state;
  const [from, to] = gap;
  const rest: Gap[] = [];
  if (from < seq) rest.push([from, seq - 1]);
  if (seq < to) rest.push([seq + 1, to]);
  return {
    ...state,
    gaps: bounded([...state.gaps.slice(0, index), ...rest, ...state.gaps.slice(index + 1)]),
  };
}

/** How many numbers are missing between the first and the last. */
export function missingCount(state: SequenceState | undefined): number {
  let missing = 0;
  for (const [from, to] of state?.gaps ?? []) missing += to - from + 1;
  return missing;
}

function bounded(gaps: readonly Gap[]): readonly Gap[] {
  const [first, second, ...rest] = gaps;
  if (gaps.length <= MAX_GAPS || first === undefined || second === undefined) return gaps;
  return [[first[0], second[1]], ...rest];
}
