import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AssessmentFilter,
  findAssessments,
  getAssessment,
  MAX_SCANNED_ENTRIES,
} from '../../src/audit/index.js';
import type { Decision } from '../../src/decision/vocabulary.js';
import { EvidenceView } from '../../src/evidence/index.js';
import { MemoryStateStore } from '../../src/store/memory-state-store.js';
import { bodyFor, MINUTE, RecordedLog, T0 } from './recorded.js';

interface Told {
  readonly tenant: string;
  readonly accountId: string;
  readonly decision: Decision;
  readonly isAssessment: boolean;
  /** Recorded before entries said where the one before them is. */
  readonly isUnlinked?: boolean;
}

function recorded(told: readonly Told[]): { log: RecordedLog; view: EvidenceView } {
  const log = new RecordedLog();
  const view = new EvidenceView(new MemoryStateStore(), { cacheBytes: 100_000 });
  for (const { tenant, accountId, decision, isAssessment, isUnlinked = false } of told) {
    const link = isUnlinked ? {} : { previousPosition: view.latestAssessment(tenant, accountId) };
    const release = { withdrawal: 'w', destination: 'd', ceiling: 1, releasedAt: T0 };
    view.apply(
      log.append(
        tenant,
        isAssessment
          ? bodyFor(accountId, { decision, ...link })
          : { kind: 'release', accountId, release, actor: 'a', reason: 'r' },
      ),
    );
  }
  return { log, view };
}

function allow(count: number): Told[] {
  return Array.from({ length: count }, () => ({
    tenant: 't',
    accountId: 'a',
    decision: 'ALLOW',
    isAssessment: true,
  }));
}

/** Positions on all pages, one after the other. */
async function allPages(
  { log, view }: { log: RecordedLog; view: EvidenceView },
  filter: AssessmentFilter,
  pageSize: number,
): Promise<{ positions: number[]; pages: number }> {
  const positions: number[] = [];
  let pageToken = '';
  for (let pages = 1; ; pages++) {
    const page = await findAssessments(log, view, { tenant: 't', filter, pageSize, pageToken });
    if (page.kind !== 'page') throw new Error(page.kind);
    expect(page.assessments.length).toBeLessThanOrEqual(pageSize);
    positions.push(...page.assessments.map((one) => one.position));
    if (page.nextPageToken === undefined) return { positions, pages };
    pageToken = page.nextPageToken;
  }
}

describe('recorded assessments', () => {
  test('all pages together are what filtering the whole log gives, with and without an account', async () => {
    const told = fc.record({
      tenant: fc.constantFrom('t', 'other'),
      accountId: fc.constantFrom('a', 'b'),
      decision: fc.constantFrom<Decision>('ALLOW', 'HOLD', 'REJECT'),
      isAssessment: fc.boolean(),
      isUnlinked: fc.boolean(),
    });
    const time = fc.option(fc.integer({ min: -2, max: 45 }), { nil: undefined });
    const filters = fc.record({
      accountId: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
      from: time,
      to: time,
      decisions: fc.option(fc.subarray<Decision>(['ALLOW', 'HOLD', 'REJECT']), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(told, { maxLength: 40 }),
        filters,
        fc.integer({ min: 1, max: 12 }),
        async (all, { accountId, from, to, decisions }, pageSize) => {
          const filter: AssessmentFilter = {
            ...(accountId === undefined ? {} : { accountId }),
            ...(from === undefined ? {} : { from: T0 + from * MINUTE }),
            ...(to === undefined ? {} : { to: T0 + to * MINUTE }),
            ...(decisions === undefined ? {} : { decisions }),
          };
          const expected = all
            .map((one, index) => ({ ...one, minute: index, position: index + 1 }))
            .filter((one) => one.tenant === 't' && one.isAssessment)
            .filter((one) => accountId === undefined || one.accountId === accountId)
            .filter((one) => decisions === undefined || decisions.includes(one.decision))
            .filter(
              (one) => (from === undefined || one.minute >= from) && (to === undefined || one.minute < to),
            )
            .map((one) => one.position)
            .reverse();
          expect((await allPages(recorded(all), filter, pageSize)).positions).toEqual(expected);
        },
      ),
    );
  });

  test('come whole, as they were recorded', async () => {
    const { log, view } = recorded(allow(1));
    const page = await findAssessments(log, view, { tenant: 't', filter: {}, pageSize: 5 });
    expect(page).toEqual({
      kind: 'page',
      scannedCount: 1,
      assessments: [{ id: 'id-1', position: 1, assessedAt: T0, body: bodyFor('a', { previousPosition: 0 }) }],
    });
  });

  test('of one account are followed from each to the one before, past all others', async () => {
    const told = allow(450).map((one, n) => (n % 100 === 0 ? { ...one, accountId: 'b' } : one));
    const parts = recorded(told);
    const found = await allPages(parts, { accountId: 'b' }, 2);
    expect(found).toEqual({ positions: [401, 301, 201, 101, 1], pages: 3 });
    // One more than a page is read, to know whether there is another.
    expect(parts.log.reads).toBe(7);
    expect(await allPages(parts, { accountId: 'nobody' }, 2)).toEqual({ positions: [], pages: 1 });
  });

  test('a rare decision of a busy account takes several pages', async () => {
    const rare: Told = { tenant: 't', accountId: 'a', decision: 'HOLD', isAssessment: true };
    const parts = recorded([rare, ...allow(MAX_SCANNED_ENTRIES + 5)]);
    const found = await allPages(parts, { accountId: 'a', decisions: ['HOLD'] }, 5);
    expect(found).toEqual({ positions: [1], pages: 2 });
  });

  test('an entry that points forward leads nobody astray', async () => {
    const parts = recorded(allow(2));
    parts.view.apply(parts.log.append('t', bodyFor('a', { previousPosition: 9 })));
    expect((await allPages(parts, { accountId: 'a' }, 2)).positions).toEqual([3, 2, 1]);
  });

  test('a page of something rare ends after a bounded walk, and goes on', async () => {
    const rare: Told = { tenant: 't', accountId: 'a', decision: 'HOLD', isAssessment: true };
    const parts = recorded([rare, ...allow(MAX_SCANNED_ENTRIES + 5)]);
    const first = await findAssessments(parts.log, parts.view, {
      tenant: 't',
      filter: { decisions: ['HOLD'] },
      pageSize: 5,
    });
    expect(first).toMatchObject({ kind: 'page', assessments: [], nextPageToken: expect.any(String) });
    expect(await allPages(parts, { decisions: ['HOLD'] }, 5)).toEqual({ positions: [1], pages: 2 });
  });

  test('a walk that nobody waits for any more ends soon', async () => {
    const parts = recorded(allow(1_000));
    let asked = 0;
    const page = await findAssessments(parts.log, parts.view, {
      tenant: 't',
      filter: { decisions: ['HOLD'] },
      pageSize: 5,
      cancelled: () => {
        asked += 1;
        return asked === 3;
      },
      // Each slice is over at once.
      slices: { isOver: () => true, next: async () => {} },
    });
    expect(page).toEqual({ kind: 'cancelled' });
    expect(parts.log.reads).toBeLessThan(200);
  });

  test('what retention removed ends the list', async () => {
    const parts = recorded(allow(10));
    parts.log.firstPosition = 8;
    expect((await allPages(parts, {}, 2)).positions).toEqual([10, 9, 8]);
    expect((await allPages(parts, { accountId: 'a' }, 2)).positions).toEqual([10, 9, 8]);
    expect((await allPages(parts, { to: T0 + 9 * MINUTE }, 2)).positions).toEqual([9, 8]);
  });
});

describe('page tokens', () => {
  async function token(): Promise<{ parts: ReturnType<typeof recorded>; next: string }> {
    const parts = recorded(allow(5));
    const page = await findAssessments(parts.log, parts.view, { tenant: 't', filter: {}, pageSize: 2 });
    if (page.kind !== 'page' || page.nextPageToken === undefined) throw new Error('no token');
    return { parts, next: page.nextPageToken };
  }

  test('are refused when any of their characters is changed', async () => {
    const { parts, next } = await token();
    for (let at = 0; at < next.length; at++) {
      const changed = `${next.slice(0, at)}${next[at] === 'A' ? 'B' : 'A'}${next.slice(at + 1)}`;
      const page = await findAssessments(parts.log, parts.view, {
        tenant: 't',
        filter: {},
        pageSize: 2,
        pageToken: changed,
      });
      expect(page).toEqual({ kind: 'invalid-token' });
    }
  });

  test.each<[string, string, AssessmentFilter]>([
    ['another tenant', 'other', {}],
    ['an account', 't', { accountId: 'a' }],
    ['a time', 't', { from: T0 }],
    ['decisions', 't', { decisions: ['ALLOW'] }],
  ])('are refused with %s', async (_, tenant, filter) => {
    const { parts, next } = await token();
    const page = await findAssessments(parts.log, parts.view, {
      tenant,
      filter,
      pageSize: 2,
      pageToken: next,
    });
    expect(page).toEqual({ kind: 'invalid-token' });
  });

  test('hold with another page size, and the order of decisions is nothing', async () => {
    const parts = recorded(allow(5));
    const asked = { tenant: 't', pageSize: 1 };
    const first = await findAssessments(parts.log, parts.view, {
      ...asked,
      filter: { decisions: ['HOLD', 'ALLOW'] },
    });
    if (first.kind !== 'page' || first.nextPageToken === undefined) throw new Error('no token');
    const second = await findAssessments(parts.log, parts.view, {
      ...asked,
      pageSize: 3,
      filter: { decisions: ['ALLOW', 'HOLD'] },
      pageToken: first.nextPageToken,
    });
    expect(second.kind === 'page' && second.assessments.map((one) => one.position)).toEqual([4, 3, 2]);
  });

  test.each(['', 'x', '!!!', 'A'.repeat(19), 'A'.repeat(400)])(
    '%j is no token, or the first page',
    async (text) => {
      const { parts } = await token();
      const page = await findAssessments(parts.log, parts.view, {
        tenant: 't',
        filter: {},
        pageSize: 2,
        pageToken: text,
      });
      expect(page.kind).toBe(text === '' ? 'page' : 'invalid-token');
    },
  );
});

describe('one assessment', () => {
  const { log } = recorded([
    ...allow(1),
    { tenant: 't', accountId: 'a', decision: 'ALLOW', isAssessment: false },
  ]);

  test('is found by its id, by its own tenant only (I10)', () => {
    expect(getAssessment(log, 't', 'id-1', 1)?.body.decision).toBe('ALLOW');
    expect(getAssessment(log, 'other', 'id-1', 1)).toBeUndefined();
  });

  test('an id that points at something else finds nothing', () => {
    expect(getAssessment(log, 't', 'id-9', 1)).toBeUndefined();
    expect(getAssessment(log, 't', 'id-2', 2)).toBeUndefined();
    expect(getAssessment(log, 't', 'id-3', 3)).toBeUndefined();
  });
});
