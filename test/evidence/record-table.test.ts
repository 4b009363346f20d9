import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RecordTable } from '../../src/evidence/record-table.js';
import { MemoryStateStore } from '../../src/store/memory-state-store.js';
import type { StateChange } from '../../src/store/ports.js';

interface Note {
  readonly text: string;
}

const codec = {
  encode: (note: Note) => Buffer.from(note.text),
  decode: (bytes: Uint8Array): Note => ({ text: Buffer.from(bytes).toString() }),
};

function opened(state = new MemoryStateStore(), cacheBytes = 10_000) {
  return new RecordTable<Note>({ table: 'meta', state, codec, cacheBytes });
}

function taken(table: RecordTable<Note>): StateChange[] {
  const changes: StateChange[] = [];
  table.takeChanges(changes);
  return changes;
}

describe('a table of records', () => {
  test('gives what was written last, before and after the state has it', async () => {
    const state = new MemoryStateStore();
    const table = opened(state);
    expect(table.get('k')).toBeUndefined();
    table.set('k', { text: 'one' });
    expect(table.get('k')).toEqual({ text: 'one' });
    const changes = taken(table);
    await state.commit(changes, 1);
    for (const change of changes) table.settled(change);
    expect(table.pendingCount).toBe(0);
    expect(table.get('k')).toEqual({ text: 'one' });
    expect(opened(state).get('k')).toEqual({ text: 'one' });
  });

  test('writes each record once a take, as it was at the take', () => {
    const table = opened();
    table.set('k', { text: 'one' });
    table.set('k', { text: 'two' });
    table.set('other', { text: 'x' });
    table.remove('other');
    expect(taken(table)).toEqual([
      { table: 'meta', key: 'k', value: Buffer.from('two') },
      { table: 'meta', key: 'other' },
    ]);
    expect(taken(table)).toEqual([]);
  });

  test('a record written again since its change was taken stays pending', () => {
    const table = opened();
    table.set('k', { text: 'one' });
    const [first] = taken(table);
    table.set('k', { text: 'two' });
    if (first !== undefined) table.settled(first);
    expect(table.pendingCount).toBe(1);
    expect(table.get('k')).toEqual({ text: 'two' });
    expect(taken(table)).toEqual([{ table: 'meta', key: 'k', value: Buffer.from('two') }]);
  });

  test('reads each record, there or not, from the state once', async () => {
    const state = new MemoryStateStore();
    await state.commit([{ table: 'meta', key: 'k', value: Buffer.from('one') }], 1);
    let reads = 0;
    const get = state.get.bind(state);
    state.get = (...key) => {
      reads++;
      return get(...key);
    };
    const table = opened(state);
    expect([table.get('k'), table.get('k'), table.get('none'), table.get('none')]).toEqual([
      { text: 'one' },
      { text: 'one' },
      undefined,
      undefined,
    ]);
    expect(reads).toBe(2);
  });

  test('keeps no more in memory than it may, and loses nothing by it', async () => {
    const state = new MemoryStateStore();
    const table = opened(state, 5_000);
    for (let n = 0; n < 200; n++) table.set(`k${n}`, { text: `${n}` });
    const changes = taken(table);
    await state.commit(changes, 1);
    for (const change of changes) table.settled(change);
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 200; n++) expect(table.get(`k${n}`)).toEqual({ text: `${n}` });
      expect(table.cachedBytes).toBeLessThanOrEqual(5_000);
    }
    expect(table.cachedBytes).toBeGreaterThan(2_500);
  });

  test('what was taken is read from its bytes until the state has it, what came later as it is', async () => {
    const state = new MemoryStateStore();
    const table = opened(state, 5_000);
    await state.commit([{ table: 'meta', key: 'gone', value: Buffer.from('old') }], 1);
    expect(table.get('gone')).toEqual({ text: 'old' });
    const written = { text: 'one' };
    table.set('k', written);
    table.remove('gone');
    expect(table.get('k')).toBe(written);
    const first = taken(table);
    expect(table.get('k')).not.toBe(written);
    expect([table.get('k'), table.get('gone'), table.pendingCount]).toEqual([written, undefined, 2]);
    expect(table.range({})).toEqual([{ key: 'k', record: written }]);
    table.set('k', { text: 'two' });
    const second = taken(table);
    await state.commit(first, 2);
    for (const change of first) table.settled(change);
    expect([table.get('k'), table.get('gone'), table.pendingCount]).toEqual([{ text: 'two' }, undefined, 1]);
    await state.commit(second, 3);
    for (const change of second) table.settled(change);
    expect([table.get('k'), table.get('gone'), table.pendingCount]).toEqual([{ text: 'two' }, undefined, 0]);
  });

  test('without a cache reads what is settled from the state, every time', async () => {
    const state = new MemoryStateStore();
    const table = opened(state, 0);
    table.set('k', { text: 'one' });
    const changes = taken(table);
    await state.commit(changes, 1);
    for (const change of changes) table.settled(change);
    await state.commit([{ table: 'meta', key: 'k', value: Buffer.from('two') }], 2);
    expect([table.get('k'), table.cachedBytes]).toEqual([{ text: 'two' }, 0]);
  });

  test('that knows its keys asks the state only for those', async () => {
    const state = new MemoryStateStore();
    await state.commit([{ table: 'meta', key: 'k', value: Buffer.from('one') }], 1);
    const table = new RecordTable<Note>({ table: 'meta', state, codec, cacheBytes: 1_000, knowsKeys: true });
    const asked: string[] = [];
    const get = state.get.bind(state);
    state.get = (name, key) => {
      asked.push(key);
      return get(name, key);
    };
    table.set('new', { text: 'two' });
    expect([table.get('k'), table.get('new'), table.get('none')]).toEqual([
      { text: 'one' },
      { text: 'two' },
      undefined,
    ]);
    expect(asked).toEqual(['k']);
  });

  test('behaves as a map does, whatever is taken, committed and settled in between', async () => {
    const step = fc.oneof(
      fc.record({
        do: fc.constant('set' as const),
        key: fc.nat({ max: 5 }),
        text: fc.string({ maxLength: 3 }),
      }),
      fc.record({ do: fc.constant('remove' as const), key: fc.nat({ max: 5 }) }),
      fc.record({ do: fc.constant('take' as const) }),
      fc.record({ do: fc.constant('settle' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const state = new MemoryStateStore();
        const table = opened(state, 1_000);
        const model = new Map<string, string>();
        const inFlight: StateChange[][] = [];
        for (const one of steps) {
          if (one.do === 'set') {
            table.set(`k${one.key}`, { text: one.text });
            model.set(`k${one.key}`, one.text);
          } else if (one.do === 'remove') {
            table.remove(`k${one.key}`);
            model.delete(`k${one.key}`);
          } else if (one.do === 'take') {
            inFlight.push(taken(table));
          } else {
            const changes = inFlight.shift() ?? [];
            await state.commit(changes, 1);
            for (const change of changes) table.settled(change);
          }
          for (let key = 0; key <= 5; key++) expect(table.get(`k${key}`)?.text).toBe(model.get(`k${key}`));
          const sorted = [...model]
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, text]) => ({ key, record: { text } }));
          expect(table.range({})).toEqual(sorted);
          expect(table.range({ reverse: true, limit: 2 })).toEqual([...sorted].reverse().slice(0, 2));
          const within = sorted.filter(({ key }) => key >= 'k1' && key < 'k4');
          expect(table.range({ start: 'k1', end: 'k4' })).toEqual(within);
        }
      }),
    );
  });
});
