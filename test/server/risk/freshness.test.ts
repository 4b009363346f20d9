import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DEADLINE_RESERVE_MS, MAX_FRESHNESS_WAIT_MS, whenFresh } from '../../../src/server/risk/freshness.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** Waits until the clock has told the answer, and says how long that took. */
async function timed(answer: Promise<boolean>): Promise<{ fresh: boolean; waitedMs: number }> {
  const startedAt = performance.now();
  let done: { fresh: boolean; waitedMs: number } | undefined;
  void answer.then((fresh) => {
    done = { fresh, waitedMs: performance.now() - startedAt };
  });
  for (let elapsedMs = 0; done === undefined && elapsedMs < 1_000; elapsedMs++) {
    await vi.advanceTimersByTimeAsync(1);
  }
  if (done === undefined) throw new Error('it waits for ever');
  return done;
}

describe('I6: the wait for freshness is bounded', () => {
  test('a position that never comes is given up after 25 ms', async () => {
    const { fresh, waitedMs } = await timed(whenFresh({ head: 1 }, 2, Number.POSITIVE_INFINITY));
    expect(fresh).toBe(false);
    expect(waitedMs).toBe(MAX_FRESHNESS_WAIT_MS);
  });

  test('it never runs into the last 5 ms before the deadline', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -50, max: 200 }), async (leftMs) => {
        const deadlineAt = performance.now() + leftMs;
        const { fresh, waitedMs } = await timed(whenFresh({ head: 1 }, 2, deadlineAt));
        expect(fresh).toBe(false);
        expect(waitedMs).toBeLessThanOrEqual(
          Math.max(0, Math.min(MAX_FRESHNESS_WAIT_MS, leftMs - DEADLINE_RESERVE_MS)),
        );
      }),
      { numRuns: 40 },
    );
  });

  test('it ends as soon as the position is there', async () => {
    const log = { head: 1 };
    setTimeout(() => {
      log.head = 2;
    }, 7);
    const { fresh, waitedMs } = await timed(whenFresh(log, 2, Number.POSITIVE_INFINITY));
    expect(fresh).toBe(true);
    expect(waitedMs).toBeLessThanOrEqual(8);
  });

  test('a position that is there already is not waited for', async () => {
    expect(await timed(whenFresh({ head: 5 }, 5, 0))).toEqual({ fresh: true, waitedMs: 0 });
  });
});
