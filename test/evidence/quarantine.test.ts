import { describe, expect, test } from 'vitest';
import { Quarantine } from '../../src/evidence/quarantine.js';
import { MemoryStateStore } from '../../src/store/memory-state-store.js';
import type { StateChange } from '../../src/store/ports.js';

function keysOf(quarantine: Quarantine, limit = 10, before?: string): string[] {
  return quarantine.list(limit, before).map(({ key }) => key);
}

describe('messages set aside', () => {
  test('are listed newest first, page by page', () => {
    const quarantine = new Quarantine(new MemoryStateStore());
    for (const key of ['01', '03', '02']) quarantine.put(key, Buffer.from(key));
    expect(keysOf(quarantine, 2)).toEqual(['03', '02']);
    expect(keysOf(quarantine, 2, '02')).toEqual(['01']);
    expect(quarantine.get('02')).toEqual(Buffer.from('02'));
    quarantine.put('02', Buffer.from('again'));
    expect(quarantine.count).toBe(3);
    quarantine.remove('02');
    quarantine.remove('02');
    expect([quarantine.get('02'), quarantine.count]).toEqual([undefined, 2]);
  });

  test('the oldest go when there are too many, also after a restart', async () => {
    const state = new MemoryStateStore();
    const before = new Quarantine(state, 3);
    for (const key of ['1', '2', '3', '4']) before.put(key, Buffer.from(key));
    const changes: StateChange[] = [];
    before.takeChanges(changes);
    await state.commit(changes, 1);
    for (const change of changes) before.settled(change);
    const after = new Quarantine(state, 3);
    expect(after.count).toBe(3);
    after.put('5', Buffer.from('5'));
    expect(keysOf(after)).toEqual(['5', '4', '3']);
    expect(keysOf(before)).toEqual(['4', '3', '2']);
  });
});
