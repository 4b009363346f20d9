/** A range of numbers; both ends inclusive. */
export type Gap = readonly [from: number, to: number];

/** Which of a provider's own numbers came. A pure value. */
export interface SequenceState {
  /** Smallest number seen; what lies before it is not asked for (it may have left the stream by age). */
  readonly first: number;
  readonly last: number;
  /** Missing between the first and the last. In ascending order, never touching each other. */
  readonly gaps: readonly Gap[];
  /** Numbers that the provider has said will never come, in the same order. Absent: none. */
  readonly voids?: readonly Gap[];
}

/**
 * Most gaps kept apart. Beyond that the two that lie nearest each other become one, which calls the few numbers between
 * them missing though they came: the feed stays STALE until they come again, which a back-fill does. The other way it
 * would look complete.
 */
export const MAX_GAPS = 256;

/** Most void ranges kept. Beyond that the oldest is forgotten, and asked for again if it should still matter. */
const MAX_VOIDS = 256;

const NO_RANGES: readonly Gap[] = [];

/** The state after `seq` came. The same object when nothing changes, so a repeated token costs nothing. */
export function observeSequence(state: SequenceState | undefined, seq: number): SequenceState {
  if (state === undefined) return { first: seq, last: seq, gaps: [] };
  if (seq > state.last) {
    const gaps =
      seq === state.last + 1
        ? state.gaps
        : bounded([...state.gaps, ...without([state.last + 1, seq - 1], state.voids)]);
    return { ...state, last: seq, gaps };
  }
  if (seq < state.first) {
    const gaps: readonly Gap[] =
      seq === state.first - 1
        ? state.gaps
        : bounded([...without([seq + 1, state.first - 1], state.voids), ...state.gaps]);
    return { ...state, first: seq, gaps };
  }
  const index = state.gaps.findIndex(([from, to]) => from <= seq && seq <= to);
  const gap = state.gaps[index];
  if (gap === undefined) return state;
  const rest = without(gap, [[seq, seq]]);
  return {
    ...state,
    gaps: bounded([...state.gaps.slice(0, index), ...rest, ...state.gaps.slice(index + 1)]),
  };
}

/** The state after the provider said that the numbers of `range` will never come. It may be said early or twice. */
export function voidNumbers(state: SequenceState, range: Gap): SequenceState {
  const voids = withRange(state.voids ?? NO_RANGES, range).slice(-MAX_VOIDS);
  return { ...state, voids, gaps: bounded(state.gaps.flatMap((gap) => without(gap, [range]))) };
}

/** Whether a token of this number came before. */
export function hasCome(state: SequenceState | undefined, seq: number): boolean {
  if (state === undefined || seq < state.first || seq > state.last) return false;
  const isIn = ([from, to]: Gap): boolean => from <= seq && seq <= to;
  return !state.gaps.some(isIn) && state.voids?.some(isIn) !== true;
}

/** How many numbers are missing between the first and the last. */
export function missingCount(state: SequenceState | undefined): number {
  return countNumbers(state?.gaps ?? NO_RANGES);
}

/** How many numbers lie in ranges that do not overlap. */
export function countNumbers(ranges: readonly Gap[]): number {
  let count = 0;
  for (const [from, to] of ranges) count += to - from + 1;
  return count;
}

/** What is left of a range when ranges in ascending order are taken out of it. */
export function without([from, to]: Gap, taken: readonly Gap[] = NO_RANGES): readonly Gap[] {
  const rest: Gap[] = [];
  let next = from;
  for (const [takenFrom, takenTo] of taken) {
    if (takenTo < next) continue;
    if (takenFrom > to) break;
    if (takenFrom > next) rest.push([next, takenFrom - 1]);
    next = takenTo + 1;
  }
  if (next <= to) rest.push([next, to]);
  return rest;
}

/** Ranges in ascending order with one more; what touches becomes one. */
export function withRange(ranges: readonly Gap[], [from, to]: Gap): readonly Gap[] {
  const before = ranges.filter(([, otherTo]) => otherTo < from - 1);
  const after = ranges.filter(([otherFrom]) => otherFrom > to + 1);
  const touching = ranges.slice(before.length, ranges.length - after.length);
  const merged: Gap = [
    Math.min(from, touching[0]?.[0] ?? from),
    Math.max(to, touching[touching.length - 1]?.[1] ?? to),
  ];
  return [...before, merged, ...after];
}

function bounded(gaps: readonly Gap[]): readonly Gap[] {
  let result = gaps;
  while (result.length > MAX_GAPS) result = withNearestJoined(result);
  return result;
}

/** The two gaps with the fewest numbers between them as one. */
function withNearestJoined(gaps: readonly Gap[]): readonly Gap[] {
  const between = gaps.slice(1).map(([from], index) => from - (gaps[index]?.[1] ?? 0));
  const at = between.indexOf(Math.min(...between));
  return gaps.flatMap((gap, index): readonly Gap[] => {
    const next = gaps[index + 1];
    if (index === at && next !== undefined) return [[gap[0], next[1]]];
    return index === at + 1 ? [] : [gap];
  });
}
