import type { ReusedBytes } from '../store/codec/reused-bytes.js';
import type { LogPosition, StateChange, StateTable } from '../store/ports.js';

/** Changes on their way to the state: the latest of each record. */
export class PendingChanges {
  readonly #tables = new Map<StateTable, Map<string, StateChange>>();
  /** What the changes were put into. */
  readonly memories = new Set<ReusedBytes>();
  #through: LogPosition = 0;

  /** The changes reflect every entry up to here. */
  get through(): LogPosition {
    return this.#through;
  }

  /** Nothing to commit: no change, and no entry that the state would then contain. */
  get isEmpty(): boolean {
    return this.#through === 0 && this.#tables.size === 0;
  }

  /** Number of changed records. */
  get size(): number {
    let size = 0;
    for (const records of this.#tables.values()) size += records.size;
    return size;
  }

  changes(): StateChange[] {
    const all: StateChange[] = [];
    for (const records of this.#tables.values()) for (const change of records.values()) all.push(change);
    return all;
  }

  /** Adds changes that are newer than all in here. */
  add(changes: Iterable<StateChange>, through: LogPosition, memory: ReusedBytes | undefined): void {
    if (memory !== undefined) this.memories.add(memory);
    this.#keep(changes, through);
  }

  /** Adds all of a newer collection. */
  addAll(newer: PendingChanges): void {
    for (const memory of newer.memories) this.memories.add(memory);
    if (!newer.isEmpty) this.#keep(newer.changes(), newer.through);
  }

  #keep(changes: Iterable<StateChange>, through: LogPosition): void {
    for (const change of changes) {
      let records = this.#tables.get(change.table);
      if (records === undefined) {
        records = new Map();
        this.#tables.set(change.table, records);
      }
      records.set(change.key, change);
    }
    this.#through = through;
  }
}
