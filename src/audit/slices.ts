/** Work that takes long is done in slices, so that answers are given between them. */
export interface Slices {
  /** Whether the slice is used up: then {@link next} is due. */
  isOver(): boolean;
  /** Resolves when the next slice begins. */
  next(): Promise<void>;
}

/** A millisecond: less than an answer may wait unnoticed. */
export const SLICE_MS = 1;

/** Slices for one who shares the thread with nobody who reads at length: one each turn of the event loop. */
export function slicesOfOwn(): Slices {
  let endsAtMs = performance.now() + SLICE_MS;
  return {
    isOver: () => performance.now() >= endsAtMs,
    next: async () => {
      await new Promise<void>((resolve) => setImmediate(resolve));
      endsAtMs = performance.now() + SLICE_MS;
    },
  };
}
