import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Decision } from '../../src/gen/holdfast/v1/decision_pb.js';
import { asOf } from '../../src/server/risk/as-of.js';
import { startTestService, stopServices, type TestService } from './harness.js';
import { codes, degradations, reset, usual } from './requests.js';

let running: TestService;

beforeEach(async () => {
  running = await startTestService();
});

afterEach(stopServices);

function ahead(entries: number): string {
  return asOf(running.service.stores.journal.head + entries);
}

describe('I6: the hot path waits for nothing but a freshness that was asked for', () => {
  test('an as_of of signals is known at once', async () => {
    const { asOf: reported } = await running.report(reset());
    const answer = await running.assess(usual('w-1', { atLeastAsFresh: reported }));
    expect(degradations(answer)).not.toContain('BEHIND');
    expect(codes(answer)).toContain('PASSWORD_RESET');
  });

  test('the as_of of an answer includes it', async () => {
    const first = await running.assess(usual('w-1'));
    const second = await running.assess(usual('w-2', { atLeastAsFresh: first.asOf }));
    expect(degradations(second)).not.toContain('BEHIND');
    expect(second.asOf).not.toBe(first.asOf);
  });

  test('one that never comes ends in an answer that says BEHIND', async () => {
    const answer = await running.assess(usual('w-1', { atLeastAsFresh: ahead(10) }));
    expect(degradations(answer)).toContain('BEHIND');
    expect(answer.decision).toBe(Decision.ALLOW);
  });

  test('above the value where the policy lets it pass, BEHIND asks for a step-up', async () => {
    const answer = await running.assess(usual('w-1', { atLeastAsFresh: ahead(10), referenceValue: 20_000 }));
    expect(answer.decision).toBe(Decision.STEP_UP);
    expect(codes(answer)).toContain('STATE_BEHIND');
  });

  test('one that comes meanwhile is waited for', async () => {
    // The wait is short and the machine may be busy: one success shows it, and without a wait there would be none.
    const answers = [];
    for (let turn = 0; turn < 10; turn++) {
      const waiting = running.assess(usual(`w-${turn}`, { atLeastAsFresh: ahead(1) }));
      const reported = running.report(reset({ signalId: `s-${turn}` }));
      answers.push(await waiting);
      await reported;
    }
    const waited = answers.filter((answer) => !degradations(answer).includes('BEHIND'));
    expect(waited.length).toBeGreaterThan(0);
    expect(waited.every((answer) => codes(answer).includes('PASSWORD_RESET'))).toBe(true);
  });

  test('let pass while behind is counted', async () => {
    await running.assess(usual('w-1', { atLeastAsFresh: ahead(10) }));
    expect((await running.ops('/metrics')).text).toContain('holdfast_degraded_allows_total{tier="small"} 1');
  });
});
