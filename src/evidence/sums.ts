/** What older withdrawals of one kind add up to. */
interface Sum {
  /** Minutes since 1970. */
  readonly minute: number;
  readonly value: number;
}

/**
 * Adds to the sums of older withdrawals, which stand newest first, one for each minute and kind. Beyond `most` the two
 * of one kind that lie closest are joined under the newer minute: the older part then counts a little longer, never
 * shorter.
 */
export function withSummed<S extends Sum>(
  sums: readonly S[],
  one: S,
  isSameKind: (a: S, b: S) => boolean,
  most: number,
): readonly S[] {
  const same = sums.findIndex((sum) => sum.minute === one.minute && isSameKind(sum, one));
  const found = sums[same];
  if (found !== undefined) return sums.with(same, { ...found, value: found.value + one.value });
  const next = sums.findIndex((sum) => sum.minute < one.minute);
  const all = sums.toSpliced(next === -1 ? sums.length : next, 0, one);
  return all.length > most ? withClosestJoined(all, isSameKind) : all;
}

function withClosestJoined<S extends Sum>(
  sums: readonly S[],
  isSameKind: (a: S, b: S) => boolean,
): readonly S[] {
  let best = Number.POSITIVE_INFINITY;
  let newer = -1;
  let older = -1;
  for (const [index, sum] of sums.entries()) {
    const follower = sums.findIndex((other, at) => at > index && isSameKind(sum, other));
    const gap = sum.minute - (sums[follower]?.minute ?? Number.NEGATIVE_INFINITY);
    if (gap >= best) continue;
    best = gap;
    newer = index;
    older = follower;
  }
  const into = sums[newer];
  const from = sums[older];
  if (into === undefined || from === undefined) return sums;
  return sums.with(newer, { ...into, value: into.value + from.value }).toSpliced(older, 1);
}
