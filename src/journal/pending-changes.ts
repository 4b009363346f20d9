import type { LogPosition, StateChange, StateTable } from '../store/ports.js';

/** Changes on their way to the state: the latest of each record. */
export class PendingChanges {
  readonly #tables = new Map<StateTable, Map<string, StateChange>>();
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
  add(changes: Iterable<StateChange>, through: LogPosition): void {
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

  /** Adds all of a newer collection. */
  addAll(newer: PendingChanges): void {
    if (!newer.isEmpty) this.add(newer.changes(), newer.through);
  }
}
