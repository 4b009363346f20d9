import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { FIRST_ASK_PAUSE_MS, SETTLE_MS } from '../../src/feed/control-asks.js';
import { countRefusal, observeToken } from '../../src/feed/feed-record.js';
import { FeedTable } from '../../src/feed/feed-table.js';
import { LINK_DOWN } from '../../src/feed/freshness.js';
import { RECENT_MS, RecentRefusals } from '../../src/feed/recent-refusals.js';
import {
  decodeReport,
  encodeReport,
  type FeedReport,
  MAX_STATUS_GAPS,
  MAX_STATUS_REFUSALS,
  type RecentRefusal,
} from '../../src/feed/status-message.js';
import { ProviderNotices, REPORT_INTERVAL_MS, REPORT_PAUSE_MS } from '../../src/feed/status-notices.js';
import { NOW_MS } from '../identity/fixtures.js';
import { pseudonyms, registeredProvider } from './fixtures.js';

const REFUSAL: RecentRefusal = {
  reason: 'EVENT_INVALID',
  detail: '`credential_type` is missing',
  at: NOW_MS,
  digest: 'ab',
  streamSequence: 4,
  seq: 3,
  jti: 'third',
};

const REPORT: FeedReport = {
  provider: 'att-feed',
  state: 'STALE',
  asOf: NOW_MS,
  watermark: NOW_MS - 1_000,
  lastHeartbeatAt: NOW_MS - 2_000,
  lastSeq: 9,
  gaps: [[4, 5]],
  missingCount: 2,
  voidCount: 1,
  reusedCount: 0,
  acceptedCount: 6,
  duplicateCount: 1,
  refused: { EVENT_INVALID: 1 },
  parkedCount: 0,
  isCaughtUp: true,
  recentRefusals: [REFUSAL],
};

describe('a report', () => {
  test('is read as it was written, also when little is known', () => {
    expect(decodeReport(encodeReport(REPORT))).toEqual(REPORT);
    const { watermark: _, lastHeartbeatAt: __, lastSeq: ___, ...little } = REPORT;
    expect(decodeReport(encodeReport({ ...little, recentRefusals: [] }))).toEqual({
      ...little,
      recentRefusals: [],
    });
  });

  test('says times in epoch seconds', () => {
    expect(JSON.parse(encodeReport(REPORT))).toMatchObject({
      as_of: NOW_MS / 1000,
      recent_refusals: [{ at: NOW_MS / 1000, stream_sequence: 4 }],
    });
  });

  test('is never read from what is none', () => {
    for (const text of [
      '',
      '{}',
      '{"type":"status"}',
      '{"type":"status","state":"FRESH","provider":"att"}',
    ]) {
      expect(decodeReport(text)).toBeUndefined();
    }
    fc.assert(fc.property(fc.json(), (text) => decodeReport(text) === undefined));
  });
});

describe('recent refusals', () => {
  test('are the last ones of a day, newest first', () => {
    const refusals = new RecentRefusals();
    for (let at = 0; at < 2 * MAX_STATUS_REFUSALS; at++)
      refusals.note('att', { ...REFUSAL, at: NOW_MS + at });
    const last = NOW_MS + 2 * MAX_STATUS_REFUSALS - 1;
    expect(refusals.of('att', last)).toHaveLength(MAX_STATUS_REFUSALS);
    expect(refusals.of('att', last)[0]?.at).toBe(last);
    expect(refusals.of('att', last + RECENT_MS - 1)).toHaveLength(1);
    expect(refusals.of('att', last + RECENT_MS)).toEqual([]);
    expect(refusals.of('other', last)).toEqual([]);
  });
});

describe('notices', () => {
  const provider = registeredProvider([]);
  const store = { feed: () => undefined, setFeed: () => undefined };
  let now: number;
  let table: FeedTable;
  let notices: ProviderNotices;
  let isConnected: boolean;
  let sent: { readonly subject: string; readonly message: Record<string, unknown> }[];
  let asked: number[];

  beforeEach(() => {
    now = NOW_MS;
    isConnected = true;
    sent = [];
    asked = [];
    table = new FeedTable(store, pseudonyms(), { providers: new Map([[provider.id, provider]]) }, now);
    table.setLink({ ...LINK_DOWN, isUp: true }, now);
    notices = new ProviderNotices({
      table,
      parkedCount: () => 0,
      clock: { nowMs: () => now },
      publish: (subject, text) => {
        if (isConnected) sent.push({ subject, message: JSON.parse(text) });
        return isConnected;
      },
      asked: (_, numbers) => asked.push(numbers),
    });
  });

  function came(seq: number): void {
    table.update(provider.id, (record) =>
      observeToken(record, { issuedAt: now, receivedAt: now, isHeartbeat: true, seq }),
    );
    table.refresh(now);
  }

  function lookAfter(ms: number): number {
    now += ms;
    table.refresh(now);
    const before = sent.length;
    notices.look();
    return sent.length - before;
  }

  test('a report goes out at once, then when something changed, but not too often, and every ten seconds', () => {
    expect(lookAfter(0)).toBe(1);
    expect(sent[0]?.subject).toBe(`holdfast.feed-status.${provider.id}`);
    came(1);
    expect(lookAfter(REPORT_PAUSE_MS - 1)).toBe(0);
    expect(lookAfter(1)).toBe(1);
    expect(sent[1]?.message).toMatchObject({ state: 'FRESH', last_seq: 1 });
    expect(lookAfter(REPORT_INTERVAL_MS - 1)).toBe(0);
    expect(lookAfter(1)).toBe(1);
  });

  test('nothing is said while there is no link, and what was not sent is said later', () => {
    table.setLink(LINK_DOWN, now);
    expect(lookAfter(REPORT_INTERVAL_MS)).toBe(0);
    table.setLink({ ...LINK_DOWN, isUp: true }, now);
    isConnected = false;
    expect(lookAfter(0)).toBe(0);
    isConnected = true;
    expect(lookAfter(1)).toBe(1);
  });

  test('missing numbers are reported, and asked for once they have settled', () => {
    came(1);
    came(4);
    expect(lookAfter(0)).toBe(1);
    expect(sent[0]?.message).toMatchObject({ state: 'STALE', gaps: [[2, 3]], missing_count: 2 });
    expect(lookAfter(SETTLE_MS)).toBe(1);
    expect(sent[1]).toEqual({
      subject: `holdfast.feed-control.${provider.id}`,
      message: {
        type: 'backfill',
        provider: provider.id,
        ranges: [[2, 3]],
        asked_at: Math.floor(now / 1000),
      },
    });
    expect(asked).toEqual([2]);
  });

  test('nothing is asked for while what has piled up is being read', () => {
    came(1);
    came(4);
    table.setLink({ isUp: true, pendingCount: 9, unreached: { sequence: 20, since: now } }, now);
    lookAfter(0);
    lookAfter(SETTLE_MS + 1);
    lookAfter(FIRST_ASK_PAUSE_MS);
    expect(asked).toEqual([]);
    expect(sent.at(-1)?.message).toMatchObject({ caught_up: false });
    table.setLink({ isUp: true, pendingCount: 0 }, now);
    lookAfter(0);
    expect(asked).toEqual([2]);
  });

  test('a report stays small and names no more than it may', () => {
    for (let seq = 0; seq < 200; seq++) came(seq * 3);
    for (let count = 0; count < 50; count++) {
      table.update(provider.id, (record) => countRefusal(record, 'EVENT_INVALID'));
      table.noteRefusal(provider.id, { ...REFUSAL, at: now });
      table.noteRefusal('stranger', { ...REFUSAL, at: now });
    }
    lookAfter(0);
    const { message } = sent[0] ?? {};
    expect(message).toMatchObject({ missing_count: 398, refused: { EVENT_INVALID: 50 } });
    expect(message?.['gaps']).toHaveLength(MAX_STATUS_GAPS);
    expect(message?.['recent_refusals']).toHaveLength(MAX_STATUS_REFUSALS);
    expect(JSON.stringify(message).length).toBeLessThan(8_192);
    expect(table.recentRefusals('stranger', now)).toEqual([]);
  });
});
