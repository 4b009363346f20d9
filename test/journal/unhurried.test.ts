import { describe, expect, it } from 'vitest';
import type { EntryDraft } from '../../src/journal/ports.js';
import { draft, journalFixture } from './fixtures.js';

function unhurried(text: string): EntryDraft {
  return { ...draft(text), unhurried: true };
}

/** So long that only hurry can end it within a test. */
const LONG_MS = 3_600_000;

describe('entries that nobody waits for', () => {
  it('are gathered beyond the turn of the event loop, and go to disk together', async () => {
    const { journal, disk } = journalFixture({ gatherMs: 5 });
    const first = journal.append(unhurried('a'));
    await new Promise((resolve) => setImmediate(resolve));
    const second = journal.append(unhurried('b'));
    expect(second.durable).toBe(first.durable);
    await second.durable;
    expect(journal.durableHead).toBe(2);
    expect(disk.asked).toBe(1);
    await journal.close();
  });

  it('are taken along by one that somebody waits for', async () => {
    const { journal, disk } = journalFixture({ gatherMs: LONG_MS });
    const patient = journal.append(unhurried('a'));
    await journal.append(draft('b')).durable;
    await patient.durable;
    expect(journal.durableHead).toBe(2);
    expect(disk.asked).toBe(1);
    await journal.close();
  });

  it('hurry as soon as somebody asks when they are durable', async () => {
    const { journal } = journalFixture({ gatherMs: LONG_MS });
    journal.append(unhurried('a'));
    await journal.whenDurable(1);
    expect(journal.durableHead).toBe(1);
    await journal.close();
  });

  it('are gathered anew behind a group in flight, unless somebody waits', async () => {
    const { journal, disk } = journalFixture({ gatherMs: LONG_MS });
    disk.hold();
    const asked = disk.nextAsked();
    const inFlight = journal.append(draft('a'));
    await asked;
    journal.append(unhurried('b'));
    disk.pass();
    await inFlight.durable;
    expect(journal.durableHead).toBe(1);
    await journal.append(draft('c')).durable;
    expect(journal.durableHead).toBe(3);
    expect(disk.asked).toBe(2);
    await journal.close();
  });

  it('are on disk when the journal is closed', async () => {
    const { journal } = journalFixture({ gatherMs: LONG_MS });
    journal.append(unhurried('a'));
    await journal.close();
    expect(journal.durableHead).toBe(1);
  });
});
