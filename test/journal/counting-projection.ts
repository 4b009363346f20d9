import type { JournalEntry } from '../../src/journal/ports.js';
import type { Projection } from '../../src/journal/projection.js';
import type { StateChange, StateStore } from '../../src/store/ports.js';

interface Tally {
  readonly count: number;
  /** Entries up to here are counted. */
  readonly through: number;
}

/** The smallest projection: counts entries by their payload's text, and is exact whatever it is replayed from. */
export class CountingProjection implements Projection {
  readonly #state: StateStore;
  readonly #pending = new Map<string, Tally>();
  readonly #taken = new Map<string, StateChange>();
  readonly #dirty = new Set<string>();

  constructor(state: StateStore) {
    this.#state = state;
  }

  apply({ stamp, payload }: Pick<JournalEntry, 'stamp' | 'payload'>): void {
    const key = Buffer.from(payload).toString();
    if (key === 'poison') throw new Error('cannot be applied');
    const before = this.tally(key);
    if (before.through >= stamp.position) return;
    this.#pending.set(key, { count: before.count + 1, through: stamp.position });
    this.#dirty.add(key);
  }

  tally(key: string): Tally {
    return this.#pending.get(key) ?? readTally(this.#state, key);
  }

  takeChanges(): readonly StateChange[] {
    const changes = [...this.#dirty].map((key): StateChange => {
      return { table: 'accounts', key, value: Buffer.from(JSON.stringify(this.tally(key))) };
    });
    for (const change of changes) this.#taken.set(change.key, change);
    this.#dirty.clear();
    return changes;
  }

  settled(changes: readonly StateChange[]): void {
    for (const change of changes) {
      if (this.#taken.get(change.key) !== change) continue;
      this.#taken.delete(change.key);
      if (!this.#dirty.has(change.key)) this.#pending.delete(change.key);
    }
  }

  /** Records that are only in memory. */
  get unsettled(): number {
    return this.#pending.size;
  }
}

export function readTally(state: StateStore, key: string): Tally {
  const value = state.get('accounts', key);
  if (value === undefined) return { count: 0, through: 0 };
  const tally: unknown = JSON.parse(Buffer.from(value).toString());
  if (typeof tally !== 'object' || tally === null || !('count' in tally) || !('through' in tally)) {
    throw new Error('not a tally');
  }
  return { count: Number(tally.count), through: Number(tally.through) };
}
