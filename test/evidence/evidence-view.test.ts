import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MailboxLink } from '../../src/decision/evidence.js';
import { type GatherRequest, gatherInput } from '../../src/evidence/gather.js';
import { EvidenceView } from '../../src/evidence/index.js';
import { encodeEntry, type JournalEntryBody } from '../../src/store/codec/entries.js';
import { encodeInput } from '../../src/store/codec/input-codec.js';
import { MemoryStateStore } from '../../src/store/memory-state-store.js';
import {
  assessment,
  cohort,
  DAY,
  disturbed,
  link,
  providerEvent,
  requestFacts,
  retraction,
  signal,
  T0,
} from './small-world.js';

const CACHE_BYTES = 100_000;
const NOW = T0 + DAY;

function opened(state = new MemoryStateStore()): EvidenceView {
  return new EvidenceView(state, { cacheBytes: CACHE_BYTES });
}

interface Entry {
  readonly tenant: string;
  readonly body: JournalEntryBody;
}

function stamp(position: number) {
  return { position, id: `id-${position}`, receivedAt: T0 + position };
}

function applyAll(view: EvidenceView, entries: readonly Entry[], from = 1): EvidenceView {
  entries.forEach(({ tenant, body }, index) => {
    view.apply({ stamp: stamp(from + index), kind: body.kind, tenant, payload: encodeEntry(body) });
  });
  return view;
}

function applied(bodies: readonly JournalEntryBody[], tenant = 'exchange'): EvidenceView {
  return applyAll(
    opened(),
    bodies.map((body) => ({ tenant, body })),
  );
}

const tenant = fc.constantFrom('one', 'two');
const account = fc.constantFrom('a', 'b');

const signalEntry: fc.Arbitrary<Entry> = fc
  .record({ tenant, accountId: account, signal, mailbox: fc.option(link, { nil: undefined }) })
  .map(({ mailbox, tenant: of, ...told }) => ({
    tenant: of,
    body: { kind: 'signal', ...told, ...(mailbox === undefined ? {} : { mailbox }) },
  }));

/** What one token says follows from the token, as it does with real ones. */
const providerEntry: fc.Arbitrary<Entry> = fc
  .record({
    token: fc.nat({ max: 15 }),
    alias: fc.constantFrom('k0:1', 'k1:1', 'k0:2'),
    event: providerEvent,
    cohort,
    retraction,
  })
  .map(({ token, alias, event, cohort: told, retraction: back }) => {
    const tokenId = `jti-${token}`;
    const provider = token % 2 === 0 ? 'att' : 'other';
    const content =
      token < 8
        ? ({ kind: 'event', alias, event: { ...event, id: tokenId, provider } } as const)
        : token < 12
          ? ({ kind: 'cohort', cohort: { ...told, id: `incident-${provider}`, provider } } as const)
          : ({
              kind: 'retraction',
              retraction: { ...back, provider: Number(back.id.slice(4)) % 2 === 0 ? 'att' : 'other' },
            } as const);
    return { tenant: '', body: { kind: 'provider-event', provider, tokenId, content } };
  });

function gathering(facts: Partial<GatherRequest> = {}): GatherRequest {
  return {
    now: NOW,
    tenant: 'exchange',
    request: requestFacts(),
    link: undefined,
    inlineSignals: [],
    feeds: () => [],
    behind: false,
    ...facts,
  };
}

/** Everything an assessment of any account could see, as bytes. */
function everythingSeen(view: EvidenceView): string[] {
  return ['one', 'two'].flatMap((of) =>
    ['a', 'b'].map((accountId) => {
      const input = gatherInput(gathering({ tenant: of, request: requestFacts({ accountId }) }), view);
      return Buffer.from(encodeInput(input)).toString('hex');
    }),
  );
}

describe('I2 order does not matter, through the whole view', () => {
  test('any order, any duplication of signals and provider events gives the same inputs', () => {
    const entries = fc.array(fc.oneof(signalEntry, providerEntry), { maxLength: 40 });
    fc.assert(
      fc.property(
        entries.chain((all) => disturbed(all).map((other) => [all, other] as const)),
        ([all, other]) => {
          const view = applyAll(opened(), all);
          const disturbedView = applyAll(opened(), other);
          expect(everythingSeen(disturbedView)).toEqual(everythingSeen(view));
          for (const { tenant: of, body } of all) {
            if (body.kind !== 'signal') continue;
            const { id } = body.signal;
            expect(disturbedView.signalDigest(of, id)).toBe(view.signalDigest(of, id));
          }
        },
      ),
    );
  });
});

describe('restarts', () => {
  const anyEntry = fc.oneof(
    signalEntry,
    providerEntry,
    fc
      .record({
        tenant,
        accountId: account,
        n: fc.nat({ max: 3 }),
        decision: fc.constantFrom('ALLOW', 'HOLD'),
      })
      .map(
        ({ tenant: of, accountId, n, decision }): Entry => ({
          tenant: of,
          body: assessment(
            T0 + n,
            { accountId, withdrawal: `w${n}` },
            { decision: decision === 'HOLD' ? 'HOLD' : 'ALLOW', requestId: `r${n}`, requestDigest: `d${n}` },
          ),
        }),
      ),
  );

  test('from any cursor, with entries replayed that are already contained, everything is as if never stopped', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyEntry, { maxLength: 30 }),
        fc.nat(),
        fc.nat(),
        async (entries, stop, back) => {
          const never = applyAll(opened(), entries);
          const cursor = stop % (entries.length + 1);
          const state = new MemoryStateStore();
          const before = applyAll(opened(state), entries.slice(0, cursor));
          await state.commit(before.takeChanges(), cursor);
          const from = Math.max(0, cursor - (back % 5));
          const after = applyAll(opened(state), entries.slice(from), from + 1);
          expect(everythingSeen(after)).toEqual(everythingSeen(never));
          expect(after.appliedThrough).toBe(entries.length);
          for (const of of ['one', 'two']) {
            for (const accountId of ['a', 'b']) {
              expect(after.latestAssessment(of, accountId)).toBe(never.latestAssessment(of, accountId));
            }
            for (let n = 0; n <= 3; n++)
              expect(after.request(of, `r${n}`)).toEqual(never.request(of, `r${n}`));
          }
        },
      ),
    );
  });

  test('settled changes leave memory, and reading goes on from the state', async () => {
    const state = new MemoryStateStore();
    const view = opened(state);
    applyAll(view, [
      { tenant: 'exchange', body: assessment(NOW, {}, { requestId: 'r' }) },
      {
        tenant: '',
        body: {
          kind: 'provider-event',
          provider: 'att',
          tokenId: 't',
          content: { kind: 'unknown-type', type: 'x' },
        },
      },
    ]);
    view.setFeed('att', Buffer.from('cursor'));
    view.setMeta('name', Buffer.from('value'));
    view.quarantine.put('1', Buffer.from('refused'));
    const changes = view.takeChanges();
    expect(view.pendingCount).toBe(6);
    await state.commit(changes, 2);
    view.settled(changes);
    expect([view.pendingCount, view.takeChanges()]).toEqual([0, []]);
    // Nothing of it was asked for twice.
    expect(view.cachedBytes).toBe(0);
    for (const one of [view, opened(state)]) {
      expect(one.request('exchange', 'r')).toEqual({ position: 1, receivedAt: T0 + 1 });
      expect(one.feed('att')).toEqual(Buffer.from('cursor'));
      expect(one.meta('name')).toEqual(Buffer.from('value'));
      expect(one.quarantine.get('1')).toEqual(Buffer.from('refused'));
      expect(one.hasToken('t')).toBe(true);
    }
  });
});

describe('I10 a tenant sees its own data only', () => {
  const view = applyAll(opened(), [
    {
      tenant: 'one',
      body: {
        kind: 'signal',
        accountId: 'a',
        signal: { type: 'SIM_CHANGED', id: 's', digest: 'd', occurredAt: T0, receivedAt: T0 },
      },
    },
    { tenant: 'one', body: assessment(NOW, {}, { requestId: 'r' }) },
    {
      tenant: 'one',
      body: { kind: 'outcome', assessmentId: 'x', label: 'HONEST', reportedBy: 'team', observedAt: T0 },
    },
  ]);

  test('records, ids and answers of another are not there', () => {
    expect(view.account('one', 'a').signals).toHaveLength(1);
    expect(view.account('two', 'a').signals).toEqual([]);
    expect([view.ledger('one', 'a').spends.length, view.ledger('two', 'a').spends.length]).toEqual([1, 0]);
    expect([view.signalDigest('one', 's'), view.signalDigest('two', 's')]).toEqual(['d', undefined]);
    expect(view.request('two', 'r')).toBeUndefined();
    expect(view.outcome('one', 'x')?.label).toBe('HONEST');
    expect(view.outcome('two', 'x')).toBeUndefined();
    expect([view.latestAssessment('one', 'a'), view.latestAssessment('two', 'a')]).toEqual([2, 0]);
  });
});

describe('entries', () => {
  test('a kind or event that only a newer version knows has no effect, and is passed', () => {
    const view = opened();
    view.apply({ stamp: stamp(1), kind: 'travel-notice', tenant: 'one', payload: Buffer.from([1]) });
    expect([view.appliedThrough, view.takeChanges()]).toEqual([1, []]);
  });

  test('one that is damaged is an error with a code', () => {
    expect(() =>
      opened().apply({ stamp: stamp(1), kind: 'signal', tenant: 'one', payload: Buffer.from([0x0a, 0x7f]) }),
    ).toThrow(expect.objectContaining({ code: 'LOG_CORRUPT' }));
  });

  test('of policies leave evidence alone', () => {
    const view = applied([
      { kind: 'policy-revision', number: 1, hash: 'h', text: 't', author: 'a', message: 'm', parent: 0 },
      { kind: 'policy-activation', number: 1, previous: 0, actor: 'a', reason: 'r' },
    ]);
    expect([view.appliedThrough, view.takeChanges()]).toEqual([2, []]);
  });

  test('a request id is remembered for 7 days', () => {
    const view = applied([assessment(NOW, {}, { requestId: 'r' })]);
    expect(view.request('exchange', 'r', T0 + 1 + 7 * DAY)?.position).toBe(1);
    expect(view.request('exchange', 'r', T0 + 2 + 7 * DAY)).toBeUndefined();
  });

  test('an account knows where its latest assessment is, whatever came after it', () => {
    const release = { withdrawal: 'digest-of-w', destination: 'destination', ceiling: 5, releasedAt: T0 };
    const view = applied([
      assessment(1),
      assessment(2, { accountId: 'a2' }),
      assessment(3),
      { kind: 'release', accountId: 'a', release, actor: 'p', reason: 'r' },
      { kind: 'release', accountId: 'a3', release, actor: 'p', reason: 'r' },
    ]);
    const latest = ['a', 'a2', 'a3', 'a4'].map((accountId) => view.latestAssessment('exchange', accountId));
    expect(latest).toEqual([3, 2, 0, 0]);
  });

  test('an answer brings its inline signals, its mailbox and its release into evidence', () => {
    const [mailbox] = fc.sample(link, 1);
    const [told] = fc.sample(
      signal.filter((one) => one.type === 'NEW_DEVICE'),
      1,
    );
    if (mailbox === undefined || told === undefined) throw new Error('no sample');
    const release = { withdrawal: 'digest-of-w', destination: 'destination', ceiling: 5, releasedAt: T0 };
    const view = applied([
      assessment(
        NOW,
        {},
        { mailbox, inlineSignals: [{ accountId: 'a', signal: told }], decision: 'HOLD', degradedAllow: true },
      ),
      { kind: 'release', accountId: 'a', release, actor: 'p', reason: 'r' },
    ]);
    expect(view.account('exchange', 'a').signals).toEqual([told]);
    expect(view.account('exchange', 'a').mailboxes.map((one) => one.alias)).toEqual([mailbox.alias]);
    expect(view.signalDigest('exchange', told.id)).toBe(told.digest);
    expect(view.ledger('exchange', 'a')).toMatchObject({
      spends: [{ counted: false, degraded: true }],
      holds: [{ withdrawal: 'digest-of-w', firstHeldAt: NOW }],
      releases: [release],
    });
  });

  test('the latest observed outcome counts, whatever the order', () => {
    const outcome = { kind: 'outcome' as const, assessmentId: 'x', reportedBy: 'team' };
    const honest = { ...outcome, label: 'HONEST', observedAt: T0 };
    const fraud = { ...outcome, label: 'FRAUD_CONFIRMED', observedAt: T0 + 1 };
    const tied = { ...outcome, label: 'UNKNOWN', observedAt: T0 + 1 };
    for (const bodies of [
      [honest, fraud, tied],
      [tied, fraud, honest],
      [fraud, tied, honest],
    ]) {
      expect(applied(bodies).outcome('exchange', 'x')?.label).toBe('UNKNOWN');
    }
  });
});

describe('retractions', () => {
  const mailbox: MailboxLink = {
    alias: 'k0:1',
    aliases: [
      { alias: 'k0:1', form: 'exact' },
      { alias: 'p:1', form: 'pair' },
    ],
    domain: 'att.net',
    lastUsedAt: NOW,
  };
  const [sample] = fc.sample(providerEvent, 1);
  const [incident] = fc.sample(cohort, 1);
  if (sample === undefined || incident === undefined) throw new Error('no sample');
  const event = { ...sample, id: 't1', provider: 'att' };
  const told: JournalEntryBody = {
    kind: 'provider-event',
    provider: 'att',
    tokenId: 't1',
    content: { kind: 'event', alias: 'p:1', event },
  };
  const open: JournalEntryBody = {
    kind: 'provider-event',
    provider: 'att',
    tokenId: 't2',
    content: { kind: 'cohort', cohort: { ...incident, provider: 'att', domains: ['att.net'] } },
  };
  function takenBack(id: string, provider = 'att'): JournalEntryBody {
    const back = { provider, id, issuedAt: T0 };
    return {
      kind: 'provider-event',
      provider,
      tokenId: `back-${id}`,
      content: { kind: 'retraction', retraction: back },
    };
  }

  test('stand beside their event under its alias, whichever came first', () => {
    for (const bodies of [
      [told, takenBack('t1')],
      [takenBack('t1'), told],
    ]) {
      const view = applied(bodies);
      expect(view.mailboxView(mailbox, NOW)).toEqual({
        link: mailbox,
        records: [
          {
            form: 'pair',
            record: {
              events: [event],
              retractions: [{ provider: 'att', id: 't1', issuedAt: T0 }],
              heardAt: event.receivedAt,
            },
          },
        ],
      });
      expect(view.mailbox('p:1')?.retractions).toHaveLength(1);
      expect([view.hasToken('t1'), view.hasToken('back-t1'), view.hasToken('t2')]).toEqual([
        true,
        true,
        false,
      ]);
    }
  });

  test('of an event that never came show nothing, and do not count as its arrival', () => {
    const view = applied([takenBack('t1')]);
    expect(view.mailboxView(mailbox, NOW).records).toEqual([]);
    expect(view.hasToken('t1')).toBe(false);
  });

  test('remove a cohort, whichever came first, if they are its own provider’s', () => {
    for (const bodies of [
      [open, takenBack('t2')],
      [takenBack('t2'), open],
    ]) {
      expect(applied(bodies).cohortsFor(['att.net'], NOW)).toEqual([]);
    }
    for (const bodies of [
      [open, takenBack('t2', 'other')],
      [takenBack('t2', 'other'), open],
    ]) {
      expect(applied(bodies).cohortsFor(['att.net'], NOW)).toHaveLength(1);
    }
  });
});
