import { beforeAll, describe, expect, test } from 'vitest';
import { EvidenceView } from '../../src/evidence/evidence-view.js';
import type { FeedCursor } from '../../src/feed/cursor.js';
import { RETRACTION, RISC } from '../../src/feed/event-types.js';
import { FeedTable } from '../../src/feed/feed-table.js';
import { type FeedMessage, Intake, MAX_BACKLOG } from '../../src/feed/intake.js';
import { Parking } from '../../src/feed/parking.js';
import { SILENT_OBSERVER } from '../../src/feed/ports.js';
import { Quarantine } from '../../src/feed/quarantine.js';
import type { RefusalReason } from '../../src/feed/refusal.js';
import { TokenApplier } from '../../src/feed/token-applier.js';
import { DirectVerifier, type Verifier } from '../../src/feed/verifier.js';
import { verifierSettings } from '../../src/feed/verify.js';
import { Journal } from '../../src/journal/journal.js';
import { MemoryLogStore } from '../../src/store/memory-log-store.js';
import { MemoryStateStore } from '../../src/store/memory-state-store.js';
import { addressOf, NOW_MS } from '../identity/fixtures.js';
import { HeldFlush } from '../store/held-flush.js';
import { AUDIENCE, bytesOf, type ProviderFixture, providerFixture, pseudonyms, token } from './fixtures.js';

const clock = { nowMs: () => NOW_MS };
let fixture: ProviderFixture;
beforeAll(async () => {
  fixture = await providerFixture();
});

interface Setting {
  readonly verifier?: Verifier;
  readonly poison?: RegExp;
  readonly monotonicMs?: () => number;
  readonly pause?: (pauseMs: number, signal: AbortSignal) => Promise<void>;
}

function setUp(overrides: Setting = {}) {
  const registry = { providers: new Map([[fixture.provider.id, fixture.provider]]) };
  const disk = new HeldFlush();
  const log = new MemoryLogStore({ flush: disk.seam });
  const journal = new Journal({ store: log, clock, retryFlushMs: 5 });
  const view = new EvidenceView(new MemoryStateStore(), { cacheBytes: 1_000_000 });
  const names = pseudonyms();
  const table = new FeedTable(view, names, registry, NOW_MS);
  const refused: RefusalReason[] = [];
  const cursors: FeedCursor[] = [];
  const missed: string[] = [];
  let journalWaits = 0;
  const evidence: EvidenceView = Object.create(view, {
    applyBody: {
      value: (...args: Parameters<EvidenceView['applyBody']>) => {
        if (overrides.poison?.test(JSON.stringify(args[2])) === true) throw new RangeError('poison');
        view.applyBody(...args);
      },
    },
    hasToken: { value: (id: string) => view.hasToken(id) },
    quarantine: { value: view.quarantine },
    parked: { value: view.parked },
    mailbox: { value: (alias: string) => view.mailbox(alias) },
    unnamed: { value: view.unnamed },
    setMeta: { value: (name: string, value: Uint8Array) => view.setMeta(name, value) },
  });
  const verifier = overrides.verifier ?? new DirectVerifier(verifierSettings(registry, AUDIENCE));
  const intake = new Intake({
    verifier,
    applier: new TokenApplier({ journal, evidence, table, pseudonyms: names, registry: () => registry }),
    quarantine: new Quarantine(view.quarantine, new Parking(view.parked)),
    table,
    evidence,
    clock,
    observer: {
      ...SILENT_OBSERVER,
      refused: (_, reason) => void refused.push(reason),
      journalUnavailable: () => void journalWaits++,
    },
    advanced: (cursor) => void cursors.push(cursor),
    keyMissed: (provider) => void missed.push(provider),
    logHead: () => journal.head,
    ...(overrides.pause === undefined ? {} : { pause: overrides.pause }),
    ...(overrides.monotonicMs === undefined ? {} : { monotonicMs: overrides.monotonicMs }),
  });
  const events = (email: string) =>
    view
      .mailboxView(names.mailbox(addressOf(email), NOW_MS), NOW_MS)
      .records.flatMap(({ record }) => record.events.map(({ type }) => type));
  return { intake, journal, disk, view, table, refused, cursors, missed, events, waits: () => journalWaits };
}

let sequence = 0;
function message(bytes: Uint8Array, subject = 'holdfast.feed.att-feed'): FeedMessage {
  return { subject, bytes, created: 'monday', sequence: ++sequence, storedAt: NOW_MS };
}

describe('intake', () => {
  test('fault 11: a message on which our own code throws is set aside; the one after it is applied', async () => {
    const { intake, refused, events, cursors } = setUp({ poison: /ACCOUNT_PURGED/ });
    intake.push(
      message(
        await token(fixture.signing.EdDSA, { jti: 'p', eventType: `${RISC}account-purged`, event: {} }),
      ),
    );
    const last = message(await token(fixture.signing.EdDSA, { jti: 'q' }));
    intake.push(last);
    await intake.idle();
    expect(refused).toEqual(['HANDLER_FAILED']);
    expect(events('victim@att.net')).toEqual(['CREDENTIAL_COMPROMISE']);
    expect(cursors.at(-1)?.sequence).toBe(last.sequence);
  });

  test('a backlog leaves two thirds of the time to answers while they are given, and none when nobody asks', async () => {
    const pauses: number[] = [];
    const pause = async (pauseMs: number): Promise<void> => void pauses.push(pauseMs);
    let elapsedMs = 0;
    let answersGiven = 0;
    const verifier = new DirectVerifier(
      verifierSettings({ providers: new Map([[fixture.provider.id, fixture.provider]]) }, AUDIENCE),
    );
    const asked = setUp({ pause, monotonicMs: () => elapsedMs, verifier });
    const verify = verifier.verifyBatch.bind(verifier);
    verifier.verifyBatch = async (...args) => {
      elapsedMs += 5;
      if (answersGiven > 0) {
        const { durable } = asked.journal.append({
          kind: 'assessment',
          tenant: 'default',
          payload: () => new Uint8Array(1),
        });
        durable.catch(() => undefined);
      }
      return verify(...args);
    };
    const tokens = await Promise.all(
      Array.from({ length: 40 }, (_, index) => token(fixture.signing.EdDSA, { jti: `many-${index}` })),
    );
    for (const bytes of tokens.slice(0, 20)) asked.intake.push(message(bytes));
    await asked.intake.idle();
    expect(pauses).toEqual([]);
    answersGiven = 1;
    for (const bytes of tokens.slice(20)) asked.intake.push(message(bytes));
    await asked.intake.idle();
    expect(pauses.length).toBeGreaterThan(0);
    for (const pauseMs of pauses) expect(pauseMs).toBe(10);
    expect(asked.cursors.at(-1)?.sequence).toBe(sequence);
    await asked.intake.stop();
  });

  test('a log that cannot be written stops the line, and nothing is lost or repeated', async () => {
    const { intake, journal, disk, events, cursors, waits } = setUp();
    disk.fail();
    const failing = new Promise<void>((resolve) =>
      journal.onStateChange((state) => state === 'failing' && resolve()),
    );
    await journal
      .append({ kind: 'test', tenant: '', payload: () => new Uint8Array() })
      .durable.catch(() => undefined);
    await failing;
    const only = message(await token(fixture.signing.EdDSA));
    intake.push(only);
    await expect.poll(waits).toBeGreaterThan(0);
    expect(cursors).toEqual([]);
    expect(events('victim@att.net')).toEqual([]);
    disk.pass();
    await intake.idle();
    expect(cursors.map((cursor) => cursor.sequence)).toEqual([only.sequence]);
    expect(events('victim@att.net')).toEqual(['CREDENTIAL_COMPROMISE']);
    expect(journal.head).toBe(2);
  });

  test('fault 16: a clearing token that is replayed after a new compromise changes nothing', async () => {
    const { intake, view, events } = setUp();
    const clear = await token(fixture.signing.EdDSA, {
      jti: 'clear',
      eventType: 'urn:holdfast:event:resecured',
      event: {},
      issuedAt: NOW_MS - 60_000,
    });
    intake.push(message(clear));
    intake.push(message(await token(fixture.signing.EdDSA, { jti: 'new compromise' })));
    await intake.idle();
    const before = view.takeChanges().length;
    expect(before).toBeGreaterThan(0);
    expect(events('victim@att.net')).toEqual(['CREDENTIAL_COMPROMISE', 'RESECURED']);
    intake.push(message(clear));
    await intake.idle();
    expect(view.takeChanges().map(({ table }) => table)).not.toContain('mailboxes');
  });

  test('fault 10: a retraction takes its event back whichever comes first', async () => {
    const event = await token(fixture.signing.EdDSA, { jti: 'mistake' });
    const retraction = await token(fixture.signing.EdDSA, {
      jti: 'r',
      eventType: RETRACTION,
      event: { jti: 'mistake' },
      subject: { format: 'opaque', id: 'r' },
    });
    const states = [];
    for (const order of [
      [event, retraction],
      [retraction, event],
    ]) {
      const { intake, view } = setUp();
      for (const bytes of order) intake.push(message(bytes));
      await intake.idle();
      const mailboxes = view.takeChanges().filter(({ table }) => table === 'mailboxes');
      states.push(mailboxes.map(({ key, value }) => [key, Buffer.from(value ?? []).toString('hex')]));
    }
    expect(states[0]).toHaveLength(1);
    expect(states[1]).toEqual(states[0]);
  });

  test('fault 14: a key that comes while its messages are being checked is not missed', async () => {
    const registry = { providers: new Map([[fixture.provider.id, fixture.provider]]) };
    const withoutKeys = { providers: new Map([['att-feed', { ...fixture.provider, keys: [] }]]) };
    const direct = new DirectVerifier(verifierSettings(withoutKeys, AUDIENCE));
    let isFirst = true;
    const verifier: Verifier = {
      verifyBatch: async (messages, now) => {
        const results = await direct.verifyBatch(messages, now);
        // Everything that waited has been tried again by now; this batch is not among it yet.
        if (isFirst) direct.replaceSettings(verifierSettings(registry, AUDIENCE));
        isFirst = false;
        return results;
      },
      replaceSettings: (settings) => direct.replaceSettings(settings),
      get settingsCount() {
        return direct.settingsCount;
      },
      close: () => direct.close(),
    };
    const { intake, events, refused, missed } = setUp({ verifier });
    intake.push(message(await token(fixture.signing.EdDSA)));
    await intake.idle();
    expect(events('victim@att.net')).toEqual(['CREDENTIAL_COMPROMISE']);
    expect([refused, missed]).toEqual([[], []]);
  });

  test('fault 14: a missed key is asked for with each message under it, also if the message waits already', async () => {
    const other = await providerFixture();
    const { intake, missed, refused } = setUp();
    const stranger = await token({ ...other.signing.EdDSA, kid: 'next' });
    intake.push(message(stranger));
    intake.push(message(stranger));
    await intake.idle();
    expect(missed).toEqual(['att-feed', 'att-feed']);
    expect(refused).toEqual(['KEY_UNKNOWN']);
  });

  test.each([
    { name: 'slow', stepMs: 1, fewestTurns: 60, mostTurns: 66 },
    { name: 'quick', stepMs: 0.05, fewestTurns: 12, mostTurns: 20 },
  ])(
    'fault 8: other work gets its turn by the time that messages take: $name ones',
    async ({ stepMs, fewestTurns, mostTurns }) => {
      let now = 0;
      const { intake, view } = setUp({
        monotonicMs: () => {
          now += stepMs;
          return now;
        },
      });
      const seen = new Set<number>();
      let isReading = true;
      const look = (): void => {
        seen.add(view.appliedThrough);
        if (isReading) setImmediate(look);
      };
      setImmediate(look);
      const tokens = Array.from({ length: 64 }, (_, n) =>
        token(fixture.signing.EdDSA, { jti: `slice-${n}`, seq: n + 1 }),
      );
      for (const bytes of await Promise.all(tokens)) intake.push(message(bytes));
      await intake.idle();
      isReading = false;
      expect(view.appliedThrough).toBe(64);
      expect(seen.size).toBeGreaterThanOrEqual(fewestTurns);
      expect(seen.size).toBeLessThanOrEqual(mostTurns);
    },
  );

  test('the fetcher waits while too much is unread', async () => {
    const waiting: (() => void)[] = [];
    const slow: Verifier = {
      verifyBatch: (messages) =>
        new Promise((resolve) =>
          waiting.push(() =>
            resolve(messages.map(() => ({ kind: 'refused', reason: 'MALFORMED', detail: '' }) as const)),
          ),
        ),
      replaceSettings: () => undefined,
      settingsCount: 0,
      close: async () => undefined,
    };
    const { intake } = setUp({ verifier: slow });
    for (let n = 0; n < MAX_BACKLOG + 65; n++) intake.push(message(bytesOf('x')));
    let hasRoom = false;
    const room = intake.room().then(() => {
      hasRoom = true;
    });
    expect(intake.backlog).toBeGreaterThan(MAX_BACKLOG);
    expect(hasRoom).toBe(false);
    const drain = setInterval(() => waiting.shift()?.(), 1);
    await room;
    expect(intake.backlog).toBeLessThanOrEqual(MAX_BACKLOG);
    await intake.idle();
    clearInterval(drain);
  });

  test('stopping drops what was not taken in, and its cursor does not cover it', async () => {
    const { intake, cursors, events } = setUp();
    for (let n = 0; n < 200; n++) intake.push(message(await token(fixture.signing.EdDSA, { jti: `j${n}` })));
    await intake.stop();
    intake.push(message(await token(fixture.signing.EdDSA, { jti: 'late' })));
    await intake.idle();
    expect(cursors.at(-1)?.sequence ?? 0).toBeLessThan(sequence - 1);
    expect(events('victim@att.net').length).toBeLessThanOrEqual(64);
  });
});
