import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TwoQueueCache } from '../../src/cache/two-queue-cache.js';

/** More newcomers than stay for a moment. */
const MANY = 64;

let passers = 0;

function pass(cache: TwoQueueCache<string>, count: number): void {
  for (let n = 0; n < count; n++) cache.add(`passer-${passers++}`, 'once', 100);
}

describe('a cache of two queues', () => {
  it('keeps a newcomer for a moment', () => {
    const cache = new TwoQueueCache<string>(1_000);
    cache.add('k', 'v', 100);
    expect([cache.get('k'), cache.bytes]).toEqual(['v', 0]);
    pass(cache, MANY - 1);
    expect(cache.get('k')).toBe('v');
    pass(cache, 1);
    expect(cache.get('k')).toBeUndefined();
  });

  it('keeps what was asked for again, whoever passes by', () => {
    const cache = new TwoQueueCache<string>(1_000);
    cache.add('k', 'v', 100);
    pass(cache, MANY);
    cache.add('k', 'v', 100);
    expect(cache.bytes).toBe(100);
    pass(cache, 10_000);
    expect([cache.get('k'), cache.bytes]).toEqual(['v', 100]);
  });

  it('of what was asked for twice, drops what was used least lately', () => {
    const cache = new TwoQueueCache<string>(300);
    const twice = (key: string) => {
      cache.add(key, key, 100);
      pass(cache, MANY);
      cache.add(key, key, 100);
    };
    for (const key of ['a', 'b', 'c']) twice(key);
    cache.get('a');
    twice('d');
    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key))).toEqual(['a', undefined, 'c', 'd']);
  });

  it('replaces what it keeps and does not take in what it does not', () => {
    const cache = new TwoQueueCache<string>(1_000);
    cache.add('kept', 'old', 100);
    pass(cache, MANY);
    cache.add('kept', 'old', 100);
    cache.add('newcomer', 'old', 100);
    for (const key of ['kept', 'newcomer', 'unknown']) cache.replace(key, 'new', 150);
    expect(['kept', 'newcomer', 'unknown'].map((key) => cache.get(key))).toEqual([
      'new',
      undefined,
      undefined,
    ]);
    expect(cache.bytes).toBe(150);
  });

  it('forgets all when it is cleared', () => {
    const cache = new TwoQueueCache<string>(1_000);
    cache.add('kept', 'v', 100);
    pass(cache, MANY);
    cache.add('kept', 'v', 100);
    cache.add('newcomer', 'v', 100);
    cache.clear();
    expect([cache.get('kept'), cache.get('newcomer'), cache.bytes]).toEqual([undefined, undefined, 0]);
  });

  it('never hands out another value than the last one, nor keeps more than it may', () => {
    const step = fc.record({
      key: fc.nat(99).map(String),
      action: fc.constantFrom('read', 'write', 'read', 'read'),
      bytes: fc.integer({ min: 1, max: 400 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 100, maxLength: 2_000 }), (steps) => {
        const cache = new TwoQueueCache<string>(2_000);
        const truth = new Map<string, string>();
        for (const [at, { key, action, bytes }] of steps.entries()) {
          if (action === 'write') {
            truth.set(key, `${at}`);
            cache.replace(key, `${at}`, bytes);
            continue;
          }
          const is = truth.get(key) ?? 'first';
          const cached = cache.get(key);
          if (cached === undefined) cache.add(key, is, bytes);
          else expect(cached).toBe(is);
          expect(cache.bytes).toBeLessThanOrEqual(2_000);
        }
      }),
      { numRuns: 200 },
    );
  });
});
