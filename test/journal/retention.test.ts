import { rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AgedEntry,
  DEFAULT_RETENTION,
  planTrim,
  type RetentionRules,
  trimLog,
} from '../../src/journal/retention.js';
import { openLogStore } from '../../src/store/lmdb-log-store.js';
import { encodeLogEntry } from '../../src/store/log-entry.js';
import { MemoryLogStore } from '../../src/store/memory-log-store.js';
import { MemoryStateStore } from '../../src/store/memory-state-store.js';
import { openStateStore } from '../../src/store/open-state-store.js';
import { tempFolder } from '../store/temp-folder.js';

const DAY = 86_400_000;
const NOW = 1_000 * DAY;

const rules: RetentionRules = { byKind: new Map([['short', 10 * DAY]]), otherwise: 100 * DAY };

const retentionOf = ({ kind }: AgedEntry): number => (kind === 'short' ? 10 : 100) * DAY;

const log = fc
  .array(fc.record({ kind: fc.constantFrom('short', 'long', 'unknown'), ageDays: fc.nat({ max: 200 }) }))
  .map((ages) =>
    ages.map(
      ({ kind, ageDays }, n): AgedEntry => ({ position: n + 1, kind, receivedAt: NOW - ageDays * DAY }),
    ),
  );

describe('the plan', () => {
  it('takes the longest prefix that is past its retention, and nothing that must stay', () => {
    fc.assert(
      fc.property(log, (entries) => {
        const through = planTrim(entries, NOW, rules);
        for (const entry of entries.slice(0, through)) {
          expect(entry.receivedAt + retentionOf(entry)).toBeLessThan(NOW);
        }
        const next = entries[through];
        if (next !== undefined) expect(next.receivedAt + retentionOf(next)).toBeGreaterThanOrEqual(NOW);
      }),
    );
  });

  it('keeps an entry at its very limit', () => {
    const entry = { position: 1, kind: 'short', receivedAt: NOW - 10 * DAY };
    expect(planTrim([entry], NOW, rules)).toBe(0);
    expect(planTrim([entry], NOW + 1, rules)).toBe(1);
  });

  it('takes of two times of an unconfirmed clock the later, unless that lies ahead and so was wrong', () => {
    const entry = { position: 1, kind: 'short', receivedAt: NOW - 40 * DAY };
    expect(planTrim([{ ...entry, unconfirmedAt: NOW - 5 * DAY }], NOW, rules)).toBe(0);
    expect(planTrim([{ ...entry, unconfirmedAt: NOW + 360 * DAY }], NOW, rules)).toBe(1);
  });

  it('keeps assessments 400 days, signals 180, and what it does not know like assessments', () => {
    const through = (kind: string, days: number): number =>
      planTrim([{ position: 1, kind, receivedAt: NOW - days * DAY - 1 }], NOW, DEFAULT_RETENTION);
    expect([through('signal', 179), through('signal', 180)]).toEqual([0, 1]);
    expect([through('assessment', 399), through('assessment', 400)]).toEqual([0, 1]);
    expect([through('of-tomorrow', 399), through('of-tomorrow', 400)]).toEqual([0, 1]);
  });
});

function stored(position: number, ageDays: number) {
  const payload = Buffer.from(`entry ${position}`);
  const receivedAt = NOW - ageDays * DAY;
  return { position, bytes: encodeLogEntry({ kind: 'short', id: 'i', tenant: '', receivedAt, payload }) };
}

describe('trimming', () => {
  it('does nothing when nothing is past its retention', async () => {
    const log = new MemoryLogStore();
    const state = new MemoryStateStore();
    const options = { log, state, flushState: async () => {}, rules };
    expect(await trimLog(NOW, options)).toEqual({ kind: 'nothing-to-trim' });
    await log.append([stored(1, 5), stored(2, 5)]);
    expect(await trimLog(NOW, options)).toEqual({ kind: 'nothing-to-trim' });
  });

  it('keeps what the state does not contain yet', async () => {
    const log = new MemoryLogStore();
    const state = new MemoryStateStore();
    await log.append([stored(1, 50), stored(2, 40), stored(3, 1)]);
    await state.commit([], 1);
    expect(await trimLog(NOW, { log, state, flushState: async () => {}, rules })).toEqual({
      kind: 'state-behind',
    });
    expect(log.firstPosition).toBe(1);
    const flushState = () => state.commit([], 2);
    const trimmed = await trimLog(NOW, { log, state, flushState, rules });
    expect(trimmed).toEqual({ kind: 'trimmed', through: 2, entries: 2 });
    expect(log.firstPosition).toBe(3);
  });

  it('keeps the last entry however old it is, and no more than it may in one run', async () => {
    const log = new MemoryLogStore();
    const state = new MemoryStateStore();
    await log.append([1, 2, 3, 4].map((position) => stored(position, 50)));
    await state.commit([], 4);
    const options = { log, state, flushState: async () => {}, rules };
    expect(await trimLog(NOW, { ...options, maxTrimEntries: 1 })).toMatchObject({ entries: 1 });
    expect(await trimLog(NOW, options)).toMatchObject({ through: 3, entries: 2 });
    expect(await trimLog(NOW, options)).toEqual({ kind: 'nothing-to-trim' });
    expect(log.lastPosition).toBe(4);
  });

  it('leaves a checkpoint from which a lost state comes back', async () => {
    const folder = tempFolder();
    const log = await openLogStore(join(folder, 'log'));
    await log.append(Array.from({ length: 1_500 }, (_, n) => stored(n + 1, n < 1_200 ? 50 : 1)));
    const openState = () =>
      openStateStore(join(folder, 'state'), {
        schemaVersion: 1,
        logHead: log.lastPosition,
        logFirst: log.firstPosition,
        nowMs: () => NOW,
      });
    const state = await openState();
    await state.commit([{ table: 'accounts', key: 'a', value: Buffer.from('known since long') }], 1_500);
    const trimmed = await trimLog(NOW, { log, state, flushState: async () => {}, rules });
    expect(trimmed).toEqual({ kind: 'trimmed', through: 1_200, entries: 1_200 });
    await state.close();
    rmSync(join(folder, 'state'), { recursive: true });
    const again = await openState();
    expect(again.cursor).toBe(1_500);
    expect(Buffer.from(again.get('accounts', 'a') ?? []).toString()).toBe('known since long');
    await again.close();
    await log.close();
  });
});
