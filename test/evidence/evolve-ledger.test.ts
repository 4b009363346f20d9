import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LedgerRecord, SpendRecord } from '../../src/decision/evidence.js';
import type { RequestFacts } from '../../src/decision/input.js';
import { countsUntil } from '../../src/decision/velocity.js';
import type { Decision } from '../../src/decision/vocabulary.js';
import { settledHold } from '../../src/evidence/evolve-holds.js';
import { type Answer, EMPTY_LEDGER, evolveLedger } from '../../src/evidence/evolve-ledger.js';
import type { ReportedWithdrawal } from '../../src/evidence/evolve-outcome.js';
import {
  isOutflowCurrent,
  isSpendCurrent,
  minuteOf,
  settledSpend,
} from '../../src/evidence/evolve-spends.js';
import { DAY, HOUR, requestFacts, T0 } from './small-world.js';

const MINUTE = 60_000;

type AnswerFacts = Partial<Pick<Answer, 'at' | 'decision' | 'degraded' | 'leadMs'>> & {
  readonly withdrawal?: string;
  readonly value?: number | undefined;
  readonly request?: Partial<RequestFacts>;
};

/** An answer about a withdrawal to an address that the account has known for long. */
function answer({ withdrawal = 'w', request = {}, ...facts }: AnswerFacts = {}): Answer {
  const { value: _, ...plain } = requestFacts();
  const value = 'value' in facts ? facts.value : 100;
  return {
    kind: 'answer',
    at: facts.at ?? T0,
    decision: facts.decision ?? 'ALLOW',
    degraded: facts.degraded ?? false,
    ...(facts.leadMs !== undefined && { leadMs: facts.leadMs }),
    request: {
      ...plain,
      withdrawal,
      destination: { ...plain.destination, addedAt: T0 - 100 * DAY },
      ...(value !== undefined && { value }),
      ...request,
    },
  };
}

function answered(answers: readonly Answer[], record: LedgerRecord = EMPTY_LEDGER): LedgerRecord {
  return answers.reduce(evolveLedger, record);
}

function total(record: LedgerRecord, now: number): number {
  return record.spends
    .filter((spend) => (countsUntil(spend, DAY) ?? 0) > now)
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
      {
        withdrawal: 'w',
        minute: minuteOf(T0),
        value: 1e14,
        counted: true,
        degraded: false,
        destination: spends[0]?.destination,
      },
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
      decision: fc.constantFrom<Decision>('ALLOW', 'HOLD', 'REJECT'),
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
        const passed = answers.filter(({ decision }) => decision === 'ALLOW');
        const exact = passed
          .filter((one) => isSpendCurrent(spendAt(one.at), at))
          .reduce((sum, one) => sum + (one.request.value ?? 0), 0);
        // Of what has left its day, only what was joined to a newer minute may still be counted.
        const sumsEnd = Math.max(
          ...record.spends.filter((spend) => spend.withdrawal === '').map((spend) => spend.minute),
        );
        const most = passed
          .filter((one) => minuteOf(one.at) <= sumsEnd || isSpendCurrent(spendAt(one.at), at))
          .reduce((sum, one) => sum + (one.request.value ?? 0), 0);
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

describe('holds', () => {
  test('the first hold of what is asked is remembered', () => {
    const record = answered([
      answer({ decision: 'HOLD' }),
      answer({ decision: 'HOLD', at: T0 + HOUR }),
      answer({ decision: 'HOLD', at: T0 + HOUR, value: 1_000_000 }),
      answer({ decision: 'REJECT', withdrawal: 'w2' }),
    ]);
    expect(record.holds).toMatchObject([{ withdrawal: 'w', firstHeldAt: T0, amount: '1', asset: 'BTC' }]);
    expect(record.holds).toHaveLength(1);
  });

  test.each([
    ['another destination', { destination: { id: 'other', suffix: '', network: 'bitcoin' } }, true],
    ['another asset', { asset: 'ETH' }, true],
    ['more', { amount: '1.00000001' }, true],
    ['less', { amount: '0.99' }, false],
    ['the same, written in another way', { amount: '01.00' }, false],
  ])('%s begins it anew: %j', (_, change, anew) => {
    const later = { decision: 'HOLD' as const, at: T0 + HOUR, request: change };
    const { holds } = answered([answer({ decision: 'HOLD' }), answer(later)]);
    expect(holds.map(({ firstHeldAt, since }) => [firstHeldAt, since])).toEqual([
      anew ? [T0 + HOUR, T0] : [T0, undefined],
    ]);
    // However often it changes, when it was first held at all stays known.
    const third = answered(
      [answer({ decision: 'HOLD', at: T0 + 2 * HOUR, request: { asset: 'DOGE' } })],
      answered([answer({ decision: 'HOLD' }), answer(later)]),
    );
    expect(third.holds).toMatchObject([{ firstHeldAt: T0 + 2 * HOUR, since: T0 }]);
  });

  test('a withdrawal has its newest release', () => {
    const release = { withdrawal: 'w', destination: 'd', ceiling: 5, releasedAt: T0 + 100 };
    const record = [
      release,
      { ...release, releasedAt: T0 + 99, ceiling: 9 },
      { ...release, withdrawal: 'w2', releasedAt: T0 + 200 },
      { ...release, releasedAt: T0 + 101, ceiling: 7 },
    ].reduce((ledger, one) => evolveLedger(ledger, { kind: 'release', release: one }), EMPTY_LEDGER);
    expect(record.releases.map(({ withdrawal, ceiling }) => [withdrawal, ceiling])).toEqual([
      ['w2', 5],
      ['w', 7],
    ]);
  });
});

describe('what counts as money moved', () => {
  const reported = (became: ReportedWithdrawal['became'], allowed: boolean, at = T0): ReportedWithdrawal => ({
    withdrawal: 'w',
    became,
    at,
    observedAt: at,
    value: 100,
    destination: 'destination-1',
    young: false,
    allowed,
  });
  const told = (record: LedgerRecord, ...reports: readonly ReportedWithdrawal[]): LedgerRecord =>
    reports.reduce((ledger, one) => evolveLedger(ledger, { kind: 'outcome', reported: one }), record);
  const MINUTES_30 = 30 * MINUTE;

  test('a question counts for 30 minutes, then only if an ALLOW followed', () => {
    const asked = answered([answer({ decision: 'STEP_UP' })]);
    expect(total(asked, T0 + MINUTES_30)).toBe(100);
    expect(total(asked, T0 + MINUTES_30 + MINUTE)).toBe(0);
    const confirmed = answered([answer({ at: T0 + 10 * MINUTE })], asked);
    expect(total(confirmed, T0 + DAY)).toBe(100);
  });

  test('a question that the exchange reported as sent counts', () => {
    const asked = answered([answer({ decision: 'STEP_UP' })]);
    expect(total(told(asked, reported('SENT', false)), T0 + 20 * HOUR)).toBe(100);
    // Days later, too: the question itself was forgotten meanwhile.
    const later = answered([answer({ withdrawal: 'w2', at: T0 + 3 * DAY, value: 7 })], asked);
    const { outflows = [] } = answered(
      [answer({ withdrawal: 'w3', at: T0 + 3 * DAY, value: 0 })],
      told(later, reported('SENT', false)),
    );
    expect(outflows.map(({ value, sent }) => [value, sent])).toEqual([[100, true]]);
  });

  test('a cancelled one is subtracted, today and later, unless it was sent', () => {
    const allowed = answered([answer()]);
    expect(total(told(allowed, reported('CANCELLED', true)), T0)).toBe(0);
    expect(total(told(allowed, reported('CANCELLED', true), reported('UNKNOWN', true)), T0)).toBe(100);
    expect(total(told(allowed, reported('SENT', true), reported('CANCELLED', true)), T0)).toBe(100);
    const later = answered([answer({ withdrawal: 'w2', at: T0 + 3 * DAY })], allowed);
    expect(later.outflows).toHaveLength(1);
    expect(told(later, reported('CANCELLED', true)).outflows ?? []).toEqual([]);
  });

  test('one that is summed already is not taken for cancelled, nor counted twice as sent', () => {
    const many = Array.from({ length: 70 }, (_, n) => answer({ withdrawal: `o${n}`, at: T0 + n * MINUTE }));
    const crowded = answered([answer(), ...many]);
    expect(told(crowded, reported('CANCELLED', true))).toEqual(crowded);
    expect(told(crowded, reported('SENT', true))).toEqual(crowded);
    // What was not allowed is in no sum.
    expect(total(told(crowded, reported('SENT', false)), T0 + HOUR)).toBe(total(crowded, T0 + HOUR) + 100);
  });

  test('an ALLOW asked again and held is let go of, unless it was sent', () => {
    expect(total(answered([answer(), answer({ decision: 'HOLD' })]), T0)).toBe(0);
    const sent = told(answered([answer()]), reported('SENT', true));
    expect(total(answered([answer({ decision: 'HOLD' })], sent), T0)).toBe(100);
  });

  test('what was sent stays what it was, whatever is asked under its id afterwards', () => {
    const sent = told(answered([answer()]), reported('SENT', true));
    const less = answered([answer({ at: T0 + HOUR, value: 1 })], sent);
    expect(total(less, T0 + HOUR)).toBe(101);
    // Days later, too.
    const later = answered([answer({ withdrawal: 'w2', at: T0 + 3 * DAY, value: 7 })], sent);
    const again = answered([answer({ at: T0 + 4 * DAY, value: 1 })], later);
    const { outflows = [] } = again;
    expect(outflows.map(({ withdrawal, value }) => [withdrawal, value])).toEqual([['', 100]]);
  });

  test('an answer to less of it does not make less what was sent by the answer before', () => {
    const less = answered([answer(), answer({ at: T0 + 20 * MINUTE, value: 1 })]);
    expect(total(told(less, reported('SENT', true)), T0 + HOUR)).toBe(100);
  });

  test('a cancellation says nothing of what was asked again after it', () => {
    const again = answered([answer(), answer({ at: T0 + HOUR })]);
    expect(total(told(again, reported('CANCELLED', true)), T0 + HOUR)).toBe(100);
    const cancelledNow = { ...reported('CANCELLED', true), observedAt: T0 + HOUR };
    expect(total(told(again, cancelledNow), T0 + HOUR)).toBe(0);
  });
});

describe('the 30 days before', () => {
  const outflowTotal = (record: LedgerRecord, now: number): number =>
    (record.outflows ?? [])
      .filter(({ minute }) => isOutflowCurrent(minute, now))
      .reduce((sum, { value }) => sum + value, 0);

  test('exact for 48 withdrawals, beyond that never less', () => {
    const step = fc.record({
      hours: fc.integer({ min: 0, max: 60 }),
      value: fc.nat({ max: 1_000 }),
      decision: fc.constantFrom<Decision>('ALLOW', 'STEP_UP', 'HOLD'),
      young: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 150 }), (steps) => {
        let at = T0;
        const answers = steps.map(({ hours, value, decision, young }, n) => {
          at += hours * HOUR;
          const addedAt = young ? at - DAY : at - 100 * DAY;
          const destination = { id: `d${n % 3}`, suffix: '', network: 'bitcoin', addedAt };
          return answer({ withdrawal: `w${n}`, at, value, decision, request: { destination } });
        });
        const now = at + 2 * DAY;
        const record = answered([...answers, answer({ withdrawal: 'last', at: now, decision: 'HOLD' })]);
        const passed = answers.filter(
          ({ decision, at: then }) => decision === 'ALLOW' && now < then + 30 * DAY,
        );
        const exact = passed.reduce((sum, one) => sum + (one.request.value ?? 0), 0);
        expect(outflowTotal(record, now)).toBeGreaterThanOrEqual(exact);
        if (answers.length <= 48) {
          const counted = answers.filter(
            ({ decision, at: then }) => decision === 'ALLOW' && isOutflowCurrent(minuteOf(then), now),
          );
          expect(record.outflows ?? []).toHaveLength(counted.length);
        }
        expect((record.outflows ?? []).length).toBeLessThanOrEqual(48 + 16);
      }),
    );
  });

  test('a balance is the value over the share; only higher ones than all newer are kept, and 30 days', () => {
    const at = (days: number, value: number, balanceShare: number) =>
      answer({
        withdrawal: `w${days}`,
        at: T0 + days * DAY,
        value,
        request: { balanceShare },
        decision: 'HOLD',
      });
    const { balances } = answered([at(0, 50, 0.1), at(1, 10, 0.1), at(2, 30, 0.1), at(3, 20, 0.1)]);
    expect(balances?.map(({ balance }) => balance)).toEqual([200, 300, 500]);
    expect(answered([at(31, 10, 0.1)], { ...EMPTY_LEDGER, balances: balances ?? [] }).balances).toMatchObject(
      [{ balance: 100 }, { balance: 200 }, { balance: 300 }],
    );
    expect(answered([at(0, 50, 0), at(1, 50, 0.0009)]).balances).toBeUndefined();
    const falling = Array.from({ length: 30 }, (_, n) => at(n, 3_000 - n, 0.5));
    const few = answered(falling).balances ?? [];
    expect(few).toHaveLength(12);
    expect(few.every(({ balance }) => balance <= 6_000)).toBe(true);
  });

  test('an unknown value is what its share is of the highest balance', () => {
    const known = answer({ withdrawal: 'w1', value: 500, request: { balanceShare: 0.5 } });
    const unknown = answer({ withdrawal: 'w2', value: undefined, request: { balanceShare: 0.25 } });
    expect(answered([known, unknown]).spends[0]).toMatchObject({ value: 1e14, moved: 250 });
  });
});

describe('first uses', () => {
  const real = { balanceShare: 0.05, value: 10_000, deviceId: 'device-1' };

  test('only an allowed withdrawal of real size is a use, and the first one counts', () => {
    const small = answer({ request: { ...real, balanceShare: 0.049 } });
    const asked = answer({ request: real, decision: 'STEP_UP' });
    expect(answered([small, asked]).uses).toBeUndefined();
    const { uses } = answered([
      answer({ request: real }),
      answer({ request: { ...real, deviceId: 'device-2' }, at: T0 + DAY }),
      answer({ request: real, at: T0 + 2 * DAY }),
    ]);
    expect(uses?.filter(({ tag }) => tag.startsWith('d')).map(({ tag, first }) => [tag, first])).toEqual([
      ['ddevice-1', minuteOf(T0)],
      ['ddevice-2', minuteOf(T0 + DAY)],
    ]);
    expect(uses?.filter(({ tag }) => tag.startsWith('a'))).toHaveLength(1);
  });

  test('a share of next to nothing, or of what has no price, is no loss that an owner sees', () => {
    const { value: _, ...unpriced } = real;
    expect(answered([answer({ request: { ...real, value: 9_999, balanceShare: 1 } })]).uses).toBeUndefined();
    expect(answered([answer({ value: undefined, request: unpriced })]).uses).toBeUndefined();
  });

  test('without a share, 1,000 units of the currency are of real size', () => {
    expect(answered([answer({ value: 99_999 })]).uses).toBeUndefined();
    expect(answered([answer({ value: 100_000 })]).uses).toHaveLength(1);
  });

  test('a factor is used when it was verified for the withdrawal; enrolled again it is another', () => {
    const factors = [
      { channel: 'TOTP' as const, enrolledAt: T0 - DAY, verifiedAt: T0 - 15 * MINUTE },
      { channel: 'PASSKEY' as const, enrolledAt: T0 - DAY },
      { channel: 'SMS' as const, enrolledAt: T0 - DAY, verifiedAt: T0 - 16 * MINUTE },
    ];
    const { uses } = answered([answer({ request: { ...real, factors } })]);
    expect(uses?.filter(({ tag }) => tag.startsWith('f')).map(({ tag }) => tag)).toEqual([
      `fTOTP${(T0 - DAY).toString(36)}`,
    ]);
  });

  test('what a cancelled withdrawal was the first use of is new again', () => {
    const used = answered([answer({ request: real })]);
    const reported = {
      withdrawal: 'w',
      at: T0,
      observedAt: T0,
      value: 100,
      destination: 'd',
      young: false,
      allowed: true,
    };
    const cancelled = evolveLedger(used, { kind: 'outcome', reported: { ...reported, became: 'CANCELLED' } });
    expect(cancelled.uses).toBeUndefined();
  });

  test('each kind has its places: others do not take them', () => {
    const many = Array.from({ length: 40 }, (_, n) =>
      answer({ request: { ...real, deviceId: `device${n}` }, at: T0 + n * HOUR }),
    );
    const { uses = [] } = answered(many);
    expect(uses.filter(({ tag }) => tag.startsWith('d'))).toHaveLength(6);
    expect(uses.filter(({ tag }) => tag.startsWith('a'))).toHaveLength(1);
  });
});

describe('what was noted under an unconfirmed clock', () => {
  const LEAD = 30 * DAY;
  const unconfirmed = answered([
    answer({ leadMs: LEAD }),
    answer({ withdrawal: 'held', decision: 'HOLD', leadMs: LEAD }),
  ]);
  const spend = unconfirmed.spends.find(({ withdrawal }) => withdrawal === 'w');
  const [hold] = unconfirmed.holds;
  const countedAt = (now: number): number =>
    total({ ...unconfirmed, spends: unconfirmed.spends.map((one) => settledSpend(one, now)) }, now);

  test('counts by the later time once that has come: the clock was right', () => {
    expect(countedAt(T0 + LEAD + HOUR)).toBe(100);
    expect(hold && settledHold(hold, T0 + LEAD)).toMatchObject({
      withdrawal: 'held',
      firstHeldAt: T0 + LEAD,
    });
  });

  test('counts by the earlier time while the later lies ahead: the clock was wrong, and what is held still ends', () => {
    expect(countedAt(T0 + HOUR)).toBe(100);
    expect(countedAt(T0 + 2 * DAY)).toBe(0);
    expect(hold && settledHold(hold, T0 + HOUR)).toMatchObject({ withdrawal: 'held', firstHeldAt: T0 });
  });

  test('is told to a decision as one time', () => {
    expect(spend && settledSpend(spend, T0)).toEqual(expect.not.objectContaining({ leadMs: LEAD }));
    expect(hold && settledHold(hold, T0)).toEqual(expect.not.objectContaining({ leadMs: LEAD }));
  });
});
