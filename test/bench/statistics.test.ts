import { describe, expect, test } from 'vitest';
import { alternating } from '../../bench/measure/alternate.js';
import { pairedDifferences, pairedRatios, summarise } from '../../bench/measure/statistics.js';

describe('summarise', () => {
  test('gives the middle sample and the ends, whatever the order', () => {
    expect(summarise([9, 1, 5])).toEqual({ median: 5, lowest: 1, highest: 9, samples: 3 });
  });

  test('gives the mean of the two middle samples of an even number', () => {
    expect(summarise([4, 1, 2, 100]).median).toBe(3);
  });

  test('sorts by size, not by text', () => {
    expect(summarise([10, 9, 100]).median).toBe(10);
  });

  test('refuses to make something of nothing', () => {
    expect(() => summarise([])).toThrow(RangeError);
  });
});

describe('pairs of rounds', () => {
  test('a slow round of both sides does not move the ratio', () => {
    const quiet = pairedRatios([100, 100], [50, 50]);
    const busy = pairedRatios([100, 10], [50, 5]);
    expect(summarise(busy).median).toBe(summarise(quiet).median);
  });

  test('differences are taken within a round', () => {
    expect(pairedDifferences([5, 9], [2, 8])).toEqual([3, 1]);
  });

  test('refuses sides with different numbers of rounds', () => {
    expect(() => pairedRatios([1, 2], [1])).toThrow(RangeError);
  });
});

describe('alternating', () => {
  test('every side comes once a round, and every other round backwards', () => {
    const slots = alternating(['a', 'b', 'c'], 2).map(({ side, round }) => `${round}${side}`);
    expect(slots).toEqual(['0a', '0b', '0c', '1c', '1b', '1a']);
  });
});
