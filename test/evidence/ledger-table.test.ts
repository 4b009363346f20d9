import { describe, expect, test } from 'vitest';
import type { EvidenceView } from '../../src/evidence/index.js';
import { EvidenceView as View } from '../../src/evidence/index.js';
import type { JournalEntryBody } from '../../src/store/codec/entries.js';
import { MemoryStateStore } from '../../src/store/memory-state-store.js';
import { assessment, DAY, HOUR, T0 } from './small-world.js';

const MANY = 40;

function applied(bodies: readonly JournalEntryBody[]): EvidenceView {
  const view = new View(new MemoryStateStore(), { cacheBytes: 1_000_000 });
  for (const [index, body] of bodies.entries()) {
    const at = T0 + index;
    view.applyBody({ position: index + 1, id: String(index), receivedAt: at }, 'exchange', body);
  }
  return view;
}

function held(n: number, at: number) {
  return assessment(at, { withdrawal: `held-${n}` }, { decision: 'HOLD' });
}

function release(n: number, releasedAt: number): JournalEntryBody {
  const what = { withdrawal: `held-${n}`, destination: 'destination', ceiling: 5, releasedAt };
  return { kind: 'release', accountId: 'a', release: what, actor: 'p', reason: 'r' };
}

describe('holds and releases beyond what a ledger carries', () => {
  test('each of 40 held withdrawals keeps the time of its first hold, asked again in any order', () => {
    const bodies = Array.from({ length: MANY }, (_, n) => held(n, T0 + n * HOUR));
    const again = Array.from({ length: MANY }, (_, n) => held(MANY - 1 - n, T0 + 2 * DAY + n * HOUR));
    const view = applied([...bodies, ...again, ...again]);
    for (let n = 0; n < MANY; n++) {
      const { holds } = view.ledger('exchange', 'a', `held-${n}`);
      expect(holds.find(({ withdrawal }) => withdrawal === `held-${n}`)?.firstHeldAt).toBe(T0 + n * HOUR);
    }
    expect(view.ledger('exchange', 'a').holds).toHaveLength(8);
    expect(view.ledger('exchange', 'a', 'unknown').holds).toHaveLength(8);
  });

  test('each of 40 releases is found; those of one withdrawal do not take the place of another', () => {
    const bodies = Array.from({ length: MANY }, (_, n) => [held(n, T0), release(n, T0 + n)]).flat();
    const again = Array.from({ length: MANY }, (_, n) => release(0, T0 + DAY + n));
    const view = applied([...bodies, ...again]);
    for (let n = 1; n < MANY; n++) {
      const { releases, holds } = view.ledger('exchange', 'a', `held-${n}`);
      expect(releases.find(({ withdrawal }) => withdrawal === `held-${n}`)?.releasedAt).toBe(T0 + n);
      expect(holds.some(({ withdrawal }) => withdrawal === `held-${n}`)).toBe(true);
    }
    expect(view.ledger('exchange', 'a', 'held-0').releases).toMatchObject([
      { withdrawal: 'held-0', releasedAt: T0 + DAY + MANY - 1 },
      ...Array(3).fill({}),
    ]);
  });

  test('they are the account’s alone', () => {
    const bodies = Array.from({ length: MANY }, (_, n) => held(n, T0));
    expect(applied(bodies).ledger('exchange', 'other', 'held-0').holds).toEqual([]);
  });
});
