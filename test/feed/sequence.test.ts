import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  countAccepted,
  decodeFeedRecord,
  encodeFeedRecord,
  markVoid,
  NEW_FEED,
  observeRefused,
} from '../../src/feed/feed-record.js';
import {
  countNumbers,
  type Gap,
  hasCome,
  observeSequence,
  type SequenceState,
  voidNumbers,
  without,
  withRange,
} from '../../src/feed/sequence.js';

type Step = { readonly kind: 'came'; readonly seq: number } | { readonly kind: 'void'; readonly range: Gap };

const NUMBER = fc.integer({ min: 1, max: 40 });
const RANGE = fc.tuple(NUMBER, NUMBER).map(([a, b]): Gap => [Math.min(a, b), Math.max(a, b)]);
const STEP: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: NUMBER.map((seq): Step => ({ kind: 'came', seq })) },
  { weight: 1, arbitrary: RANGE.map((range): Step => ({ kind: 'void', range })) },
);

function numbersOf(ranges: readonly Gap[]): number[] {
  return ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, index) => from + index));
}

/** A void range is said by a token that has a number itself, so something came before. */
function play(first: number, steps: readonly Step[]): SequenceState {
  let state = observeSequence(undefined, first);
  for (const step of steps) {
    state = step.kind === 'came' ? observeSequence(state, step.seq) : voidNumbers(state, step.range);
  }
  return state;
}

describe('missing numbers', () => {
  test('are those between first and last that neither came nor are void, in any order', () => {
    fc.assert(
      fc.property(NUMBER, fc.array(STEP, { maxLength: 30 }), (first, steps) => {
        const came = new Set([first]);
        const voids = new Set<number>();
        for (const step of steps) {
          if (step.kind === 'came') came.add(step.seq);
          else for (const number of numbersOf([step.range])) voids.add(number);
        }
        const [lowest, highest] = [Math.min(...came), Math.max(...came)];
        const missing = numbersOf([[lowest, highest]]).filter((seq) => !came.has(seq) && !voids.has(seq));
        const state = play(first, steps);
        expect(numbersOf(state.gaps)).toEqual(missing);
        expect(numbersOf(state.voids ?? [])).toEqual([...voids].sort((a, b) => a - b));
        expect([state.first, state.last]).toEqual([lowest, highest]);
        for (let seq = 0; seq <= 41; seq++)
          expect(hasCome(state, seq)).toBe(came.has(seq) && !voids.has(seq));
      }),
    );
  });

  test('void numbers survive the way to the disk and back', () => {
    const record = markVoid(observeRefused(observeRefused(NEW_FEED, 1), 9), [3, 5]);
    expect(record.sequence).toEqual({
      first: 1,
      last: 9,
      gaps: [
        [2, 2],
        [6, 8],
      ],
      voids: [[3, 5]],
    });
    expect(decodeFeedRecord(encodeFeedRecord(record))).toEqual(record);
  });

  test('a number that a newer event uses again is noticed; an old event that is accepted late is not one', () => {
    const first = countAccepted(observeRefused(NEW_FEED, 1), { seq: 1, issuedAt: 5 });
    expect(first).toMatchObject({ acceptedCount: 1, reusedCount: 1 });
    const known = { ...first, watermark: 5 };
    expect(countAccepted(known, { seq: 1, issuedAt: 5 })).toMatchObject({ acceptedCount: 2, reusedCount: 1 });
    const again = countAccepted(known, { seq: 1, issuedAt: 6 });
    expect(again).toMatchObject({ acceptedCount: 2, reusedCount: 2 });
    expect(decodeFeedRecord(encodeFeedRecord(again))).toEqual(again);
    expect(countAccepted(known, { seq: 2, issuedAt: 6 }).reusedCount).toBe(1);
    expect(countAccepted(known, { issuedAt: 6 }).reusedCount).toBe(1);
  });

  test('a feed of which nothing came has no void numbers', () => {
    expect(markVoid(NEW_FEED, [1, 2])).toBe(NEW_FEED);
  });
});

describe('ranges', () => {
  const SET = fc.array(RANGE, { maxLength: 8 }).map((ranges) => ranges.reduce<readonly Gap[]>(withRange, []));

  test('joined: every number once, in order, nothing touching', () => {
    fc.assert(
      fc.property(SET, RANGE, (ranges, more) => {
        const joined = withRange(ranges, more);
        const numbers = new Set([...numbersOf(ranges), ...numbersOf([more])]);
        expect(numbersOf(joined)).toEqual([...numbers].sort((a, b) => a - b));
        expect(countNumbers(joined)).toBe(numbers.size);
        for (const [index, [from]] of joined.entries()) {
          const before = joined[index - 1];
          if (before !== undefined) expect(from).toBeGreaterThan(before[1] + 1);
        }
      }),
    );
  });

  test('taken out: what is left of a range', () => {
    fc.assert(
      fc.property(RANGE, SET, (range, taken) => {
        const gone = new Set(numbersOf(taken));
        expect(numbersOf(without(range, taken))).toEqual(numbersOf([range]).filter((seq) => !gone.has(seq)));
      }),
    );
  });
});
