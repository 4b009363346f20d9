import type { ByteSource } from '../store/codec/reused-bytes.js';
import type { StateChange } from '../store/ports.js';
import type { JournalEntry } from './ports.js';

/** Something that follows from the log: keeps records in memory and hands out what changed in them. */
export interface Projection {
  /** Takes an entry in. Entries come in the order of the log; one already contained must change nothing. */
  apply(entry: JournalEntry): void;
  /**
   * What changed since the last call, as of now; the values are not touched afterwards.
   *
   * @param place where they may be put. It may be written over once {@link settled} has been told of the changes; left
   *   out, never
   */
  takeChanges(place?: ByteSource): readonly StateChange[];
  /**
   * These changes can now be read from the state. They are the objects that {@link takeChanges} returned; of several
   * to one record only the latest comes back.
   */
  settled(changes: readonly StateChange[]): void;
}

/** Several projections as one. Each gets every entry, and sees the settled changes of the others as well. */
export function combineProjections(projections: readonly Projection[]): Projection {
  return {
    apply(entry) {
      for (const projection of projections) projection.apply(entry);
    },
    takeChanges(place) {
      const all: StateChange[] = [];
      for (const projection of projections) all.push(...projection.takeChanges(place));
      return all;
    },
    settled(changes) {
      for (const projection of projections) projection.settled(changes);
    },
  };
}
