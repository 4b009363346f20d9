import { describe, expect, test } from 'vitest';
import type {
  AccountRecord,
  CohortRecord,
  LedgerRecord,
  MailboxLink,
  SignalRecord,
} from '../../src/decision/evidence.js';
import { type EvidenceSource, type GatherRequest, gatherInput } from '../../src/evidence/gather.js';
import { DAY, requestFacts, T0 } from './small-world.js';

const NOW = T0 + DAY;
const MINUTE = Math.floor(NOW / 60_000);

function link(n: number, lastUsedAt = T0): MailboxLink {
  return { alias: `m:${n}`, aliases: [{ alias: `m:${n}`, form: 'exact' }], domain: `d${n}`, lastUsedAt };
}

function signal(facts: Partial<SignalRecord> = {}): SignalRecord {
  return { type: 'PASSWORD_RESET', id: 'id', digest: 'd', occurredAt: T0, receivedAt: T0, ...facts };
}

const ACCOUNT: AccountRecord = { signals: [signal()], loginFailures: [], mailboxes: [link(1)] };
const LEDGER: LedgerRecord = {
  spends: [{ withdrawal: 'other', minute: MINUTE, value: 5, counted: true, degraded: false }],
  holds: [{ withdrawal: 'digest-of-w', firstHeldAt: T0 }],
  releases: [],
};
const COHORT: CohortRecord = {
  id: 'i',
  provider: 'att',
  domains: ['d1'],
  mechanism: 'm',
  from: T0,
  confidence: 1,
  issuedAt: T0,
  retracted: false,
};

function source(account: AccountRecord, ledger: LedgerRecord): EvidenceSource {
  return {
    account: () => account,
    ledger: () => ledger,
    mailboxView: (one) => ({ link: one, records: [] }),
    cohortsFor: (domains) => (domains.includes('d1') ? [COHORT] : []),
    placesReadSince: () => undefined,
  };
}

function gathered(facts: Partial<GatherRequest> = {}, account = ACCOUNT, ledger = LEDGER) {
  const gather: GatherRequest = {
    now: NOW,
    tenant: 'exchange',
    request: requestFacts(),
    link: undefined,
    inlineSignals: [],
    feeds: (links) => links.map((one) => ({ provider: one.domain, state: 'FRESH' })),
    behind: false,
    ...facts,
  };
  return gatherInput(gather, source(account, ledger));
}

describe('what a decision sees', () => {
  test('the stored records themselves when there is nothing to add or leave out', () => {
    const input = gathered();
    expect(input.account).toBe(ACCOUNT);
    expect(input.ledger).toBe(LEDGER);
    expect(input).toMatchObject({
      now: NOW,
      mailboxes: [{ link: link(1) }],
      cohorts: [COHORT],
      feeds: [{ provider: 'd1', state: 'FRESH' }],
      behind: false,
    });
  });

  test('what the request brings counts in this answer, and is not stored by it', () => {
    const inline = signal({ type: 'NEW_DEVICE', id: 'inline' });
    const input = gathered({
      link: link(2, NOW),
      inlineSignals: [
        { signal: inline, link: link(3) },
        { signal: signal(), link: undefined },
      ],
      behind: true,
    });
    expect(input.account.signals).toEqual([inline, signal()]);
    expect(input.mailboxes.map((view) => view.link.alias)).toEqual(['m:2', 'm:3', 'm:1']);
    expect(input.feeds).toHaveLength(3);
    expect(input.behind).toBe(true);
    expect(ACCOUNT.signals).toHaveLength(1);
  });

  test('all mailboxes count, whatever e-mail the request names now', () => {
    const input = gathered({ link: link(2, NOW) });
    expect(input.mailboxes.map((view) => view.link.alias)).toEqual(['m:2', 'm:1']);
    expect(input.cohorts).toEqual([COHORT]);
  });

  test('of the ledger: one day of withdrawals, holds and releases of the present one, not half a year old', () => {
    const now = T0 + 200 * DAY;
    const release = { withdrawal: 'digest-of-w', destination: 'd', ceiling: 1, releasedAt: now - DAY };
    const spend = {
      withdrawal: 'x',
      minute: Math.floor(now / 60_000),
      value: 5,
      counted: true,
      degraded: false,
    };
    const input = gathered({ now }, ACCOUNT, {
      spends: [spend, ...LEDGER.spends],
      holds: [
        { withdrawal: 'digest-of-w', firstHeldAt: now - DAY },
        { withdrawal: 'other', firstHeldAt: now - DAY },
        { withdrawal: 'digest-of-w', firstHeldAt: T0 },
      ],
      releases: [release, { ...release, releasedAt: T0 }, { ...release, withdrawal: 'other' }],
    });
    expect(input.ledger).toEqual({
      spends: [spend],
      holds: [{ withdrawal: 'digest-of-w', firstHeldAt: now - DAY }],
      releases: [release],
    });
    expect(input.account).toEqual({ signals: [], loginFailures: [], mailboxes: [] });
    expect(input.mailboxes).toEqual([]);
  });
});
