import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MailboxLink } from '../../src/decision/evidence.js';
import {
  countRefusal,
  decodeFeedRecord,
  encodeFeedRecord,
  endReset,
  type FeedRecord,
  markPaused,
  markReset,
  NEW_FEED,
  observeToken,
} from '../../src/feed/feed-record.js';
import { FeedTable } from '../../src/feed/feed-table.js';
import {
  feedState,
  LAGGING_AFTER_MS,
  type LinkState,
  observeProgress,
  PARKED_LAGS_FOR_MS,
} from '../../src/feed/freshness.js';
import { MAX_GAPS, missingCount, observeSequence, type SequenceState } from '../../src/feed/sequence.js';
import { addressOf, NOW_MS } from '../identity/fixtures.js';
import { pseudonyms, registeredProvider } from './fixtures.js';

const HEARTBEAT_MS = 60_000;
const UP: LinkState = { isUp: true, pendingCount: 0 };

function heard(
  at: number,
  rest: { seq?: number; isHeartbeat?: boolean } = {},
  record: FeedRecord = NEW_FEED,
): FeedRecord {
  return observeToken(record, { issuedAt: at, receivedAt: at, isHeartbeat: true, ...rest });
}

describe('states, the gravest first', () => {
  const fresh = heard(NOW_MS, { seq: 1 });
  const state = (record: FeedRecord, link: LinkState = UP, now = NOW_MS): string =>
    feedState(record, HEARTBEAT_MS, link, now);

  test('FRESH until the second heartbeat is missed, then SILENT (fault 18)', () => {
    expect(state(fresh)).toBe('FRESH');
    expect(state(fresh, UP, NOW_MS + 2 * HEARTBEAT_MS)).toBe('FRESH');
    expect(state(fresh, UP, NOW_MS + 2 * HEARTBEAT_MS + 1)).toBe('SILENT');
    expect(state(NEW_FEED)).toBe('SILENT');
  });

  test('events that are no heartbeats do not break the silence', () => {
    const busy = heard(NOW_MS + 3 * HEARTBEAT_MS, { isHeartbeat: false }, fresh);
    expect(state(busy, UP, NOW_MS + 3 * HEARTBEAT_MS)).toBe('SILENT');
  });

  test('a heartbeat of a clock that is ahead counts from when it came', () => {
    const ahead = observeToken(NEW_FEED, {
      issuedAt: NOW_MS + 50_000,
      receivedAt: NOW_MS,
      isHeartbeat: true,
    });
    expect(state(ahead, UP, NOW_MS + 2 * HEARTBEAT_MS + 1)).toBe('SILENT');
  });

  test('LAGGING when the end of the stream is not reached for 5 s', () => {
    const behind = observeProgress(UP, 10, 3, NOW_MS);
    expect(behind.pendingCount).toBe(7);
    expect(state(fresh, behind, NOW_MS + LAGGING_AFTER_MS)).toBe('FRESH');
    expect(state(fresh, behind, NOW_MS + LAGGING_AFTER_MS + 1)).toBe('LAGGING');
  });

  test('LAGGING while messages wait for a key: what they say is not known (fault 14)', () => {
    const parked = (oldestAgo: number, newestAgo: number) =>
      feedState(fresh, HEARTBEAT_MS, UP, NOW_MS, {
        oldestAt: NOW_MS - oldestAgo,
        newestAt: NOW_MS - newestAgo,
      });
    expect(parked(LAGGING_AFTER_MS, 0)).toBe('FRESH');
    expect(parked(LAGGING_AFTER_MS + 1, 0)).toBe('LAGGING');
    expect(parked(2 * PARKED_LAGS_FOR_MS, 1_000)).toBe('LAGGING');
    // A key that never comes does not make every answer careful for ever.
    expect(parked(2 * PARKED_LAGS_FOR_MS, PARKED_LAGS_FOR_MS)).toBe('FRESH');
  });

  test('a busy stream that is kept up with never lags', () => {
    let link = UP;
    for (let n = 0; n < 100; n++) link = observeProgress(link, n * 10 + 5, n * 10, NOW_MS + n * 1_000);
    expect(state(fresh, link, NOW_MS + 100_000)).toBe('FRESH');
    expect(observeProgress(link, 995, 995, NOW_MS + 100_000)).toEqual(UP);
  });

  test('STALE when the link is down or a number is missing (fault 6)', () => {
    expect(state(fresh, { ...UP, isUp: false })).toBe('STALE');
    const gap = heard(NOW_MS, { seq: 3 }, fresh);
    expect(state(gap)).toBe('STALE');
    expect(state(heard(NOW_MS, { seq: 2 }, gap))).toBe('FRESH');
  });

  test('SILENT while the provider says that it pauses, whatever older pauses are replayed', () => {
    const paused = markPaused(fresh, NOW_MS + 1);
    expect(state(paused)).toBe('SILENT');
    expect(state(heard(NOW_MS + 2, {}, paused))).toBe('FRESH');
    expect(state(markPaused(fresh, NOW_MS - 1))).toBe('FRESH');
  });

  test('RESET until the provider is heard after it', () => {
    const reset = markReset(fresh, NOW_MS + 5);
    expect(state(reset, UP)).toBe('RESET');
    // A lost link is told first: a state of before says nothing of now.
    expect(state(reset, { ...UP, isUp: false })).toBe('STALE');
    expect(endReset(reset)).toBe(reset);
    expect(state(endReset(heard(NOW_MS + 5, {}, reset)))).toBe('FRESH');
  });
});

describe('a provider’s numbers', () => {
  function stateAfter(numbers: readonly number[]): SequenceState | undefined {
    return numbers.reduce<SequenceState | undefined>((state, n) => observeSequence(state, n), undefined);
  }

  test('in any order, with any repetition, name exactly what is missing', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 60 }), (numbers) => {
        const state = stateAfter(numbers);
        const seen = new Set(numbers);
        const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
        let missing = 0;
        for (let n = low; n <= high; n++) if (!seen.has(n)) missing++;
        expect(missingCount(state)).toBe(missing);
        expect(state).toMatchObject({ first: low, last: high });
      }),
    );
  });

  test('a repeated number changes nothing, not even the object', () => {
    const state = stateAfter([1, 2, 5]);
    expect(observeSequence(state, 2)).toBe(state);
  });

  test('more gaps than are kept apart never look like fewer, and a back-fill closes them all', () => {
    const odd = Array.from({ length: MAX_GAPS + 50 }, (_, n) => 2 * n + 1);
    const state = stateAfter(odd);
    expect(state?.gaps.length).toBe(MAX_GAPS);
    expect(missingCount(state)).toBeGreaterThanOrEqual(odd.length - 1);
    const all = Array.from({ length: 2 * odd.length }, (_, n) => n + 1);
    expect(missingCount(all.reduce<SequenceState | undefined>((s, n) => observeSequence(s, n), state))).toBe(
      0,
    );
  });

  test('of more gaps than are kept apart the nearest become one: nearly nothing is asked for twice', () => {
    // Every hundredth number was lost, and of one pair of losses only the number between them came.
    const lost = Array.from({ length: MAX_GAPS }, (_, n) => (n + 1) * 100);
    const numbers = Array.from({ length: MAX_GAPS * 100 + 1 }, (_, n) => n + 1);
    const came = numbers.filter((n) => !lost.includes(n) && n !== 4_998);
    const state = stateAfter(came);
    expect(state?.gaps.length).toBe(MAX_GAPS);
    expect(state?.gaps).toContainEqual([4_998, 5_000]);
    expect(missingCount(state)).toBe(lost.length + 2);
  });
});

test('a record survives being stored, and an unreadable one is learnt anew', () => {
  let record = heard(NOW_MS, { seq: 1 });
  record = heard(NOW_MS + 1, { seq: 9 }, record);
  record = countRefusal(countRefusal(record, 'KEY_UNKNOWN'), 'KEY_UNKNOWN');
  record = markReset(markPaused({ ...record, acceptedCount: 3, duplicateCount: 2 }, NOW_MS), NOW_MS + 2);
  expect(decodeFeedRecord(encodeFeedRecord(record))).toEqual(record);
  expect(decodeFeedRecord(new Uint8Array([1, 2, 3]))).toEqual(NEW_FEED);
  expect(decodeFeedRecord(Buffer.from('{"format":99,"watermark":1}'))).toEqual(NEW_FEED);
});

describe('what answers show', () => {
  const stored = new Map<string, Uint8Array>();
  const store = {
    feed: (provider: string) => stored.get(provider),
    setFeed: (provider: string, value: Uint8Array) => void stored.set(provider, value),
  };
  const att = registeredProvider([]);
  const registry = { providers: new Map([[att.id, att]]) };
  const names = pseudonyms();
  const link = (email: string): MailboxLink => names.mailbox(addressOf(email), NOW_MS);

  test('the feeds of the account’s mailboxes, each once; uncovered ones visibly so', () => {
    const table = new FeedTable(store, names, registry, NOW_MS);
    table.update('att-feed', (record) => heard(NOW_MS, {}, record));
    table.setLink(UP, NOW_MS);
    const att = { provider: 'att-feed', state: 'FRESH', watermark: NOW_MS };
    const uncovered = { provider: '', state: 'NOT_COVERED' };
    expect(table.feedsFor([])).toEqual([]);
    expect(table.feedsFor([link('a@att.net')])).toEqual([att]);
    expect(table.feedsFor([link('a@gmail.com')])).toEqual([uncovered]);
    expect(table.feedsFor([link('a@att.net'), link('b@bellsouth.net'), link('a@gmail.com')])).toEqual([
      att,
      uncovered,
    ]);
    expect(table.feedsFor([link('a@att.net')])).toBe(table.feedsFor([link('b@att.net')]));
  });

  test('time alone turns a feed', () => {
    const table = new FeedTable(store, names, registry, NOW_MS);
    table.update('att-feed', (record) => heard(NOW_MS, {}, record));
    table.setLink(UP, NOW_MS);
    table.refresh(NOW_MS + 2 * HEARTBEAT_MS + 1);
    expect(table.statuses()).toMatchObject([{ provider: 'att-feed', state: 'SILENT' }]);
  });

  test('records come back after a restart; strangers share one and are not listed', () => {
    const table = new FeedTable(store, names, registry, NOW_MS);
    table.update('att-feed', (record) => heard(NOW_MS, { seq: 5 }, record));
    for (let n = 0; n < 100; n++)
      table.update(`stranger-${n}`, (record) => countRefusal(record, 'PROVIDER_UNKNOWN'));
    table.save(NOW_MS);
    const again = new FeedTable(store, names, registry, NOW_MS);
    expect(again.record('att-feed').sequence?.last).toBe(5);
    expect(again.record('stranger-1').refused).toEqual({ PROVIDER_UNKNOWN: 100 });
    expect(stored.size).toBe(2);
    expect(again.statuses().map(({ provider }) => provider)).toEqual(['att-feed']);
  });
});
