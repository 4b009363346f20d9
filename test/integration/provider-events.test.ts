import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CohortRecord, ProviderEventRecord } from '../../src/decision/evidence.js';
import { Channel, Decision, ReasonSource } from '../../src/gen/holdfast/v1/decision_pb.js';
import { SignalType } from '../../src/gen/holdfast/v1/signal_pb.js';
import { START, startTestService, stopServices, type TestService } from './harness.js';
import { ago, codes, DAY_MS, HOUR_MS, reset, theft, usual } from './requests.js';

let running: TestService;

beforeEach(async () => {
  running = await startTestService();
});

afterEach(stopServices);

const COMPROMISE: ProviderEventRecord = {
  type: 'CREDENTIAL_COMPROMISE',
  provider: 'att',
  id: 'token-1',
  occurredAt: START - 3 * DAY_MS,
  issuedAt: START - DAY_MS,
  receivedAt: START - DAY_MS,
  timeIs: 'OCCURRED',
  unauthorised: true,
  confidence: 1,
};

/** What the feed writes when a provider speaks of one mailbox. */
async function tell(address: string, changes: Partial<ProviderEventRecord> = {}): Promise<void> {
  const event = { ...COMPROMISE, ...changes };
  const [alias] = running.mailbox(address).aliases;
  if (alias === undefined) throw new Error('a mailbox has at least one alias');
  await running.write('', {
    kind: 'provider-event',
    provider: event.provider,
    tokenId: event.id,
    content: { kind: 'event', alias: alias.alias, event },
  });
}

async function retract(id: string): Promise<void> {
  await running.write('', {
    kind: 'provider-event',
    provider: 'att',
    tokenId: `retraction-of-${id}`,
    content: { kind: 'retraction', retraction: { provider: 'att', id, issuedAt: START } },
  });
}

describe('a provider event', () => {
  test('changes the next answer, names its provider and takes the mailbox out of trust', async () => {
    const before = await running.assess(usual('w-1'));
    await tell('victor@att.net');
    const after = await running.assess(usual('w-2'));
    expect([before.score, after.score]).toEqual([0, 45]);
    expect(after.untrustedChannels).toEqual([Channel.EMAIL]);
    expect(after.reasons[0]).toMatchObject({
      code: 'MAILBOX_EXPOSED',
      source: ReasonSource.PROVIDER,
      provider: 'att',
    });
  });

  test('counts for a mailbox that is named for the first time only later', async () => {
    await tell('stranger@att.net');
    const answer = await running.assess(usual('w-1', { accountId: 'new', email: 'Stranger@ATT.net' }));
    expect(codes(answer)).toContain('MAILBOX_EXPOSED');
  });

  test('together with a reset rejects, since somebody named the compromise', async () => {
    await running.report(reset(), reset({ type: SignalType.MFA_RESET }));
    expect((await running.assess(theft('w-1'))).decision).toBe(Decision.HOLD);
    await tell('victor@att.net');
    expect((await running.assess(theft('w-2'))).decision).toBe(Decision.REJECT);
  });

  test('is still known after a restart', async () => {
    await tell('victor@att.net');
    running = await running.restart();
    expect(codes(await running.assess(usual('w-1')))).toContain('MAILBOX_EXPOSED');
  });

  test('says nothing of other mailboxes of the domain', async () => {
    await tell('victor@att.net');
    expect((await running.assess(usual('w-1', { email: 'other@att.net', accountId: 'b' }))).score).toBe(0);
  });

  test('that is retracted no longer counts, whichever came first', async () => {
    await tell('victor@att.net');
    await retract('token-1');
    await retract('token-2');
    await tell('victor@att.net', { id: 'token-2', issuedAt: START - 2 * DAY_MS });
    expect((await running.assess(usual('w-1'))).score).toBe(0);
  });

  test('is closed by the mailbox being secured again', async () => {
    await tell('victor@att.net');
    await tell('victor@att.net', {
      type: 'RESECURED',
      id: 'token-2',
      occurredAt: START - HOUR_MS,
      unauthorised: false,
    });
    const answer = await running.assess(usual('w-1'));
    expect([answer.score, answer.untrustedChannels]).toEqual([0, []]);
  });
});

describe('the thief changes the e-mail address first', () => {
  test('and the mailbox before it still counts, whatever the request names', async () => {
    await running.assess(usual('w-1'));
    await running.report({
      accountId: 'account-1',
      email: 'thief@example.org',
      type: SignalType.EMAIL_CHANGED,
      occurredAt: ago(HOUR_MS),
    });
    await tell('victor@att.net');
    const answers = [
      await running.assess(usual('w-2', { email: 'thief@example.org' })),
      await running.assess(usual('w-3', { email: '' })),
    ];
    expect(answers.map(codes)).toEqual([['MAILBOX_EXPOSED'], ['MAILBOX_EXPOSED']]);
  });

  test('and an event that comes first is found under the old mailbox too', async () => {
    await running.assess(usual('w-1'));
    await tell('victor@att.net');
    running = await running.restart();
    const answer = await running.assess(usual('w-2', { email: 'thief@example.org' }));
    expect(codes(answer)).toContain('MAILBOX_EXPOSED');
  });
});

describe('a cohort', () => {
  const COHORT: CohortRecord = {
    id: 'incident-1',
    provider: 'att',
    domains: ['att.net', 'sbcglobal.net'],
    mechanism: 'mail-keys',
    from: START - 5 * DAY_MS,
    share: 0.02,
    confidence: 1,
    issuedAt: START - DAY_MS,
    retracted: false,
  };

  async function tellCohort(changes: Partial<CohortRecord> = {}): Promise<void> {
    const cohort = { ...COHORT, ...changes };
    await running.write('', {
      kind: 'provider-event',
      provider: 'att',
      tokenId: `cohort-${cohort.issuedAt}`,
      content: { kind: 'cohort', cohort },
    });
  }

  test('raises the score of its domains and holds nobody', async () => {
    await tellCohort();
    const inside = await running.assess(usual('w-1'));
    const sister = await running.assess(usual('w-2', { email: 'x@sbcglobal.net', accountId: 'b' }));
    const outside = await running.assess(usual('w-3', { email: 'x@example.com', accountId: 'c' }));
    expect([inside, sister, outside].map(({ score }) => score > 0)).toEqual([true, true, false]);
    expect(inside.reasons.map(({ source }) => source)).toEqual([ReasonSource.COHORT]);
    expect(inside.decision).toBe(Decision.ALLOW);
  });

  test('is taken back by its provider', async () => {
    await tellCohort();
    await retract(`cohort-${COHORT.issuedAt}`);
    expect((await running.assess(usual('w-1'))).score).toBe(0);
  });
});
