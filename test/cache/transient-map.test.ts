import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
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
