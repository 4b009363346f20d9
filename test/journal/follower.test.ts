import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { Follower, type FollowerOptions } from '../../src/journal/follower.js';
import type { Journal } from '../../src/journal/journal.js';
import { combineProjections, type Projection } from '../../src/journal/projection.js';
import { MemoryLogStore } from '../../src/store/memory-log-store.js';
import { MemoryStateStore } from '../../src/store/memory-state-store.js';
import type { StateChange } from '../../src/store/ports.js';
import { entries } from '../contract/log-store-contract.js';
import { HeldFlush } from '../store/held-flush.js';
import { CountingProjection, readTally } from './counting-projection.js';
import { draft, journalFixture } from './fixtures.js';

function followerFixture(options: Partial<FollowerOptions> = {}) {
  const base = journalFixture();
  const stateDisk = new HeldFlush();
  const state = new MemoryStateStore({ flush: stateDisk.seam });
  const projection = new CountingProjection(state);
  const follower = new Follower({
    log: base.store,
    state,
    journal: base.journal,
    projection,
    commitPauseMs: 0,
    retryCommitMs: 1,
    ...options,
  });
  follower.start();
  const append = (text: string): Promise<void> => {
    const { stamp, durable } = base.journal.append(draft(text));
    projection.apply({ stamp, payload: Buffer.from(text) });
    return durable;
  };
  return { ...base, stateDisk, state, projection, follower, append };
}

/** Catches up an empty state with a log. */
async function rebuild(
  log: MemoryLogStore,
  state = new MemoryStateStore(),
  options: Partial<FollowerOptions> = {},
) {
  const projection = new CountingProjection(state);
  const { journal } = journalFixture({ store: log });
  const follower = new Follower({ log, state, journal, projection, ...options });
  const result = await follower.catchUp();
  return { state, result };
}

function rowsOf(state: MemoryStateStore): string[] {
  return [...state.range('accounts', {})].map(({ key, value }) => `${key}=${Buffer.from(value).toString()}`);
}

async function finish(journal: Journal, follower: Follower): Promise<void> {
  await journal.close();
  await follower.close();
}

describe('a checkpoint', () => {
  it('waits for the group after the one in flight, if something was learnt in between', async () => {
    const { append, disk, follower, journal, projection, state } = followerFixture({ commitPauseMs: 60_000 });
    disk.hold();
    const asked = disk.nextAsked();
    const a = append('a');
    await asked;
    projection.apply({
      stamp: { position: 1, id: 'i', receivedAt: 0 },
      payload: Buffer.from('without an entry'),
    });
    const checkpoint = follower.checkpoint();
    const b = append('b');
    const askedAgain = disk.nextAsked();
    disk.passWaiting();
    await a;
    await askedAgain;
    disk.pass();
    await b;
    await checkpoint;
    expect(readTally(state, 'without an entry').count).toBe(1);
    await finish(journal, follower);
  });

  it('commits what was learnt without an entry', async () => {
    const { projection, follower, state, journal } = followerFixture();
    projection.apply({ stamp: { position: 1, id: 'i', receivedAt: 0 }, payload: Buffer.from('seen') });
    await follower.checkpoint();
    expect(readTally(state, 'seen').count).toBe(1);
    expect(state.cursor).toBe(0);
    await finish(journal, follower);
  });

  it('waits for the entries that it stands on, and says so when they cannot be made durable', async () => {
    const { append, disk, projection, follower, state, journal, reached } = followerFixture();
    disk.hold();
    void append('a').catch(() => undefined);
    projection.apply({ stamp: { position: 1, id: 'i', receivedAt: 0 }, payload: Buffer.from('seen') });
    const waiting = follower.checkpoint();
    expect(readTally(state, 'seen').count).toBe(0);
    disk.pass();
    await waiting;
    expect(readTally(state, 'a').count).toBe(1);
    expect(readTally(state, 'seen').count).toBe(1);
    disk.fail();
    void append('b').catch(() => undefined);
    await expect(follower.checkpoint()).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    disk.pass();
    await reached('ok');
    await finish(journal, follower);
  });

  it('says so when the state cannot be written', async () => {
    const { append, stateDisk, follower, journal } = followerFixture();
    await append('a');
    stateDisk.fail();
    await expect(follower.checkpoint()).rejects.toMatchObject({ code: 'STORE_WRITE_FAILED' });
    stateDisk.pass();
    await follower.checkpoint();
    await finish(journal, follower);
  });
});

describe('live', () => {
  it('brings into the state what is durable, and lets the projection forget it', async () => {
    const { append, journal, follower, state, projection } = followerFixture();
    await append('a');
    await append('a');
    expect(projection.tally('a').count).toBe(2);
    await finish(journal, follower);
    expect(readTally(state, 'a')).toEqual({ count: 2, through: 2 });
    expect(state.cursor).toBe(2);
    expect(projection.unsettled).toBe(0);
    expect(projection.tally('a').count).toBe(2);
    expect(follower.lagEntries).toBe(0);
  });

  it('never lets the state contain what a power loss can still take from the log', async () => {
    const { append, disk, state, store, follower, projection } = followerFixture();
    await append('a');
    await follower.flush();
    disk.hold();
    const asked = disk.nextAsked();
    void append('a');
    await asked;
    void append('a');
    await follower.flush();
    expect(projection.tally('a').count).toBe(3);
    expect(state.cursor).toBe(1);
    expect(readTally(state, 'a')).toEqual({ count: 1, through: 1 });
    const rebuilt = await rebuild(store.powerLoss(), state.powerLoss());
    expect(readTally(rebuilt.state, 'a')).toEqual({ count: 1, through: 1 });
  });

  it('commits several groups at once, each record once', async () => {
    const { append, journal, follower, state, stateDisk } = followerFixture({ commitPauseMs: 60_000 });
    for (let n = 0; n < 10; n++) await append('a');
    expect(stateDisk.asked).toBe(0);
    expect(follower.lagEntries).toBe(10);
    await follower.flush();
    expect(stateDisk.asked).toBe(1);
    expect(state.cursor).toBe(10);
    await finish(journal, follower);
  });

  it('pauses twice as long as the last commit took', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval'] });
    let tookMs = 0;
    let nowMs = 0;
    const { append, journal, follower, state, stateDisk } = followerFixture({
      commitPauseMs: 10,
      monotonicMs: () => nowMs,
    });
    /** Milliseconds from an entry on disk to the commit that carries it. */
    const pauseMs = async (): Promise<number> => {
      const before = stateDisk.asked;
      stateDisk.hold();
      await append('a');
      let waitedMs = 0;
      for (; stateDisk.asked === before; waitedMs++) await vi.advanceTimersByTimeAsync(1);
      nowMs += tookMs;
      stateDisk.pass();
      while (state.cursor !== journal.durableHead) await new Promise((resolve) => setImmediate(resolve));
      return waitedMs;
    };
    try {
      tookMs = 2;
      expect(await pauseMs()).toBe(10);
      tookMs = 20;
      expect(await pauseMs()).toBe(10);
      tookMs = 900;
      expect(await pauseMs()).toBe(40);
      expect(await pauseMs()).toBe(100);
    } finally {
      vi.useRealTimers();
    }
    await finish(journal, follower);
  });

  it('keeps serving from memory while the state cannot be written, and catches up', async () => {
    const reports: string[] = [];
    let recovered = (): void => {};
    const recovery = new Promise<void>((resolve) => {
      recovered = resolve;
    });
    const { append, journal, follower, state, stateDisk, projection } = followerFixture({
      onStateChange: (next) => {
        reports.push(next);
        if (next === 'ok') recovered();
      },
    });
    stateDisk.fail();
    await append('a');
    await follower.flush();
    await append('a');
    await append('b');
    expect(follower.isFailing).toBe(true);
    expect(projection.tally('a').count).toBe(2);
    expect(state.cursor).toBe(0);
    stateDisk.pass();
    await recovery;
    await finish(journal, follower);
    expect(readTally(state, 'a').count).toBe(2);
    expect(readTally(state, 'b').count).toBe(1);
    expect(reports).toEqual(['failing', 'ok']);
  });

  it('takes changes into memory of their own while the state cannot be written, however long that lasts', async () => {
    const isLent: boolean[] = [];
    const base = followerFixture({
      projection: {
        apply: () => undefined,
        settled: () => undefined,
        takeChanges: (place) => {
          isLent.push(place !== undefined);
          return [{ table: 'meta', key: 'k', value: Buffer.from('v') }];
        },
      },
    });
    const { append, follower, stateDisk, journal } = base;
    await append('a');
    await follower.flush();
    stateDisk.fail();
    await append('b');
    await follower.flush();
    isLent.length = 0;
    for (const text of ['c', 'd', 'e']) await append(text);
    expect(isLent.length).toBeGreaterThan(0);
    expect(isLent).not.toContain(true);
    stateDisk.pass();
    await follower.flush();
    isLent.length = 0;
    await append('f');
    expect(isLent).toEqual([true]);
    await finish(journal, follower);
  });

  it('suspends the journal before memory runs out', async () => {
    const { append, journal, follower, stateDisk, reached } = followerFixture({ maxPendingRecords: 2 });
    stateDisk.fail();
    await append('a');
    await append('b');
    await follower.flush();
    expect(journal.state).toBe('suspended');
    await expect(async () => append('c')).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    const ok = reached('ok');
    stateDisk.pass();
    await ok;
    await append('c');
    await finish(journal, follower);
  });
});

describe('what changes without an entry', () => {
  /** As a feed's place does: written between entries, known to no entry. */
  function placeFixture(options: Partial<FollowerOptions> = {}) {
    const places: StateChange[] = [];
    const settled: StateChange[] = [];
    const projection: Projection = {
      apply: () => undefined,
      takeChanges: () => places.splice(0),
      settled: (changes) => void settled.push(...changes),
    };
    const fixture = followerFixture({ projection, idleCommitIntervalMs: 1, ...options });
    const move = (to: string): void => {
      places.push({ table: 'meta', key: 'place', value: Buffer.from(to) });
    };
    const place = (state: MemoryStateStore): string | undefined => {
      const value = state.get('meta', 'place');
      return value === undefined ? undefined : Buffer.from(value).toString();
    };
    return { ...fixture, move, place, settled };
  }

  it('reaches the state though no entry comes, even on an empty log', async () => {
    const { move, place, state, stateDisk, follower, settled } = placeFixture();
    const asked = stateDisk.nextAsked();
    move('one');
    await asked;
    await follower.flush();
    expect(place(state)).toBe('one');
    expect(state.cursor).toBe(0);
    expect(settled).toHaveLength(1);
    expect(stateDisk.asked).toBe(1);
    await follower.close();
  });

  it('costs no flush while nothing changes', async () => {
    const { stateDisk, follower } = placeFixture();
    await new Promise((resolve) => setImmediate(resolve));
    await follower.flush();
    expect(stateDisk.asked).toBe(0);
    await follower.close();
  });

  it('waits for the entries before it: the state never knows more than the log', async () => {
    const { append, move, place, disk, state, journal, follower } = placeFixture();
    disk.hold();
    const durable = append('a');
    move('behind a');
    await follower.flush();
    expect(place(state)).toBeUndefined();
    disk.pass();
    await durable;
    await finish(journal, follower);
    expect(place(state)).toBe('behind a');
    expect(state.cursor).toBe(1);
  });

  it('is committed by a stop in order, and kept through a failed commit', async () => {
    const { move, place, stateDisk, state, journal, follower } = placeFixture({
      idleCommitIntervalMs: 60_000,
    });
    move('one');
    stateDisk.fail();
    await follower.flush();
    expect(follower.isFailing).toBe(true);
    expect(place(state)).toBeUndefined();
    stateDisk.pass();
    await finish(journal, follower);
    expect(place(state)).toBe('one');
  });
});

describe('catching up', () => {
  it('gives the same state as having followed, from any point at which it was left', async () => {
    const step = fc.record({
      text: fc.constantFrom('a', 'b', 'c', 'd'),
      wait: fc.boolean(),
      flush: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 40 }),
        fc.nat({ max: 39 }),
        async (steps, cut) => {
          const { append, journal, follower, state, store } = followerFixture();
          let left: MemoryStateStore | undefined;
          for (const [index, { text, wait, flush }] of steps.entries()) {
            const durable = append(text);
            if (wait) await durable;
            if (flush) await follower.flush();
            if (index === cut) left = copyOf(state);
          }
          await finish(journal, follower);
          const fromNothing = await rebuild(store);
          expect(rowsOf(fromNothing.state)).toEqual(rowsOf(state));
          expect(fromNothing.state.cursor).toBe(state.cursor);
          const fromThere = await rebuild(store, left);
          expect(rowsOf(fromThere.state)).toEqual(rowsOf(state));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('lets other work in, and tells how far it is', async () => {
    const log = new MemoryLogStore();
    await log.append(entries(1, 1_800));
    let turns = 0;
    const tick = setInterval(() => turns++, 0);
    const progress: number[] = [];
    const state = new MemoryStateStore();
    const { journal } = journalFixture({ store: log });
    const follower = new Follower({ log, state, journal, projection: new CountingProjection(state) });
    const result = await follower.catchUp(({ position, target }) => {
      expect(target).toBe(1_800);
      progress.push(position);
    });
    clearInterval(tick);
    expect(result).toEqual({ applied: 1_800, failed: 0 });
    expect(progress).toEqual([500, 1_000, 1_500, 1_800]);
    expect(turns).toBeGreaterThan(0);
    expect(state.cursor).toBe(1_800);
    expect(await follower.catchUp()).toEqual({ applied: 0, failed: 0 });
  });

  it('skips an entry that cannot be applied, and says which', async () => {
    const { journal, store } = journalFixture();
    for (const text of ['a', 'poison', 'a']) journal.append(draft(text));
    await journal.close();
    const failures: string[] = [];
    const { state, result } = await rebuild(store, new MemoryStateStore(), {
      onEntryFailed: (position, kind, error) => failures.push(`${position} ${kind} ${String(error)}`),
    });
    expect(result).toEqual({ applied: 3, failed: 1 });
    expect(failures).toEqual(['2 test Error: cannot be applied']);
    expect(readTally(state, 'a')).toEqual({ count: 2, through: 3 });
  });

  it('refuses a log with a damaged entry', async () => {
    const log = new MemoryLogStore();
    await log.append([...entries(1, 2), { position: 3, bytes: Buffer.from('damaged') }]);
    await expect(rebuild(log)).rejects.toMatchObject({ code: 'LOG_CORRUPT' });
  });

  it('begins where a trimmed log begins', async () => {
    const log = new MemoryLogStore();
    await log.append(entries(1, 10));
    await log.trim(6);
    const { state, result } = await rebuild(log);
    expect(result.applied).toBe(4);
    expect(state.cursor).toBe(10);
  });
});

it('several projections are followed as one', () => {
  const state = new MemoryStateStore();
  const parts = [new CountingProjection(state), new CountingProjection(state)];
  const all = combineProjections(parts);
  const stamp = { position: 1, id: 'i', receivedAt: 0 };
  all.apply({ stamp, kind: 'test', tenant: '', payload: Buffer.from('a') });
  const changes = all.takeChanges();
  expect(changes).toHaveLength(2);
  all.settled(changes);
  expect(parts.map(({ unsettled }) => unsettled)).toEqual([0, 0]);
});

function copyOf(state: MemoryStateStore): MemoryStateStore {
  const copy = new MemoryStateStore();
  const changes = [...state.range('accounts', {})].map(({ key, value }) => ({
    table: 'accounts' as const,
    key,
    value,
  }));
  void copy.commit(changes, state.cursor);
  return copy;
}
