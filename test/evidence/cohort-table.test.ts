import { describe, expect, test } from 'vitest';
import type { CohortRecord } from '../../src/decision/evidence.js';
import { CohortTable } from '../../src/evidence/cohort-table.js';
import { MemoryStateStore } from '../../src/store/memory-state-store.js';
import type { StateChange } from '../../src/store/ports.js';
import { DAY, T0 } from './small-world.js';

function cohort(id: string, facts: Partial<CohortRecord> = {}): CohortRecord {
  return {
    id,
    provider: 'att',
    domains: ['att.net'],
    mechanism: 'app passwords',
    from: T0,
    confidence: 1,
    issuedAt: T0,
    retracted: false,
    ...facts,
  };
}

function ids(cohorts: readonly CohortRecord[]): string[] {
  return cohorts.map((one) => one.id);
}

describe('incidents by domain', () => {
  test('an incident matches its own domains only, once each', () => {
    const table = new CohortTable(new MemoryStateStore());
    expect(table.matching(['att.net'], T0)).toEqual([]);
    table.add({ tokenId: 't1', record: cohort('a', { domains: ['att.net', 'sbcglobal.net'] }) });
    table.add({ tokenId: 't2', record: cohort('b', { domains: ['gmx.de'] }) });
    expect(ids(table.matching(['att.net'], T0))).toEqual(['a']);
    expect(ids(table.matching(['att.net', 'sbcglobal.net', 'gmx.de'], T0))).toEqual(['a', 'b']);
    expect(table.matching(['att.net.example.org'], T0)).toEqual([]);
  });

  test('a newer version moves it, a retraction removes it', () => {
    const table = new CohortTable(new MemoryStateStore());
    table.add({ tokenId: 't1', record: cohort('a') });
    table.add({ tokenId: 't2', record: cohort('a', { domains: ['gmx.de'], issuedAt: T0 + 1 }) });
    expect(table.matching(['att.net'], T0)).toEqual([]);
    expect(ids(table.matching(['gmx.de'], T0))).toEqual(['a']);
    table.retract('a', { provider: 'att', id: 't2', issuedAt: T0 + 2 });
    expect(ids(table.matching(['att.net'], T0))).toEqual(['a']);
    table.retract('a', { provider: 'att', id: 't1', issuedAt: T0 + 2 });
    table.retract('never heard of', { provider: 'att', id: 't1', issuedAt: T0 + 2 });
    expect(table.matching(['att.net', 'gmx.de'], T0)).toEqual([]);
  });

  test('of many the open ones come first, then the likelier, then those that ended later; the rest are one', () => {
    const table = new CohortTable(new MemoryStateStore());
    const told = [
      cohort('closed early', { to: T0 + 1 }),
      cohort('closed late', { to: T0 + 2 }),
      cohort('open unlikely', { confidence: 0.2 }),
      cohort('open small', { share: 0.5 }),
      cohort('open'),
      ...Array.from({ length: 20 }, (_, n) => cohort(`old ${n}`, { to: T0 })),
    ];
    for (const record of told) table.add({ tokenId: `token of ${record.id}`, record });
    const matched = ids(table.matching(['att.net'], T0));
    expect(matched.slice(0, 5)).toEqual([
      'open',
      'open small',
      'open unlikely',
      'closed late',
      'closed early',
    ]);
    expect(matched).toHaveLength(17);
  });

  test('what stands for the rest lasts from the first to the last of them, and is as likely as the likeliest', () => {
    const table = new CohortTable(new MemoryStateStore());
    const strong = Array.from({ length: 16 }, (_, n) => cohort(`open ${n}`));
    const rest = [
      cohort('a', { from: T0 - 9, to: T0, confidence: 0.2 }),
      cohort('b', { from: T0 - 5, to: T0 + 7, confidence: 0.1, issuedAt: T0 + 3 }),
      cohort('other', { provider: 'other', to: T0 }),
    ];
    for (const record of [...strong, ...rest]) table.add({ tokenId: `token of ${record.id}`, record });
    const matched = table.matching(['att.net'], T0);
    expect(matched).toHaveLength(18);
    expect(matched.filter(({ latestFrom }) => latestFrom !== undefined)).toEqual([
      expect.objectContaining({
        provider: 'att',
        from: T0 - 9,
        latestFrom: T0 - 5,
        to: T0 + 7,
        confidence: 0.2,
        issuedAt: T0 + 3,
      }),
    ]);
    expect(ids(matched)).toContain('other');
  });

  test('one token told in two ways comes back as both, and is taken back as both', async () => {
    const state = new MemoryStateStore();
    const before = new CohortTable(state);
    before.add({ tokenId: 't', record: cohort('a', { domains: ['gmx.de'], issuedAt: T0 + 1 }) });
    before.add({ tokenId: 't', record: cohort('a') });
    const changes: StateChange[] = [];
    before.takeChanges(changes);
    await state.commit(changes, 1);
    const after = new CohortTable(state);
    expect(ids(after.matching(['att.net', 'gmx.de'], T0))).toEqual(['a']);
    after.retract('a', { provider: 'att', id: 't', issuedAt: T0 });
    expect(after.matching(['att.net', 'gmx.de'], T0)).toEqual([]);
  });

  test('comes back after a restart as it was, and is removed when it counts no more', async () => {
    const state = new MemoryStateStore();
    const before = new CohortTable(state);
    before.add({ tokenId: 't1', record: cohort('a', { to: T0 }) });
    before.add({ tokenId: 't2', record: cohort('b') });
    before.add({ tokenId: 't3', record: cohort('b', { issuedAt: T0 + 5, confidence: 0.5 }) });
    before.retract('b', { provider: 'att', id: 't3', issuedAt: T0 + 6 });
    const changes: StateChange[] = [];
    before.takeChanges(changes);
    await state.commit(changes, 1);
    const after = new CohortTable(state);
    expect(after.matching(['att.net'], T0)).toEqual(before.matching(['att.net'], T0));
    expect(ids(after.matching(['att.net'], T0 + 401 * DAY))).toEqual(['b']);
    after.forget(T0 + 401 * DAY);
    const removed: StateChange[] = [];
    after.takeChanges(removed);
    expect(removed.map((change) => change.value)).toEqual([undefined]);
    expect(after.size).toBe(1);
  });
});
