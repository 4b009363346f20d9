/**
 * When something happened that was noted at `atMs`, or under an unconfirmed clock perhaps `leadMs` later: the later of the
 * two, unless it lies ahead of `nowMs` and so was wrong. What counts for a while then counts for no less.
 */
export function settledTime(atMs: number, leadMs: number | undefined, nowMs: number): number {
  return leadMs !== undefined && atMs + leadMs <= nowMs ? atMs + leadMs : atMs;
}
