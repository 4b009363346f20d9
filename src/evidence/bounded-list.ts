/** How a bounded list of immutable items is ordered. With it, insertion is a join: order and repetition are nothing. */
export interface ListOrder<T> {
  /** Negative when `a` stands before `b`; 0 when both are the same item, whatever their mergeable parts say. */
  readonly compare: (a: T, b: T) => number;
  /** The limit counts within a group; groups stand together. */
  readonly sameGroup: (a: T, b: T) => boolean;
  /** Most items of one group; the last ones go. */
  readonly limit: number;
  /** Joins the mergeable parts of two equal items. Returns `kept` itself when that changes nothing. */
  readonly merge: (kept: T, item: T) => T;
}

/** The list with the item in it: the same list if that changes nothing. */
export function inserted<T>(list: readonly T[], item: T, order: ListOrder<T>): readonly T[] {
  let rank = 0;
  let at = 0;
  for (; at < list.length; at++) {
    const other = list[at];
    if (other === undefined) break;
    const compared = order.compare(item, other);
    if (compared === 0) {
      const merged = order.merge(other, item);
      return merged === other ? list : list.with(at, merged);
    }
    if (compared < 0) break;
    if (order.sameGroup(item, other)) rank++;
  }
  if (rank >= order.limit) return list;
  const next = list.toSpliced(at, 0, item);
  const surplus = at - rank + order.limit;
  const last = next[surplus];
  return last !== undefined && order.sameGroup(item, last) ? next.toSpliced(surplus, 1) : next;
}

/** Compares two strings by code unit, as `<` does. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
