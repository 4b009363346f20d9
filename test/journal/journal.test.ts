import { describe, expect, it } from 'vitest';
import { positionOf } from '../../src/journal/ids.js';
import { type EntryStamp, JournalError } from '../../src/journal/ports.js';
import { MemoryLogStore } from '../../src/store/memory-log-store.js';
import { draft, journalFixture, START } from './fixtures.js';

const unavailable = { name: 'JournalError', code: 'AUDIT_UNAVAILABLE' };

describe('append', () => {
  it('gives an entry its place, id and time at once, and its payload may contain them', async () => {
    const { journal } = journalFixture();
    let seen: EntryStamp | undefined;
    const { stamp, durable } = journal.append({
      kind: 'assessment',
      tenant: 'acme',
      payload: (stamp) => {
        seen = stamp;
        return Buffer.from(stamp.id);
      },
    });
    expect(seen).toEqual(stamp);
    expect(stamp.position).toBe(1);
    expect(stamp.receivedAt).toBe(START);
    expect(positionOf(stamp.id)).toBe(1);
    expect(journal.head).toBe(1);
    expect(journal.durableHead).toBe(0);
    await durable;
    expect(journal.durableHead).toBe(1);
    expect(journal.get(1)).toEqual({
      stamp,
      kind: 'assessment',
      tenant: 'acme',
      payload: Buffer.from(stamp.id),
    });
    await journal.close();
  });

  it('reserves nothing when the payload cannot be made', async () => {
    const { journal } = journalFixture();
    const payload = (): Uint8Array => {
      throw new Error('too large');
    };
    expect(() => journal.append({ kind: 'test', tenant: '', payload })).toThrow('too large');
    expect(journal.head).toBe(0);
    expect(journal.append(draft('a')).stamp.position).toBe(1);
    await journal.close();
  });

  it('gives an entry that waits as it was, whatever is written to the memory of its group later', async () => {
    const { journal, disk } = journalFixture();
    disk.hold();
    journal.append(draft('first'));
    const second = journal.append(draft('second'));
    const read = [journal.get(1), journal.get(2)];
    disk.pass();
    await second.durable;
    for (let round = 0; round < 4; round += 1) await journal.append(draft(`later ${round}`)).durable;
    expect(read.map((entry) => Buffer.from(entry?.payload ?? []).toString())).toEqual(['first', 'second']);
    expect(Buffer.from(journal.get(2)?.payload ?? []).toString()).toBe('second');
    await journal.close();
  });

  it('does not write over what a flush that failed was given, though the next one succeeds', async () => {
    const store = new MemoryLogStore();
    const given: Uint8Array[] = [];
    const append = store.append.bind(store);
    store.append = async (entries) => {
      if (given.length > 0) return append(entries);
      given.push(...entries.map(({ bytes }) => bytes));
      throw new Error('no space left on device');
    };
    const { journal, reached } = journalFixture({ store, retryFlushMs: 1 });
    await expect(journal.append(draft('first')).durable).rejects.toMatchObject(unavailable);
    const before = given.map((bytes) => Buffer.from(bytes));
    await reached('ok');
    for (let round = 0; round < 4; round += 1) await journal.append(draft(`later ${round}`)).durable;
    expect(given).toEqual(before);
    await journal.close();
  });

  it('goes on where the log ends', async () => {
    const first = journalFixture();
    await first.journal.append(draft('a')).durable;
    await first.journal.close();
    const { journal } = journalFixture({ store: first.store.powerLoss() });
    expect(journal.head).toBe(1);
    expect(journal.append(draft('b')).stamp.position).toBe(2);
    await journal.close();
  });
});

describe('group commit', () => {
  it('flushes the entries of one turn together', async () => {
    const { journal, disk } = journalFixture();
    const appended = ['a', 'b', 'c'].map((text) => journal.append(draft(text)));
    expect(new Set(appended.map(({ durable }) => durable)).size).toBe(1);
    await appended[0]?.durable;
    expect(disk.asked).toBe(1);
    expect(journal.durableHead).toBe(3);
    await journal.close();
  });

  it('makes one group of all that comes while a flush is under way', async () => {
    const { journal, disk } = journalFixture();
    const groups: string[] = [];
    journal.onGroup({
      taken: (through) => groups.push(`taken ${through}`),
      durable: (through) => groups.push(`durable ${through}`),
    });
    disk.hold();
    const asked = disk.nextAsked();
    const first = journal.append(draft('a'));
    await asked;
    const later = [journal.append(draft('b')), journal.append(draft('c'))];
    expect(groups).toEqual(['taken 1']);
    const askedAgain = disk.nextAsked();
    disk.passWaiting();
    await first.durable;
    await askedAgain;
    expect(groups).toEqual(['taken 1', 'durable 1', 'taken 3']);
    disk.pass();
    await Promise.all(later.map(({ durable }) => durable));
    expect(disk.asked).toBe(2);
    expect(groups.at(-1)).toBe('durable 3');
    await journal.close();
  });

  it('shows entries that are not durable yet, and when they will be', async () => {
    const { journal, disk } = journalFixture();
    disk.hold();
    const asked = disk.nextAsked();
    const a = journal.append(draft('a'));
    await asked;
    const b = journal.append(draft('b'));
    expect(Buffer.from(journal.get(1)?.payload ?? []).toString()).toBe('a');
    expect(Buffer.from(journal.get(2)?.payload ?? []).toString()).toBe('b');
    expect(journal.get(3)).toBeUndefined();
    expect(journal.whenDurable(1)).toBe(a.durable);
    expect(journal.whenDurable(2)).toBe(b.durable);
    expect(() => journal.whenDurable(3)).toThrow(RangeError);
    disk.pass();
    await journal.whenDurable(2);
    await journal.whenDurable(1);
    await journal.close();
  });
});

describe('power loss', () => {
  it('I5: takes nothing whose durability was confirmed, and everything else may go', async () => {
    const { journal, disk, store } = journalFixture();
    await journal.append(draft('answered')).durable;
    disk.hold();
    const asked = disk.nextAsked();
    const confirmed: string[] = [];
    const confirm = (text: string): Promise<unknown> =>
      journal.append(draft(text)).durable.then(
        () => confirmed.push(text),
        () => {},
      );
    const inFlight = confirm('in flight');
    await asked;
    const waiting = confirm('waiting');
    const survivor = store.powerLoss();
    disk.pass();
    await Promise.all([inFlight, waiting]);
    expect(confirmed).toEqual([]);
    expect(survivor.lastPosition).toBe(1);
    await expect(journal.close()).rejects.toMatchObject(unavailable);
  });
});

describe('a flush that fails', () => {
  it('tells all who wait, refuses, tries again, and then accepts', async () => {
    const { journal, disk, store, reached } = journalFixture();
    const states: string[] = [];
    journal.onStateChange((state, cause) =>
      states.push(cause instanceof Error ? `${state}: ${cause.message}` : state),
    );
    disk.hold();
    const asked = disk.nextAsked();
    const inFlight = journal.append(draft('a'));
    await asked;
    const behind = journal.append(draft('b'));
    disk.fail();
    await expect(inFlight.durable).rejects.toMatchObject(unavailable);
    await expect(behind.durable).rejects.toMatchObject(unavailable);
    expect(() => journal.append(draft('c'))).toThrow(JournalError);
    await expect(journal.whenDurable(1)).rejects.toMatchObject(unavailable);
    expect(states).toEqual(['failing: the log could not be flushed']);

    const ok = reached('ok');
    disk.pass();
    await ok;
    expect(states).toHaveLength(2);
    expect(journal.append(draft('c')).stamp.position).toBe(3);
    await journal.whenDurable(3);
    const kept = [...store.read(1)].map(({ position }) =>
      Buffer.from(journal.get(position)?.payload ?? []).toString(),
    );
    expect(kept).toEqual(['a', 'b', 'c']);
    await journal.close();
  });

  it('lets a new entry into a new group only', async () => {
    const { journal, disk, reached } = journalFixture();
    disk.hold();
    const asked = disk.nextAsked();
    journal.append(draft('a'));
    await asked;
    journal.append(draft('b'));
    disk.fail();
    await reached('failing');
    const appended = new Promise<void>((resolve, reject) => {
      journal.onStateChange((state) => {
        if (state === 'ok') journal.append(draft('c')).durable.then(resolve, reject);
      });
    });
    disk.pass();
    await appended;
    expect(journal.durableHead).toBe(3);
    await journal.close();
  });

  it('does not stop a relaxed journal until its line is full', async () => {
    const { journal, disk, reached } = journalFixture({ durability: 'relaxed', maxWaitingEntries: 3 });
    disk.fail();
    journal.append(draft('a'));
    await reached('failing');
    journal.append(draft('b'));
    journal.append(draft('c'));
    expect(() => journal.append(draft('d'))).toThrow(expect.objectContaining(unavailable));
    const ok = reached('ok');
    disk.pass();
    await ok;
    await journal.close();
    expect(journal.durableHead).toBe(3);
  });

  it('at the end is tried once more, then reported', async () => {
    const { journal, disk, reached } = journalFixture({ retryFlushMs: 60_000 });
    disk.fail();
    journal.append(draft('a'));
    await reached('failing');
    await expect(journal.close()).rejects.toMatchObject(unavailable);
    expect(disk.asked).toBe(2);
  });

  it('at the end succeeds at once when the disk is well again', async () => {
    const { journal, disk, store, reached } = journalFixture({ retryFlushMs: 60_000 });
    disk.fail();
    journal.append(draft('a'));
    await reached('failing');
    disk.pass();
    await journal.close();
    expect(store.lastPosition).toBe(1);
  });
});

describe('limits', () => {
  it('refuses when too many entries wait for the disk', async () => {
    const { journal, disk } = journalFixture({ maxWaitingEntries: 2 });
    disk.hold();
    journal.append(draft('a'));
    journal.append(draft('b'));
    expect(() => journal.append(draft('c'))).toThrow(expect.objectContaining(unavailable));
    expect(journal.state).toBe('ok');
    disk.pass();
    await journal.whenDurable(2);
    expect(journal.append(draft('c')).stamp.position).toBe(3);
    await journal.close();
  });

  it('refuses when too many bytes wait for the disk', async () => {
    const { journal, disk } = journalFixture({ maxWaitingBytes: 1_000 });
    disk.hold();
    journal.append(draft('x'.repeat(1_000)));
    expect(() => journal.append(draft('b'))).toThrow(expect.objectContaining(unavailable));
    disk.pass();
    await journal.close();
  });

  it('refuses while suspended', async () => {
    const { journal } = journalFixture();
    journal.suspend('the state cannot be written');
    expect(journal.state).toBe('suspended');
    expect(() => journal.append(draft('a'))).toThrow('the state cannot be written');
    journal.resume();
    await journal.append(draft('a')).durable;
    await journal.close();
  });
});

describe('close', () => {
  it('makes durable what was appended, then refuses', async () => {
    const store = new MemoryLogStore();
    const { journal } = journalFixture({ store });
    journal.append(draft('a'));
    journal.append(draft('b'));
    const closed = journal.close();
    expect(() => journal.append(draft('c'))).toThrow(expect.objectContaining(unavailable));
    await closed;
    expect(store.lastPosition).toBe(2);
    expect(journal.state).toBe('closed');
    await journal.close();
  });
});
