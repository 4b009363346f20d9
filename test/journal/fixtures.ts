import type { Clock } from '../../src/journal/clock.js';
import { Journal, type JournalOptions } from '../../src/journal/journal.js';
import type { EntryDraft, JournalState } from '../../src/journal/ports.js';
import { MemoryLogStore } from '../../src/store/memory-log-store.js';
import { HeldFlush } from '../store/held-flush.js';

export const START = Date.UTC(2026, 0, 1);

/** A clock that moves by one millisecond whenever it is read. */
export function tickingClock(from = START): Clock {
  let now = from;
  return { nowMs: () => now++ };
}

export function draft(text: string): EntryDraft {
  return { kind: 'test', tenant: 'default', payload: () => Buffer.from(text) };
}

export interface JournalFixture {
  readonly disk: HeldFlush;
  readonly store: MemoryLogStore;
  readonly journal: Journal;
  /** Resolves when the journal is in this state. */
  reached(state: JournalState): Promise<void>;
}

/** A journal on a disk that the test holds in its hand. */
export function journalFixture(options: Partial<JournalOptions> = {}): JournalFixture {
  const disk = new HeldFlush();
  const store = new MemoryLogStore({ flush: disk.seam });
  const journal = new Journal({ store, clock: tickingClock(), retryFlushMs: 5, ...options });
  return {
    disk,
    store,
    journal,
    reached: (state) =>
      new Promise((resolve) => {
        if (journal.state === state) resolve();
        journal.onStateChange((next) => {
          if (next === state) resolve();
        });
      }),
  };
}
