import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { decide } from '../../src/decision/index.js';
import type { AssessmentInput } from '../../src/decision/input.js';
import { FlipTally, Shadows } from '../../src/policy/index.js';
import { MAX_CREDIT_MS, MAX_WAITING, TURN_BUDGET_MS } from '../../src/policy/shadow/shadows.js';
import { inputFor } from '../audit/recorded.js';
import { readSmallPolicy } from './small-policy.js';

const NOW = Date.UTC(2026, 0, 15);
const CANDIDATE = { number: 2, policy: readSmallPolicy() };

/** Withdrawals that the candidate decides in different ways: it gives points for a large share and for 100 up. */
function inputWith(balanceShare: number, value: number): AssessmentInput {
  const input = inputFor('account', NOW);
  return { ...input, request: { ...input.request, balanceShare, value } };
}

let turns: (() => void)[];
let nowMs: number;
let costMs: number;
let dropped: number[];

beforeEach(() => {
  turns = [];
  nowMs = 0;
  costMs = 0;
  dropped = [];
});

function newShadows(cpuShare = 1): Shadows {
  return new Shadows({
    cpuShare,
    nowMs: () => {
      nowMs += costMs;
      return nowMs;
    },
    later: (run) => void turns.push(run),
    nextTurn: (run) => void turns.push(run),
    observer: { compared: () => {}, dropped: (number) => void dropped.push(number) },
  });
}

function runTurns(): number {
  let count = 0;
  for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) {
    turn();
    count += 1;
  }
  return count;
}

test('counts what it would have decided, as one pass over the same inputs does', () => {
  const one = fc.record({
    share: fc.constantFrom(0.1, 0.6, 1),
    value: fc.integer({ min: 0, max: 200_000 }),
    before: fc.constantFrom('ALLOW' as const, 'HOLD' as const),
    turn: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 60 }), (offers) => {
      const shadows = newShadows();
      const expected = new FlipTally();
      shadows.start(CANDIDATE, NOW);
      for (const { share, value, before, turn } of offers) {
        const input = inputWith(share, value);
        shadows.offer(input, before);
        expected.add(before, decide(input, CANDIDATE.policy).decision, value);
        if (turn) runTurns();
      }
      runTurns();
      expect(shadows.summary(2)).toEqual({
        comparedCount: offers.length,
        droppedCount: 0,
        flips: expected.flips(),
        since: NOW,
      });
    }),
  );
});

describe('never in the way of answers', () => {
  test('nothing is decided while an answer is given', () => {
    const shadows = newShadows();
    shadows.start(CANDIDATE, NOW);
    shadows.offer(inputWith(1, 1), 'ALLOW');
    expect([shadows.summary(2)?.comparedCount, turns.length]).toEqual([0, 1]);
  });

  test('a turn ends when its time is over', () => {
    const shadows = newShadows();
    shadows.start(CANDIDATE, NOW);
    for (let index = 0; index < 10; index++) shadows.offer(inputWith(1, index), 'ALLOW');
    costMs = TURN_BUDGET_MS / 2;
    expect(runTurns()).toBe(5);
    expect(shadows.summary(2)?.comparedCount).toBe(10);
  });

  test('a full line drops and counts it', () => {
    const shadows = newShadows();
    shadows.start(CANDIDATE, NOW);
    for (let index = 0; index < MAX_WAITING + 3; index++) shadows.offer(inputWith(1, index), 'ALLOW');
    runTurns();
    expect(shadows.summary(2)).toMatchObject({ comparedCount: MAX_WAITING, droppedCount: 3 });
    expect(dropped).toEqual([2, 2, 2]);
  });

  test('the share of the processor is kept, whatever is offered, and what is left out is counted', () => {
    const share = 0.1;
    const costOfOneMs = 0.2;
    const load = fc.array(fc.record({ pauseMs: fc.integer({ min: 0, max: 20 }), count: fc.nat(30) }));
    fc.assert(
      fc.property(load, (bursts) => {
        const shadows = newShadows(share);
        shadows.start(CANDIDATE, NOW);
        const startedAt = nowMs;
        let offered = 0;
        for (const { pauseMs, count } of bursts) {
          nowMs += pauseMs;
          for (let index = 0; index < count; index++) shadows.offer(inputWith(1, index), 'ALLOW');
          offered += count;
          costMs = costOfOneMs;
          runTurns();
          costMs = 0;
        }
        const { comparedCount = 0, droppedCount = 0 } = shadows.summary(2) ?? {};
        expect(comparedCount + droppedCount).toBe(offered);
        // Beyond the share goes the credit of a quiet while, and what waited when the last of it was spent.
        const allowedMs = MAX_CREDIT_MS + (nowMs - startedAt) * share + 30 * costOfOneMs;
        expect(comparedCount * costOfOneMs).toBeLessThanOrEqual(allowedMs + 1e-6);
      }),
    );
  });

  test('with the whole share nothing is left out, however long a turn takes', () => {
    const shadows = newShadows(1);
    shadows.start(CANDIDATE, NOW);
    for (let index = 0; index < 5; index++) {
      costMs = 3 * MAX_CREDIT_MS;
      shadows.offer(inputWith(1, index), 'ALLOW');
      runTurns();
    }
    expect(shadows.summary(2)).toMatchObject({ comparedCount: 5, droppedCount: 0 });
  });

  test('used up, the share comes back with time', () => {
    const shadows = newShadows(0.1);
    shadows.start(CANDIDATE, NOW);
    costMs = 2 * MAX_CREDIT_MS;
    shadows.offer(inputWith(1, 1), 'ALLOW');
    runTurns();
    costMs = 0;
    shadows.offer(inputWith(1, 2), 'ALLOW');
    expect(shadows.summary(2)).toMatchObject({ comparedCount: 1, droppedCount: 1 });
    // A tenth of the time comes back.
    nowMs += 10 * MAX_CREDIT_MS;
    shadows.offer(inputWith(1, 3), 'ALLOW');
    runTurns();
    expect(shadows.summary(2)).toMatchObject({ comparedCount: 2, droppedCount: 1 });
  });

  test('without a shadow nothing is kept', () => {
    const shadows = newShadows();
    shadows.offer(inputWith(1, 1), 'ALLOW');
    expect(turns).toEqual([]);
  });
});

test('a candidate sees what comes after its start', () => {
  const shadows = newShadows();
  shadows.start(CANDIDATE, NOW);
  shadows.offer(inputWith(1, 1), 'ALLOW');
  shadows.start({ ...CANDIDATE, number: 3 }, NOW + 1);
  shadows.offer(inputWith(1, 2), 'ALLOW');
  runTurns();
  expect([shadows.summary(2)?.comparedCount, shadows.summary(3)?.comparedCount]).toEqual([2, 1]);
});

test('catching up waits for what was offered, not for what comes after', async () => {
  const shadows = newShadows();
  shadows.start(CANDIDATE, NOW);
  shadows.offer(inputWith(1, 1), 'ALLOW');
  costMs = TURN_BUDGET_MS;
  const first = shadows.caughtUp();
  shadows.offer(inputWith(1, 2), 'ALLOW');
  turns.shift()?.();
  await first;
  expect(shadows.summary(2)?.comparedCount).toBe(1);
});

test('stopping the last one lets nobody wait', async () => {
  const shadows = newShadows();
  shadows.start(CANDIDATE, NOW);
  shadows.offer(inputWith(1, 1), 'ALLOW');
  const waiting = shadows.caughtUp();
  shadows.stop(2);
  await waiting;
  expect([shadows.summary(2), shadows.numbers]).toEqual([undefined, []]);
});
