import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AskState,
  FIRST_ASK_PAUSE_MS,
  LAST_ASK_PAUSE_MS,
  nextAsk,
  SETTLE_MS,
} from '../../src/feed/control-asks.js';
import {
  decodeAsk,
  encodeAsk,
  firstRanges,
  MAX_ASKED_NUMBERS,
  MAX_ASKED_RANGES,
} from '../../src/feed/control-message.js';
import { countNumbers, type Gap, type SequenceState } from '../../src/feed/sequence.js';
import { NOW_MS } from '../identity/fixtures.js';

function missing(...gaps: readonly Gap[]): SequenceState {
  return { first: 1, last: 1_000_000, gaps };
}

/** Looks at a feed at these times; when something was asked, and for what. */
function watch(looks: readonly (readonly [number, SequenceState | undefined])[]): [number, readonly Gap[]][] {
  const asks: [number, readonly Gap[]][] = [];
  let state: AskState | undefined;
  for (const [at, sequence] of looks) {
    const step = nextAsk(state, sequence, NOW_MS + at);
    state = step.state;
    if (step.ask !== undefined) asks.push([at, step.ask]);
  }
  return asks;
}

describe('when a provider is asked', () => {
  const gap = missing([5, 6]);

  test('not for what comes out of order: a gap that closes within the settling time', () => {
    expect(
      watch([
        [0, gap],
        [SETTLE_MS - 1, gap],
        [SETTLE_MS, missing()],
        [2 * SETTLE_MS, missing()],
      ]),
    ).toEqual([]);
    expect(
      watch([
        [0, undefined],
        [SETTLE_MS, undefined],
      ]),
    ).toEqual([]);
  });

  test('once a gap has settled', () => {
    expect(
      watch([
        [0, gap],
        [SETTLE_MS, gap],
      ]),
    ).toEqual([[SETTLE_MS, [[5, 6]]]]);
  });

  test('again with pauses that double up to the longest, for ever', () => {
    const looks = Array.from({ length: 7_200 }, (_, second): readonly [number, SequenceState] => [
      second * 1_000,
      gap,
    ]);
    const times = watch(looks).map(([at]) => at);
    const pauses = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(pauses.slice(0, 7)).toEqual([5_000, 10_000, 20_000, 40_000, 80_000, 160_000, LAST_ASK_PAUSE_MS]);
    expect(new Set(pauses.slice(6))).toEqual(new Set([LAST_ASK_PAUSE_MS]));
  });

  test('not while the answer is coming in, and soon after it stopped half-way', () => {
    const half = missing([6, 6]);
    const asks = watch([
      [0, gap],
      [SETTLE_MS, gap],
      [SETTLE_MS + FIRST_ASK_PAUSE_MS - 1, half],
      [SETTLE_MS + FIRST_ASK_PAUSE_MS, half],
      [2 * SETTLE_MS + FIRST_ASK_PAUSE_MS - 1, half],
    ]);
    expect(asks).toEqual([
      [SETTLE_MS, [[5, 6]]],
      [2 * SETTLE_MS + FIRST_ASK_PAUSE_MS - 1, [[6, 6]]],
    ]);
  });

  test('soon for a new gap, however long an old one has been asked for in vain', () => {
    const long = Array.from({ length: 600 }, (_, second): readonly [number, SequenceState] => [
      second * 1_000,
      gap,
    ]);
    const asks = watch([
      ...long,
      [600_000, missing([5, 6], [9, 9])],
      [600_000 + SETTLE_MS, missing([5, 6], [9, 9])],
    ]);
    expect(asks.at(-1)).toEqual([
      600_000 + SETTLE_MS,
      [
        [5, 6],
        [9, 9],
      ],
    ]);
  });

  test('never more often than every two seconds, whatever a provider does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: 0, max: 5 })), {
          maxLength: 60,
        }),
        (steps) => {
          let at = 0;
          const looks = steps.map(([pause, count]): readonly [number, SequenceState] => {
            at += pause;
            return [at, count === 0 ? missing() : missing([10, 9 + count])];
          });
          const times = watch(looks).map(([time]) => time);
          for (const [index, time] of times.slice(1).entries()) {
            expect(time - (times[index] ?? 0)).toBeGreaterThanOrEqual(SETTLE_MS);
          }
        },
      ),
    );
  });
});

describe('an ask', () => {
  test('names the first missing numbers, as many as it may', () => {
    expect(
      firstRanges([
        [1, 2],
        [5, 5],
      ]),
    ).toEqual([
      [1, 2],
      [5, 5],
    ]);
    expect(firstRanges([[3, 1_000_000]])).toEqual([[3, MAX_ASKED_NUMBERS + 2]]);
    const many = Array.from({ length: 100 }, (_, index): Gap => [index * 10, index * 10]);
    expect(firstRanges(many)).toEqual(many.slice(0, MAX_ASKED_RANGES));
  });

  test('is read as it was written', () => {
    const ask = {
      provider: 'att',
      ranges: [
        [3, 4],
        [9, 9],
      ] as const,
      askedAt: 1_795_500_000_000,
    };
    expect(decodeAsk(encodeAsk(ask))).toEqual(ask);
    expect(JSON.parse(encodeAsk(ask))).toEqual({
      type: 'backfill',
      provider: 'att',
      ranges: [
        [3, 4],
        [9, 9],
      ],
      asked_at: 1_795_500_000,
    });
  });

  test.each([
    ['no JSON', 'x'],
    ['another type', '{"type":"pause","provider":"att","ranges":[[1,2]],"asked_at":1}'],
    ['no ranges', '{"type":"backfill","provider":"att","asked_at":1}'],
    ['a range backwards', '{"type":"backfill","provider":"att","ranges":[[2,1]],"asked_at":1}'],
    ['ranges out of order', '{"type":"backfill","provider":"att","ranges":[[5,6],[1,2]],"asked_at":1}'],
    ['a fraction', '{"type":"backfill","provider":"att","ranges":[[1,1.5]],"asked_at":1}'],
    ['three ends', '{"type":"backfill","provider":"att","ranges":[[1,2,3]],"asked_at":1}'],
    ['a negative number', '{"type":"backfill","provider":"att","ranges":[[-1,2]],"asked_at":1}'],
    ['too many numbers', '{"type":"backfill","provider":"att","ranges":[[1,9007199254740991]],"asked_at":1}'],
    [
      'too many ranges',
      JSON.stringify({
        type: 'backfill',
        provider: 'att',
        ranges: Array.from({ length: MAX_ASKED_RANGES + 1 }, (_, index) => [index * 2, index * 2]),
        asked_at: 1,
      }),
    ],
  ])('with %s is nobody’s to answer', (_, text) => {
    expect(decodeAsk(text)).toBeUndefined();
  });

  test('is never read from what is not one, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const ask = decodeAsk(text);
        if (ask !== undefined) expect(countNumbers(ask.ranges)).toBeLessThanOrEqual(MAX_ASKED_NUMBERS);
      }),
    );
  });
});
