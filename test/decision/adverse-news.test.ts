import { describe, expect, test } from 'vitest';
import { type HeardEvidence, hasAdverseNews } from '../../src/decision/adverse-news.js';
import type { CohortRecord, ProviderEventRecord, SignalRecord } from '../../src/decision/evidence.js';

const NOW = Date.UTC(2026, 0, 15, 12);

const SIGNAL: SignalRecord = {
  type: 'NEW_DEVICE',
  id: 's-1',
  digest: 'd',
  occurredAt: NOW - 1_000,
  receivedAt: NOW,
};
const EVENT: ProviderEventRecord = {
  type: 'RISK_HIGH',
  provider: 'att',
  id: 'e-1',
  occurredAt: NOW - 1_000,
  issuedAt: NOW,
  receivedAt: NOW,
  timeIs: 'OCCURRED',
  unauthorised: false,
  confidence: 1,
};
const COHORT: CohortRecord = {
  id: 'c-1',
  provider: 'att',
  domains: ['att.net'],
  mechanism: 'keys',
  from: NOW - 1_000,
  confidence: 1,
  issuedAt: NOW,
  retracted: false,
};

interface Heard {
  readonly retractions?: HeardEvidence['mailboxes'][number]['records'][number]['record']['retractions'];
  readonly signals?: readonly SignalRecord[];
  readonly failures?: HeardEvidence['account']['loginFailures'];
  readonly events?: readonly ProviderEventRecord[];
  readonly cohorts?: readonly CohortRecord[];
  readonly mailboxDroppedAt?: number;
}

function heard({
  signals = [],
  failures = [],
  events = [],
  retractions = [],
  cohorts = [],
  mailboxDroppedAt,
}: Heard): HeardEvidence {
  const account = { signals, loginFailures: failures, mailboxes: [] };
  return {
    account: mailboxDroppedAt === undefined ? account : { ...account, mailboxDroppedAt },
    mailboxes: [
      {
        link: { alias: 'm', aliases: [], domain: 'att.net', lastUsedAt: NOW },
        records: [{ form: 'exact', record: { events, retractions } }],
      },
    ],
    cohorts,
  };
}

const CROWD = { ...SIGNAL, id: '', since: NOW - 2_000 };
const EVENT_CROWD = { ...EVENT, id: '', since: NOW - 2_000 };

describe('what is news', () => {
  test.each<readonly [string, Heard, Heard]>([
    ['a signal', {}, { signals: [SIGNAL] }],
    ['another one', { signals: [SIGNAL] }, { signals: [SIGNAL, { ...SIGNAL, id: 's-2' }] }],
    [
      'one that joined a crowd',
      { signals: [SIGNAL, CROWD] },
      { signals: [SIGNAL, { ...CROWD, receivedAt: NOW + 1 }] },
    ],
    ['a failed sign-in', { failures: [{ hour: 1, ids: [1] }] }, { failures: [{ hour: 1, ids: [1, 2] }] }],
    ['as many others', { failures: [{ hour: 1, ids: [1] }] }, { failures: [{ hour: 1, ids: [2] }] }],
    ['in another hour', { failures: [{ hour: 1, ids: [1] }] }, { failures: [{ hour: 2, ids: [1] }] }],
    [
      'more of them, counted only',
      { failures: [{ hour: 1, ids: [1] }] },
      { failures: [{ hour: 1, ids: [], count: 2 }] },
    ],
    ['an event', {}, { events: [EVENT] }],
    [
      'one that joined a crowd',
      { events: [EVENT_CROWD] },
      { events: [{ ...EVENT_CROWD, receivedAt: NOW + 1 }] },
    ],
    ['an incident', {}, { cohorts: [COHORT] }],
    ['a later word of it', { cohorts: [COHORT] }, { cohorts: [{ ...COHORT, issuedAt: NOW + 1 }] }],
    ['a mailbox that found no place', {}, { mailboxDroppedAt: NOW }],
  ])('%s', (_, then, now) => {
    expect(hasAdverseNews(heard(then), heard(now))).toBe(true);
    expect(hasAdverseNews(heard(now), heard(now))).toBe(false);
  });

  test.each<readonly [string, Heard, Heard]>([
    ['what is forgotten', { signals: [SIGNAL], failures: [{ hour: 1, ids: [1] }], events: [EVENT] }, {}],
    ['what is cleared', {}, { events: [{ ...EVENT, type: 'RESECURED' }] }],
    [
      'an incident taken back',
      { cohorts: [COHORT] },
      { cohorts: [{ ...COHORT, issuedAt: NOW + 1, retracted: true }] },
    ],
    [
      'the same sign-ins, counted only',
      { failures: [{ hour: 1, ids: [1, 2] }] },
      { failures: [{ hour: 1, ids: [], count: 2 }] },
    ],
  ])('not %s', (_, then, now) => {
    expect(hasAdverseNews(heard(then), heard(now))).toBe(false);
  });
});

test('that a closing was taken back is news, once; that something adverse was is none', () => {
  const closing: ProviderEventRecord = { ...EVENT, type: 'RESECURED' };
  const retractions = [{ provider: 'att', id: 'e-1', issuedAt: NOW }];
  const then = heard({ events: [closing] });
  const now = heard({ events: [closing], retractions });
  expect(hasAdverseNews(then, then)).toBe(false);
  expect(hasAdverseNews(then, now)).toBe(true);
  expect(hasAdverseNews(now, now)).toBe(false);
  expect(hasAdverseNews(heard({ events: [EVENT] }), heard({ events: [EVENT], retractions }))).toBe(false);
});
