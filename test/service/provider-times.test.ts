import { beforeEach, describe, expect, test } from 'vitest';
import { ProviderTimes } from '../../src/service/provider-times.js';

const MINUTE = 60_000;

let monotonic: number;
let providerCount: number;
let told: (readonly [string, number])[];
let times: ProviderTimes;

beforeEach(() => {
  monotonic = 0;
  providerCount = 3;
  told = [];
  times = new ProviderTimes({
    monotonicMs: () => monotonic,
    providerCount: () => providerCount,
    signed: (issuedAt) => told.push(['signed', issuedAt]),
    ahead: (issuedAt) => told.push(['ahead', issuedAt]),
  });
});

describe('times that providers sign', () => {
  test('one provider of several that is ahead of us is wrong itself: nothing is held against our clock', () => {
    times.signed('a', 500, true);
    times.signed('a', 501, true);
    expect(told).toEqual([]);
  });

  test('two that are ahead speak against it, by the least of what they say', () => {
    times.signed('a', 500, true);
    times.signed('b', 400, true);
    expect(told).toEqual([['ahead', 400]]);
  });

  test('the only one there is, too', () => {
    providerCount = 1;
    times.signed('a', 500, true);
    expect(told).toEqual([['ahead', 500]]);
  });

  test('what was said long ago, or taken back by a time that we have reached, counts no more', () => {
    times.signed('a', 500, true);
    monotonic = 11 * MINUTE;
    times.signed('b', 400, true);
    times.signed('b', 300, false);
    times.signed('a', 500, true);
    expect(told).toEqual([['signed', 300]]);
  });
});
