import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GOVERNED_RETENTION_MS } from '../../src/evidence/bounds.js';
import { GovernorScope } from '../../src/evidence/governor-scope.js';
import { GovernorTable } from '../../src/evidence/governor-table.js';
import { MemoryStateStore } from '../../src/store/memory-state-store.js';
import type { StateChange } from '../../src/store/ports.js';

const HOUR = 3_600_000;
const WINDOW = 24 * HOUR;
const START = 1_700_000_000_000;

/** What happens to a governor, some hours after what happened before. */
const step = fc.record({
  hours: fc.integer({ min: 0, max: 30 }),
  what: fc.constantFrom(
    'count' as const,
    'count' as const,
    'count' as const,
    'look' as const,
    'lift' as const,
  ),
  account: fc.constantFrom('a', 'b', 'c', 'd'),
  value: fc.integer({ min: 0, max: 1_000 }),
});

/** The same, slowly: everything that was counted, looked through each time. */
class SlowGovernor {
  readonly #held: { account: string; at: number; value: number }[] = [];
  #liftedAfter = 0;

  count(account: string, at: number, value: number): void {
    this.#held.push({ account, at, value });
  }

  lift(): void {
    this.#liftedAfter = this.#held.length;
  }

  /** An account counts while its last hold lies in the window; its value is the largest since it began to count. */
  use(now: number): { accounts: number; value: bigint } {
    let value = 0n;
    let accounts = 0;
    for (const account of new Set(this.#held.map((held) => held.account))) {
      const largest = this.#largest(account, now);
      if (largest === undefined) continue;
      accounts += 1;
      value += BigInt(largest);
    }
    return { accounts, value };
  }

  has(account: string, now: number): boolean {
    return this.#held.some((held) => held.account === account && held.at > now - GOVERNED_RETENTION_MS);
  }

  #largest(account: string, now: number): number | undefined {
    const own = this.#held.slice(this.#liftedAfter).filter((held) => held.account === account);
    const last = own.at(-1);
    if (last === undefined || last.at <= now - WINDOW) return undefined;
    let largest = last.value;
    for (let index = own.length - 2, later = last; index >= 0; index -= 1) {
      const held = own[index];
      if (held === undefined || held.at <= later.at - WINDOW) break;
      largest = Math.max(largest, held.value);
      later = held;
    }
    return largest;
  }
}

describe('what a governor has used', () => {
  test('is what a slow look through everything says, whatever happened in which order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const fast = new GovernorScope(() => undefined);
        const slow = new SlowGovernor();
        let now = START;
        for (const { hours, what, account, value } of steps) {
          now += hours * HOUR;
          expect(fast.use(now, WINDOW)).toEqual(slow.use(now));
          if (what === 'lift') {
            fast.lift();
            slow.lift();
          } else if (what === 'count') {
            fast.count(account, now, value);
            slow.count(account, now, value);
          }
          expect(fast.use(now, WINDOW)).toEqual(slow.use(now));
          expect(fast.has(account, now)).toBe(slow.has(account, now));
        }
      }),
    );
  });
});

describe('the table of governors', () => {
  const word = { provider: 'att' };
  const incident = { provider: 'att', cohortId: 'c1' };

  async function reopened(table: GovernorTable): Promise<{ table: GovernorTable; rows: number }> {
    const state = new MemoryStateStore();
    const changes: StateChange[] = [];
    table.takeChanges(changes);
    await state.commit(changes, 1);
    return { table: new GovernorTable(state), rows: [...state.range('governors', {})].length };
  }

  test('knows everything again from the state', async () => {
    const table = new GovernorTable(new MemoryStateStore());
    table.note('t', { ...word, effect: 'MOVED' }, 'a', START, 500);
    table.note('t', { ...word, effect: 'MOVED' }, 'a', START + HOUR, 300);
    table.note('t', { ...incident, effect: 'MOVED' }, 'b', START, 200);
    table.note('t', { ...incident, effect: 'GOVERNED' }, 'c', START + 2 * HOUR, 0);
    table.lift('t', word, START + HOUR, 'olga', 'seen');
    table.note('t', { ...word, effect: 'MOVED' }, 'd', START + 3 * HOUR, 700);
    const again = (await reopened(table)).table;
    for (const one of [table, again]) {
      expect(one.use('t', word, START + 3 * HOUR, WINDOW)).toEqual({ accounts: 1, value: 700n });
      expect(one.use('t', incident, START + 3 * HOUR, WINDOW)).toEqual({ accounts: 1, value: 200n });
      expect(one.standing('t', word)).toEqual({
        tripped: false,
        lifted: { at: START + HOUR, actor: 'olga', reason: 'seen' },
      });
      expect(one.standing('t', incident)).toEqual({ tripped: true, trippedAt: START + 2 * HOUR });
      expect(one.hasMoved('t', word, 'a', START + 3 * HOUR)).toBe(true);
      expect(one.hasMoved('t', word, 'b', START + 3 * HOUR)).toBe(false);
      expect(one.words('t', 'att')).toHaveLength(2);
    }
  });

  test('I10: another tenant has counts of its own', () => {
    const table = new GovernorTable(new MemoryStateStore());
    table.note('t', { ...word, effect: 'MOVED' }, 'a', START, 500);
    expect(table.use('other', word, START, WINDOW)).toEqual({ accounts: 0, value: 0n });
    expect(table.hasMoved('other', word, 'a', START)).toBe(false);
    expect(table.words('other', 'att')).toEqual([]);
  });

  test('forgets accounts after a week, on disk too', async () => {
    const table = new GovernorTable(new MemoryStateStore());
    table.note('t', { ...word, effect: 'MOVED' }, 'a', START, 500);
    expect(table.use('t', word, START + GOVERNED_RETENTION_MS, WINDOW).accounts).toBe(0);
    expect((await reopened(table)).rows).toBe(0);
  });

  test('a governor that trips again has a new time, one that is tripped keeps its own', () => {
    const table = new GovernorTable(new MemoryStateStore());
    table.note('t', { ...word, effect: 'GOVERNED' }, 'a', START, 0);
    table.note('t', { ...word, effect: 'GOVERNED' }, 'b', START + HOUR, 0);
    expect(table.standing('t', word).trippedAt).toBe(START);
    table.lift('t', word, START + 2 * HOUR, 'olga', 'seen');
    table.note('t', { ...word, effect: 'GOVERNED' }, 'b', START + 2 * HOUR, 0);
    expect(table.standing('t', word)).toMatchObject({ tripped: true, trippedAt: START + 2 * HOUR });
  });
});
