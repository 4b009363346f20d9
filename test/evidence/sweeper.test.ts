import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { currentAccount, EvidenceView } from '../../src/evidence/index.js';
import type { JournalEntryBody } from '../../src/store/codec/entries.js';
import { MemoryStateStore } from '../../src/store/memory-state-store.js';
import { STATE_TABLES } from '../../src/store/ports.js';
import { assessment, cohort, DAY, link, providerEvent, signal, T0 } from './small-world.js';

function sample<T>(from: fc.Arbitrary<T>): T {
  const [one] = fc.sample(from, 1);
  if (one === undefined) throw new Error('no sample');
  return one;
}

const SIGNAL = sample(signal);

const BODIES: readonly JournalEntryBody[] = [
  { kind: 'signal', accountId: 'a', signal: SIGNAL, mailbox: sample(link) },
  assessment(T0, {}, { requestId: 'r', decision: 'HOLD' }),
  { kind: 'outcome', assessmentId: 'x', label: 'HONEST', reportedBy: 'team', observedAt: T0 },
  {
    kind: 'provider-event',
    provider: 'att',
    tokenId: 't1',
    content: { kind: 'event', alias: 'm:1', event: sample(providerEvent) },
  },
  {
    kind: 'provider-event',
    provider: 'att',
    tokenId: 't2',
    content: { kind: 'cohort', cohort: { ...sample(cohort), to: T0 } },
  },
];

async function rowsLeft(view: EvidenceView, state: MemoryStateStore): Promise<Record<string, number>> {
  const changes = view.takeChanges();
  await state.commit(changes, BODIES.length);
  view.settled(changes);
  const counts = STATE_TABLES.map((table) => [table, [...state.range(table, {})].length] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

async function filled(): Promise<{ view: EvidenceView; state: MemoryStateStore }> {
  const state = new MemoryStateStore();
  const view = new EvidenceView(state, { cacheBytes: 100_000 });
  BODIES.forEach((body, index) => {
    view.applyBody({ position: index + 1, id: `${index}`, receivedAt: T0 }, 'exchange', body);
  });
  await rowsLeft(view, state);
  return { view, state };
}

const ALL = {
  accounts: 1,
  ledgers: 1,
  signals: 1,
  requests: 1,
  mailboxes: 1,
  meta: 1,
  cohorts: 1,
  tokens: 2,
  outcomes: 1,
  holds: 1,
  'holds-due': 2,
  unnamed: 1,
};

/** Enough calls to go round once, however small the steps. */
function sweepRound(view: EvidenceView, now: number, limit: number): void {
  for (let call = 0; call < 40; call++) view.sweep(now, limit);
}

describe('removing what is forgotten', () => {
  test.each([1, 2, 100])('keeps all that counts, looking at %i records a call', async (limit) => {
    const { view, state } = await filled();
    sweepRound(view, T0 + 20 * 3_600_000, limit);
    expect(await rowsLeft(view, state)).toEqual(ALL);
  });

  test.each([0, 7, 8, 179, 181, 399, 401, 500])(
    'after %i days changes nothing that is asked for at that time',
    async (days) => {
      const now = T0 + days * DAY;
      const swept = await filled();
      const untouched = await filled();
      sweepRound(swept.view, now, 10);
      const seen = ({ view }: typeof swept) => ({
        account: currentAccount(view.account('exchange', 'a'), now),
        request: view.request('exchange', 'r', now),
        signal: view.signalDigest('exchange', SIGNAL.id, now),
        outcome: view.outcome('exchange', 'x', now),
      });
      expect(seen(swept)).toEqual(seen(untouched));
    },
  );

  test('drops request ids first', async () => {
    const { view, state } = await filled();
    sweepRound(view, T0 + 8 * DAY, 10);
    const { requests: _, ...rest } = ALL;
    expect(await rowsLeft(view, state)).toEqual(rest);
  });

  test('keeps the way to an account’s assessments as long as they are kept', async () => {
    const { view, state } = await filled();
    sweepRound(view, T0 + 399 * DAY, 10);
    expect(await rowsLeft(view, state)).toMatchObject({ ledgers: 1 });
    expect(view.latestAssessment('exchange', 'a')).toBe(2);
    sweepRound(view, T0 + 401 * DAY, 10);
    expect(await rowsLeft(view, state)).not.toHaveProperty('ledgers');
  });

  test.each([1, 100])(
    'drops everything in the end but what was said of mailboxes, and notes of its own, %i a call',
    async (limit) => {
      const { view, state } = await filled();
      sweepRound(view, T0 + 500 * DAY, limit);
      expect(await rowsLeft(view, state)).toEqual({ mailboxes: 1, meta: 1 });
    },
  );
});
