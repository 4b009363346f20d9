import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { replayAssessment } from '../../src/cli/assessment.js';
import type { CohortRecord } from '../../src/decision/evidence.js';
import { Decision } from '../../src/gen/holdfast/v1/decision_pb.js';
import { FeedService, type Governor } from '../../src/gen/holdfast/v1/feed_service_pb.js';
import { type AssessWithdrawalResponse, RiskService } from '../../src/gen/holdfast/v1/risk_service_pb.js';
import { SignalType } from '../../src/gen/holdfast/v1/signal_pb.js';
import { askOf, nameMailboxOf, startGoverned } from './governor-world.js';
import { details, failure, type RequestInit, START, stopServices, type TestService } from './harness.js';
import { codes, DAY_MS, reset, usual } from './requests.js';

let running: TestService;

beforeEach(async () => {
  running = await startGoverned();
});
afterEach(stopServices);

function nameMailbox(customer: number): Promise<void> {
  return nameMailboxOf(running, customer);
}

function ask(customer: number, changes: RequestInit = {}): Promise<AssessWithdrawalResponse> {
  return askOf(running, customer, changes);
}

async function governors(): Promise<readonly Governor[]> {
  const { feed } = await running.client.call(FeedService.method.getFeed, { provider: 'att' });
  return feed?.governors ?? [];
}

const lift = { provider: 'att', actor: 'olga', reason: 'looked at it with the provider' };

async function nameAndAsk(customer: number): Promise<Decision> {
  await nameMailbox(customer);
  return (await ask(customer)).decision;
}

describe("a provider's governor", () => {
  test('past its limit the word alone asks for a step-up, loudly; who was held stays held', async () => {
    expect((await ask(1)).decision).toBe(Decision.ALLOW);
    expect([await nameAndAsk(1), await nameAndAsk(2)]).toEqual([Decision.HOLD, Decision.HOLD]);
    expect((await governors())[0]).toMatchObject({ usedAccounts: 2n, maxAccounts: 2n, tripped: false });

    await nameMailbox(3);
    const third = await ask(3);
    expect(third.decision).toBe(Decision.STEP_UP);
    expect(third.score).toBe(65);
    expect(third.holdUntil).toBeUndefined();
    expect(third.reasons).toContainEqual(
      expect.objectContaining({ code: 'PROVIDER_GOVERNED', points: 0, provider: 'att' }),
    );
    expect((await ask(1)).decision).toBe(Decision.HOLD);

    const [governor] = await governors();
    expect(governor).toMatchObject({ usedAccounts: 2n, usedValue: '10000.00', tripped: true });
    expect(governor?.trippedAt?.seconds).toBe(BigInt(START / 1000));
    const lines = running.logLines.filter((line) => line.includes('feed_governor_tripped'));
    expect(lines).toHaveLength(1);
    const { text } = await running.ops('/metrics');
    expect(text).toContain('holdfast_feed_governor_tripped{provider="att",scope="provider"} 1');
    expect(text).toContain('holdfast_feed_governed_total{provider="att",scope="provider"} 1');
  });

  test('stays tripped when the window has passed, until a person lifts it; then it counts anew', async () => {
    for (const customer of [1, 2, 3]) await nameAndAsk(customer);
    running.clock.now += 2 * DAY_MS;
    expect((await governors())[0]).toMatchObject({ usedAccounts: 0n, tripped: true });
    expect((await ask(3)).decision).toBe(Decision.STEP_UP);

    const { governor } = await running.client.call(FeedService.method.liftGovernor, lift);
    expect(governor).toMatchObject({ tripped: false, liftedBy: 'olga', liftReason: lift.reason });
    expect((await ask(3)).decision).toBe(Decision.HOLD);
    expect((await governors())[0]).toMatchObject({ usedAccounts: 1n, tripped: false });
    expect(running.logLines.some((line) => line.includes('feed_governor_lifted'))).toBe(true);
  });

  test('a window that passes before anything was made milder gives the limit back', async () => {
    for (const customer of [1, 2]) await nameAndAsk(customer);
    running.clock.now += DAY_MS;
    expect(await nameAndAsk(3)).toBe(Decision.HOLD);
    expect((await governors())[0]).toMatchObject({ usedAccounts: 1n, tripped: false });
  });

  test("counts no withdrawal that the account's own signals hold, no dry run, and no account twice", async () => {
    await nameMailbox(1);
    await ask(1, { dryRun: true });
    expect((await governors())[0]).toMatchObject({ usedAccounts: 0n });
    await running.report(
      reset({ accountId: 'account-2', email: 'c2@att.net' }),
      reset({ accountId: 'account-2', email: 'c2@att.net', type: SignalType.MFA_RESET }),
    );
    await nameMailbox(2);
    expect((await ask(2)).decision).toBe(Decision.REJECT);
    expect((await governors())[0]).toMatchObject({ usedAccounts: 0n });
    await ask(1);
    await ask(1, { referenceValue: 6_000 });
    expect((await governors())[0]).toMatchObject({ usedAccounts: 1n, usedValue: '6000.00' });
  });

  test('survives a restart, and a state that is lost: the log tells it again', async () => {
    for (const customer of [1, 2, 3]) await nameAndAsk(customer);
    const before = await governors();
    running = await running.restart();
    expect(await governors()).toEqual(before);
    await running.stop();
    rmSync(join(running.folder, 'data', 'state'), { recursive: true });
    running = await running.restart();
    expect(await governors()).toEqual(before);
    expect((await ask(3)).decision).toBe(Decision.STEP_UP);
    expect((await ask(2)).decision).toBe(Decision.HOLD);
    await running.client.call(FeedService.method.liftGovernor, lift);
    running = await running.restart();
    expect((await governors())[0]).toMatchObject({ tripped: false, liftedBy: 'olga', usedAccounts: 0n });
  });

  test('I1: an answer that it made milder is the same after a lift, and replays to the same bytes', async () => {
    for (const customer of [1, 2]) await nameAndAsk(customer);
    await nameMailbox(3);
    const given = await ask(3);
    await running.client.call(FeedService.method.liftGovernor, lift);
    const { assessmentId } = given;
    const { assessment } = await running.client.call(RiskService.method.getAssessment, { assessmentId });
    expect(assessment?.response).toEqual(given);
    await running.stop();
    const lines: string[] = [];
    const terminal = {
      out: (text: string) => lines.push(text),
      err: () => {},
      colour: false,
      interactive: false,
    };
    const env = { HOLDFAST_DATA_DIR: join(running.folder, 'data') };
    expect(await replayAssessment(assessmentId, { json: true }, env, terminal)).toBe(0);
    expect(JSON.parse(lines.join('\n'))).toMatchObject({ identical: true });
  });
});

describe('lifting', () => {
  test('needs who and why, and a governor that has tripped', async () => {
    const empty = await failure(running.client.call(FeedService.method.liftGovernor, {}));
    expect(details(empty).badRequest?.fieldViolations.map(({ field }) => field)).toEqual([
      'provider',
      'actor',
      'reason',
    ]);
    const early = await failure(running.client.call(FeedService.method.liftGovernor, lift));
    expect(details(early).info?.reason).toBe('GOVERNOR_NOT_TRIPPED');
  });
});

describe("an incident's governor", () => {
  const cohort: CohortRecord = {
    id: 'incident-1',
    provider: 'att',
    domains: ['att.net'],
    mechanism: 'app-passwords',
    from: START - 10 * DAY_MS,
    share: 0.5,
    confidence: 1,
    issuedAt: START - DAY_MS,
    retracted: false,
  };

  let asked = 0;

  /** Signals that nearly hold by themselves: the incident tips the scales. */
  async function nearlyHeld(customer: number): Promise<Decision> {
    const whose = { accountId: `account-${customer}`, email: `c${customer}@att.net` };
    await running.report(
      reset({ ...whose, type: SignalType.MFA_RESET }),
      reset({ ...whose, type: SignalType.NEW_DEVICE }),
    );
    asked += 1;
    const { decision, reasons } = await running.assess(
      usual(`usual-${asked}`, { ...whose, referenceValue: 20_000 }),
    );
    lastCodes = reasons.map(({ code }) => code);
    return decision;
  }
  let lastCodes: readonly string[] = [];

  test('limits the incident alone: what the provider says of single mailboxes keeps its weight', async () => {
    expect(await nearlyHeld(1)).toBe(Decision.STEP_UP);
    await running.write('', {
      kind: 'provider-event',
      provider: 'att',
      tokenId: 'token-cohort',
      content: { kind: 'cohort', cohort },
    });
    expect(await nearlyHeld(1)).toBe(Decision.HOLD);
    expect(await nearlyHeld(2)).toBe(Decision.STEP_UP);
    expect(lastCodes).toContain('COHORT_GOVERNED');
    expect(await governors()).toMatchObject([
      { cohortId: '', usedAccounts: 1n, tripped: false },
      { cohortId: 'incident-1', usedAccounts: 1n, maxAccounts: 1n, tripped: true },
    ]);
    expect(await nameAndAsk(3)).toBe(Decision.HOLD);
    await running.client.call(FeedService.method.liftGovernor, { ...lift, cohortId: 'incident-1' });
    expect((await governors())[1]).toMatchObject({ tripped: false, liftedBy: 'olga' });
  });
});

describe('limits by registration', () => {
  test('max_decision: the word alone makes no answer sterner', async () => {
    await stopServices();
    running = await startGoverned('    max_decision: step_up\n');
    await nameMailbox(1);
    const answer = await ask(1);
    expect(answer.decision).toBe(Decision.STEP_UP);
    expect(codes(answer)).toContain('PROVIDER_MAX_DECISION');
    expect((await governors())[0]).toMatchObject({ usedAccounts: 0n });
  });

  test('GetFeed shows limits beside what became of the feed', async () => {
    const { feed } = await running.client.call(FeedService.method.getFeed, { provider: 'att' });
    expect(feed).toMatchObject({
      provider: 'att',
      gaps: [],
      parkedCount: 0n,
      lag: { seconds: 0n },
      heartbeatInterval: { seconds: 60n },
      limits: { maxConfidence: 1, maxDecision: Decision.REJECT, cohorts: true, mailboxQuota: 1_000_000n },
    });
    expect(feed?.governors).toMatchObject([{ window: { seconds: 86_400n }, maxValue: '' }]);
  });

  test('a value limit counts the largest withdrawal held of each account', async () => {
    await stopServices();
    running = await startGoverned('    governor: { max_value: "7500.00" }\n');
    expect(await nameAndAsk(1)).toBe(Decision.HOLD);
    expect(await nameAndAsk(2)).toBe(Decision.HOLD);
    expect(await nameAndAsk(3)).toBe(Decision.STEP_UP);
    expect((await governors())[0]).toMatchObject({ usedValue: '10000.00', maxValue: '7500.00' });
  });
});
