import { describe, expect, test } from 'vitest';
import { COHORT_COMPROMISE, RISC } from '../../src/feed/event-types.js';
import { Decision } from '../../src/gen/holdfast/v1/decision_pb.js';
import { FeedService } from '../../src/gen/holdfast/v1/feed_service_pb.js';
import type { AssessWithdrawalResponse } from '../../src/gen/holdfast/v1/risk_service_pb.js';
import type { TestService } from './harness.js';
import { feedWhere, mailbox, server, startProviderWorld } from './provider-world.js';
import { codes, theft } from './requests.js';

const COMPROMISE = { eventType: `${RISC}credential-compromise`, event: { credential_type: 'password' } };
const CUSTOMERS = 12;
const MAX_ACCOUNTS = 5;

/** A customer with a factor from long ago asks for what is held once the mailbox is named. */
function ask(service: TestService, customer: number, withdrawal: string): Promise<AssessWithdrawalResponse> {
  const email = `customer-${customer}@att.net`;
  return service.assess(theft(withdrawal, { accountId: `account-${customer}`, email }));
}

function numbered(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}

describe.runIf(server !== undefined)('a provider that names everybody', () => {
  test('holds as many accounts as it may; the others are asked for a step-up, until a person lifts that', async () => {
    const { service, publisher } = await startProviderWorld([`governor: { max_accounts: ${MAX_ACCOUNTS} }`]);
    for (const customer of numbered(CUSTOMERS)) {
      await publisher.publish({ subject: mailbox(`customer-${customer}`), ...COMPROMISE });
    }
    await feedWhere(service, ({ acceptedCount }) => acceptedCount === BigInt(CUSTOMERS));
    const answers = [];
    for (const customer of numbered(CUSTOMERS)) answers.push(await ask(service, customer, `w-${customer}`));
    const decisions = answers.map(({ decision }) => decision);
    expect(decisions.slice(0, MAX_ACCOUNTS).every((decision) => decision === Decision.HOLD)).toBe(true);
    expect(decisions.slice(MAX_ACCOUNTS).every((decision) => decision === Decision.STEP_UP)).toBe(true);
    const milder = answers.at(-1);
    expect(milder === undefined ? [] : codes(milder)).toContain('PROVIDER_GOVERNED');
    const { governors } = await feedWhere(service, () => true);
    expect(governors[0]).toMatchObject({ usedAccounts: BigInt(MAX_ACCOUNTS), tripped: true });
    await service.client.call(FeedService.method.liftGovernor, {
      provider: governors[0]?.provider ?? '',
      actor: 'olga',
      reason: 'the incident is real',
    });
    const last = CUSTOMERS - 1;
    expect((await ask(service, last, `w-${last}`)).decision).toBe(Decision.HOLD);
  });

  test('mailboxes that nobody uses fill no more than their quota; what they cost is visible', async () => {
    const { service, publisher } = await startProviderWorld(['mailbox_quota: 3']);
    for (const customer of numbered(5)) {
      await publisher.publish({ subject: mailbox(`customer-${customer}`), ...COMPROMISE });
    }
    const full = await feedWhere(service, ({ lastSeq }) => lastSeq === 5n);
    expect(full).toMatchObject({
      acceptedCount: 3n,
      missingCount: 0n,
      quarantined: [{ reason: 'MAILBOX_QUOTA', count: 2n }],
      limits: { mailboxQuota: 3n, unnamedMailboxCount: 3n },
    });
    const { text } = await service.ops('/metrics');
    expect(text).toContain(`holdfast_feed_unnamed_mailboxes{provider="${full.provider}"} 3`);
    // A customer who uses one of them makes room; a person has the refused one tried again.
    expect((await ask(service, 0, 'w-0')).decision).toBe(Decision.HOLD);
    const { messages } = await service.client.call(FeedService.method.listQuarantinedMessages, {
      reason: 'MAILBOX_QUOTA',
    });
    await service.client.call(FeedService.method.retryQuarantinedMessage, { id: messages[0]?.id ?? '' });
    const after = await feedWhere(service, ({ acceptedCount }) => acceptedCount === 4n);
    expect(after.limits?.unnamedMailboxCount).toBe(3n);
  });

  test('an incident of somebody else’s domains is refused', async () => {
    const { service, publisher } = await startProviderWorld();
    await publisher.publish({
      subject: { format: 'opaque', id: 'incident-1' },
      eventType: COHORT_COMPROMISE,
      event: {
        domains: ['att.net', 'gmail.com'],
        mechanism: 'app-passwords',
        from: 1_760_000_000,
        confidence: 1,
      },
    });
    const feed = await feedWhere(service, ({ quarantined }) => quarantined.length > 0);
    expect(feed).toMatchObject({ acceptedCount: 0n, quarantined: [{ reason: 'NOT_AUTHORISED', count: 1n }] });
  });
});
