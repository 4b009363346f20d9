import type { LogPosition, StateChange } from '../store/ports.js';

/** Changes on their way to the state: the latest of each record. */
export class PendingChanges {
  readonly #latest = new Map<string, StateChange>();
  #through: LogPosition = 0;

  /** The changes reflect every entry up to here. */
  get through(): LogPosition {
    return this.#through;
  }

  /** Nothing to commit: no change, and no entry that the state would then contain. */
  get isEmpty(): boolean {
    return this.#through === 0 && this.#latest.size === 0;
  }

  /** Number of changed records. */
  get size(): number {
    return this.#latest.size;
  }

  changes(): StateChange[] {
    return [...this.#latest.values()];
  }

  /** Adds changes that are newer than all in here. */
  add(changes: Iterable<StateChange>, through: LogPosition): void {
    for (const change of changes) this.#latest.set(`${change.table}\n${change.key}`, change);
    this.#through = through;
  }

  /** Adds all of a newer collection. */
  addAll(newer: PendingChanges): void {
    if (!newer.isEmpty) this.add(newer.#latest.values(), newer.through);
  }
}
