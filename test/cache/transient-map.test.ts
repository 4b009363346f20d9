import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { TransientMap } from '../../src/cache/transient-map.js';

test('holds what a Map holds, in the order of a Map (property)', () => {
  const steps = fc.array(fc.tuple(fc.constantFrom('set', 'delete', 'deleteBelow'), fc.nat(60)), {
    maxLength: 600,
  });
  fc.assert(
    fc.property(steps, (all) => {
      const map = new Map<number, number>();
      const transient = new TransientMap<number, number>();
      for (const [at, [step, key]] of all.entries()) {
        const keys = step === 'deleteBelow' ? [...map.keys()].filter((k) => k < key) : [key];
        for (const k of keys) {
          if (step === 'set') {
            map.set(k, at);
            transient.set(k, at);
          } else {
            map.delete(k);
            transient.delete(k);
          }
        }
        expect(transient.get(key)).toBe(map.get(key));
        expect(transient.has(key)).toBe(map.has(key));
        expect(transient.size).toBe(map.size);
      }
      expect([...transient]).toEqual([...map]);
    }),
    { numRuns: 200 },
  );
});

describe('is renewed', () => {
  afterEach(() => vi.unstubAllGlobals());

  /** Maps made while `work` is done. */
  function madeBy(work: () => void): number {
    let made = 0;
    vi.stubGlobal(
      'Map',
      class<K, V> extends Map<K, V> {
        constructor(entries?: Iterable<readonly [K, V]>) {
          super(entries);
          made += 1;
        }
      },
    );
    work();
    return made;
  }

  function filled(count: number): TransientMap<number, number> {
    const map = new TransientMap<number, number>();
    for (let key = 0; key < count; key += 1) map.set(key, key);
    return map;
  }

  test.each([
    { size: 0, atMost: 10_000 / 64 },
    { size: 10, atMost: 10_000 / 64 },
    { size: 1_000, atMost: 10 },
    { size: 20_000, atMost: 0 },
  ])('once in as many removals as $size entries that stay, or more', ({ size, atMost }) => {
    const map = filled(size);
    const made = madeBy(() => {
      for (let key = 0; key < 10_000; key += 1) {
        map.set(size + key, key);
        map.delete(key);
      }
    });
    expect(made).toBeLessThanOrEqual(atMost);
    expect(made).toBeGreaterThanOrEqual(Math.floor(atMost * 0.9));
    expect(map.size).toBe(size);
  });

  test('not for keys that it does not have', () => {
    const map = filled(10);
    const made = madeBy(() => {
      for (let key = 10; key < 10_000; key += 1) map.delete(key);
    });
    expect(made).toBe(0);
  });
});

test('does not make short collections keep what has passed through it', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options?: { type: 'minor' }) => void;
  const map = new TransientMap<number, { payload: number[] }>();
  const heldMib = (): number => getHeapStatistics().used_heap_size / 2 ** 20;
  for (let key = -3; key < 0; key += 1) map.set(key, { payload: [] });
  // Makes the table of the map old, which is what it takes.
  collect();
  const before = heldMib();
  const count = 40_000;
  for (let key = 0; key < count; key += 1) {
    map.set(key, { payload: new Array(100).fill(key) });
    map.delete(key - 3);
    if (key % 10_000 === 0) collect({ type: 'minor' });
  }
  collect({ type: 'minor' });
  collect({ type: 'minor' });
  const passedMib = (count * 100 * 8) / 2 ** 20;
  expect(heldMib() - before).toBeLessThan(passedMib / 4);
});
