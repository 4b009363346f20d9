import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FlushSeam, KeyRange, StateChange, StateStore } from '../../src/store/ports.js';
import { HeldFlush } from '../store/held-flush.js';

/** A way to make a state, and to come back to it as a new process would. */
export interface StateStoreHarness {
  open(flush: FlushSeam): Promise<StateStore>;
  /** Opens again what `open` made, after `close`. */
  reopen(flush: FlushSeam): Promise<StateStore>;
}

const put = (key: string, value: string): StateChange => ({
  table: 'accounts',
  key,
  value: Buffer.from(value),
});
const remove = (key: string): StateChange => ({ table: 'accounts', key });

function rows(state: StateStore, range: KeyRange = {}): string[] {
  return [...state.range('accounts', range)].map(
    ({ key, value }) => `${key}=${Buffer.from(value).toString()}`,
  );
}

function text(value: Uint8Array | undefined): string | undefined {
  return value === undefined ? undefined : Buffer.from(value).toString();
}

/** What every state must do, whatever it is made of. */
export function describeStateStore(name: string, makeHarness: () => StateStoreHarness): void {
  describe(`state store contract: ${name}`, () => {
    let harness: StateStoreHarness;
    let disk: HeldFlush;
    let state: StateStore;

    beforeEach(async () => {
      harness = makeHarness();
      disk = new HeldFlush();
      state = await harness.open(disk.seam);
    });

    afterEach(async () => {
      disk.pass();
      await state.close();
    });

    it('is empty at first', () => {
      expect(state.cursor).toBe(0);
      expect(state.get('accounts', 'a')).toBeUndefined();
      expect(rows(state)).toEqual([]);
    });

    it('commits changes and cursor together', async () => {
      disk.hold();
      const asked = disk.nextAsked();
      const committed = state.commit([put('a', '1'), put('b', '2')], 7);
      await asked;
      expect(state.cursor).toBe(0);
      expect(state.get('accounts', 'a')).toBeUndefined();
      disk.pass();
      await committed;
      expect(state.cursor).toBe(7);
      expect(rows(state)).toEqual(['a=1', 'b=2']);
    });

    it('replaces, removes, and lets the later change of one commit win', async () => {
      await state.commit([put('a', '1'), put('b', '2'), put('c', '3')], 1);
      await state.commit([put('a', '9'), remove('b'), remove('never'), put('c', '4'), put('c', '5')], 2);
      expect(rows(state)).toEqual(['a=9', 'c=5']);
      await state.commit([], 3);
      expect(state.cursor).toBe(3);
    });

    it('keeps tables apart and empty values', async () => {
      const value = Buffer.from('m');
      await state.commit([put('a', ''), { table: 'mailboxes', key: 'a', value }], 1);
      expect(text(state.get('accounts', 'a'))).toBe('');
      expect(text(state.get('mailboxes', 'a'))).toBe('m');
    });

    it('reads ranges in both directions, over more rows than one page', async () => {
      const key = (n: number): string => `k${n.toString().padStart(4, '0')}`;
      const all = Array.from({ length: 700 }, (_, n) => `${key(n)}=${n}`);
      await state.commit(
        all.map((_, n) => put(key(n), String(n))),
        1,
      );
      expect(rows(state)).toEqual(all);
      expect(rows(state, { reverse: true })).toEqual(all.toReversed());
      expect(rows(state, { start: 'k0010', end: 'k0013' })).toEqual(['k0010=10', 'k0011=11', 'k0012=12']);
      expect(rows(state, { start: 'k0010', end: 'k0013', reverse: true, limit: 2 })).toEqual([
        'k0012=12',
        'k0011=11',
      ]);
      expect(rows(state, { start: 'k0698' })).toEqual(['k0698=698', 'k0699=699']);
      expect(rows(state, { start: 'k0010', limit: 300 })).toEqual(all.slice(10, 310));
      expect(rows(state, { limit: 0 })).toEqual([]);
      expect(rows(state, { start: 'x' })).toEqual([]);
    });

    it('orders any keys by their bytes', async () => {
      const keys = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }), {
        maxLength: 30,
      });
      await fc.assert(
        fc.asyncProperty(keys, async (names) => {
          const before = [...state.range('accounts', {})].map(({ key }) => remove(key));
          await state.commit([...before, ...names.map((name) => put(name, name))], 1);
          const sorted = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
          expect([...state.range('accounts', {})].map(({ key }) => key)).toEqual(sorted);
          for (const name of names) expect(text(state.get('accounts', name))).toBe(name);
        }),
        { numRuns: 30 },
      );
    });

    it('keeps nothing of a failed commit and takes it again', async () => {
      await state.commit([put('a', '1')], 1);
      disk.fail();
      await expect(state.commit([put('a', '2'), put('b', '2')], 2)).rejects.toMatchObject({
        code: 'STORE_WRITE_FAILED',
      });
      expect(rows(state)).toEqual(['a=1']);
      expect(state.cursor).toBe(1);
      disk.pass();
      await state.commit([put('a', '2'), put('b', '2')], 2);
      expect(rows(state)).toEqual(['a=2', 'b=2']);
    });

    it('is the same after it was closed and opened', async () => {
      await state.commit([put('a', '1'), put('b', '2')], 5);
      await state.close();
      state = await harness.reopen(disk.seam);
      expect(state.cursor).toBe(5);
      expect(rows(state)).toEqual(['a=1', 'b=2']);
    });

    it('refuses to write once it is closed', async () => {
      await state.close();
      await expect(state.commit([], 1)).rejects.toMatchObject({ code: 'STORE_WRITE_FAILED' });
    });
  });
}
