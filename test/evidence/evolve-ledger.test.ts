import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LedgerRecord, SpendRecord } from '../../src/decision/evidence.js';
import type { Decision } from '../../src/decision/vocabulary.js';
import {
  type Answer,
  EMPTY_LEDGER,
  evolveLedger,
  isSpendCurrent,
  minuteOf,
  settledHold,
  settledSpend,
} from '../../src/evidence/evolve-ledger.js';
import { DAY, HOUR, T0 } from './small-world.js';

const MINUTE = 60_000;

function answer(facts: Partial<Answer> = {}): Answer {
  return {
    kind: 'answer',
    withdrawal: 'w',
    at: T0,
    value: 100,
    decision: 'ALLOW',
    degraded: false,
    ...facts,
  };
}

function answered(answers: readonly Answer[], record: LedgerRecord = EMPTY_LEDGER): LedgerRecord {
  return answers.reduce(evolveLedger, record);
}

function total(record: LedgerRecord, now: number): number {
  return record.spends
    .filter((spend) => spend.counted && isSpendCurrent(spend, now))
    .reduce((sum, spend) => sum + spend.value, 0);
}

function spendAt(at: number): SpendRecord {
  return { withdrawal: 'w', minute: minuteOf(at), value: 100, counted: true, degraded: false };
}

describe('velocity', () => {
  test('a withdrawal counts once, by its latest verdict', () => {
    expect(total(answered([answer(), answer({ value: 70 })]), T0)).toBe(70);
    expect(total(answered([answer(), answer({ decision: 'HOLD' })]), T0)).toBe(0);
    expect(total(answered([answer({ decision: 'REJECT' }), answer({ decision: 'STEP_UP' })]), T0)).toBe(100);
  });

  test('an unknown value counts as the largest: unknown is not small (I7)', () => {
    const { spends } = answered([answer({ value: undefined })]);
    expect(spends).toEqual([
      { withdrawal: 'w', minute: minuteOf(T0), value: 1e14, counted: true, degraded: false },
    ]);
  });

  test('a withdrawal leaves 24 hours after the end of its minute, never sooner', () => {
    expect(isSpendCurrent(spendAt(T0), T0 + DAY + MINUTE - 1)).toBe(true);
    expect(isSpendCurrent(spendAt(T0), T0 + DAY + MINUTE)).toBe(false);
    const later = answered([answer(), answer({ withdrawal: 'w2', at: T0 + DAY + MINUTE })]);
    expect(later.spends.map((spend) => spend.withdrawal)).toEqual(['w2']);
  });

  test('beyond 64 by name the older ones are summed, those that were not let go are dropped', () => {
    const answers = Array.from({ length: 70 }, (_, n) =>
      answer({ withdrawal: `w${n}`, at: T0 + n * MINUTE, decision: n === 2 ? 'HOLD' : 'ALLOW' }),
    );
    const { spends } = answered(answers);
    expect(spends.filter((spend) => spend.withdrawal !== '')).toHaveLength(64);
    expect(spends.slice(64).map((spend) => spend.minute - minuteOf(T0))).toEqual([5, 4, 3, 1, 0]);
    expect(total(answered(answers), T0)).toBe(6_900);
  });

  test('the total stays right however many there are, but for what counts a little longer', () => {
    const step = fc.record({
      minutes: fc.integer({ min: 0, max: 30 }),
      value: fc.nat({ max: 1_000 }),
      decision: fc.constantFrom<Decision>('ALLOW', 'STEP_UP', 'HOLD', 'REJECT'),
      degraded: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 60, maxLength: 400 }), (steps) => {
        let at = T0;
        const answers = steps.map(({ minutes, value, decision, degraded }, n) => {
          at += minutes * MINUTE;
          return answer({ withdrawal: `w${n}`, at, value, decision, degraded });
        });
        const record = answered(answers);
        expect(record.spends.length).toBeLessThanOrEqual(64 + 32);
        const passed = answers.filter(({ decision }) => decision === 'ALLOW' || decision === 'STEP_UP');
        const exact = passed
          .filter((one) => isSpendCurrent(spendAt(one.at), at))
          .reduce((sum, one) => sum + (one.value ?? 0), 0);
        // Of what has left its day, only what was joined to a newer minute may still be counted.
        const sumsEnd = Math.max(
          ...record.spends.filter((spend) => spend.withdrawal === '').map((spend) => spend.minute),
        );
        const most = passed
          .filter((one) => minuteOf(one.at) <= sumsEnd || isSpendCurrent(spendAt(one.at), at))
          .reduce((sum, one) => sum + (one.value ?? 0), 0);
        expect(total(record, at)).toBeGreaterThanOrEqual(exact);
        expect(total(record, at)).toBeLessThanOrEqual(most);
      }),
    );
  });

  test('sums of one minute are one; those let pass degraded stay apart', () => {
    const answers = Array.from({ length: 80 }, (_, n) =>
      answer({ withdrawal: `w${n}`, at: T0 + (n < 8 ? 0 : n * MINUTE), degraded: n % 2 === 0 }),
    );
    const sums = answered(answers).spends.filter((spend) => spend.withdrawal === '');
    expect(sums.filter((spend) => spend.minute === minuteOf(T0)).map((spend) => spend.value)).toEqual([
      400, 400,
    ]);
  });
});

test('beyond 32 sums the two that lie closest are joined under the newer minute', () => {
  const minutes = [...Array(33).keys()].map((n) => (n < 20 ? n * 10 : n * 10 - 7));
  const old = minutes.map((minute, n) =>
    answer({ withdrawal: `old${n}`, at: T0 + minute * MINUTE, value: n + 1 }),
  );
  const recent = Array.from({ length: 64 }, (_, n) =>
    answer({ withdrawal: `w${n}`, at: T0 + 400 * MINUTE, value: 0 }),
  );
  const sums = answered([...old, ...recent]).spends.filter((spend) => spend.withdrawal === '');
  expect(sums).toHaveLength(32);
  // Only the 20th and 21st lie 3 minutes apart, all others 10.
  expect(sums.find((spend) => spend.minute === minuteOf(T0) + 193)?.value).toBe(20 + 21);
  expect(sums.some((spend) => spend.minute === minuteOf(T0) + 190)).toBe(false);
  expect(sums.reduce((sum, spend) => sum + spend.value, 0)).toBe((33 * 34) / 2);
});

describe('holds and releases', () => {
  test('the first hold of a withdrawal is remembered', () => {
    const record = answered([
      answer({ decision: 'HOLD' }),
      answer({ decision: 'HOLD', at: T0 + HOUR }),
      answer({ decision: 'REJECT', withdrawal: 'w2' }),
    ]);
    expect(record.holds).toEqual([{ withdrawal: 'w', firstHeldAt: T0 }]);
  });

  test('the 16 newest holds are remembered', () => {
    const record = answered(
      Array.from({ length: 20 }, (_, n) => answer({ withdrawal: `w${n}`, decision: 'HOLD', at: T0 + n })),
    );
    expect(record.holds.map((hold) => hold.firstHeldAt - T0)).toEqual(
      [...Array(16).keys()].map((n) => 19 - n),
    );
  });

  test('a withdrawal has its newest release; 16 are remembered', () => {
    const release = { withdrawal: 'w', destination: 'd', ceiling: 5, releasedAt: T0 + 100 };
    const releases = [
      release,
      { ...release, releasedAt: T0 + 99, ceiling: 9 },
      ...Array.from({ length: 20 }, (_, n) => ({ ...release, withdrawal: `w${n}`, releasedAt: T0 + n })),
      { ...release, releasedAt: T0 + 101, ceiling: 7 },
    ];
    const record = releases.reduce(
      (ledger, one) => evolveLedger(ledger, { kind: 'release', release: one }),
      EMPTY_LEDGER,
    );
    expect(record.releases).toHaveLength(16);
    expect(record.releases[0]).toEqual({ ...release, releasedAt: T0 + 101, ceiling: 7 });
    expect(record.releases.filter((one) => one.withdrawal === 'w')).toHaveLength(1);
  });
});

describe('what was noted under an unconfirmed clock', () => {
  const LEAD = 30 * DAY;
  const unconfirmed = answered([
    answer({ leadMs: LEAD }),
    answer({ withdrawal: 'held', decision: 'HOLD', leadMs: LEAD }),
  ]);
  const [spend] = unconfirmed.spends;
  const [hold] = unconfirmed.holds;

  test('counts by the later time once that has come: the clock was right', () => {
    expect(total(unconfirmed, T0 + LEAD + HOUR)).toBe(100);
    expect(hold && settledHold(hold, T0 + LEAD)).toEqual({ withdrawal: 'held', firstHeldAt: T0 + LEAD });
  });

  test('counts by the earlier time while the later lies ahead: the clock was wrong, and what is held still ends', () => {
    expect(total(unconfirmed, T0 + HOUR)).toBe(100);
    expect(total(unconfirmed, T0 + 2 * DAY)).toBe(0);
    expect(hold && settledHold(hold, T0 + HOUR)).toEqual({ withdrawal: 'held', firstHeldAt: T0 });
  });

  test('is told to a decision as one time', () => {
    expect(spend && settledSpend(spend, T0)).toEqual(expect.not.objectContaining({ leadMs: LEAD }));
  });
});
