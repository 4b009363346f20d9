import type { UnixMs } from '../decision/vocabulary.js';

// A list keeps the newest items of each group one by one. What finds no place of its own is not forgotten: it joins a
// crowd, which says from when to when such things happened. Whoever reads a crowd takes it that one of them may have
// happened at any of these moments, so that a crowd is never milder than what it stands for.
//
// The crowds of a group share out its past: days at first, then four days each, then sixteen, and so on. So their
// number grows with the logarithm of time, whoever fills them and with whatever.

const DAY_MS = 86_400_000;

/** Each step into the past widens the crowds this much. */
const WIDENING = 4;

/** Crowds of one width, before they widen. */
const CROWDS_OF_A_WIDTH = 4;

/** An item, or a crowd: only crowds have `since`. */
export interface Crowdable {
  /** Of a crowd: that of the newest of its items. */
  readonly occurredAt: UnixMs;
  /** Of a crowd: that of the oldest of its items. */
  readonly since?: UnixMs;
}

/** How a crowded list is ordered. With it, insertion is a join: order and repetition are nothing. */
export interface CrowdedOrder<T extends Crowdable> {
  /** Groups stand together and never take each other's places. Nothing that it compares may merge. */
  readonly compareGroups: (a: T, b: T) => number;
  /**
   * Within a group, newest first; 0 when both are the same item, whatever their mergeable parts say. Nothing else that
   * it compares may merge.
   */
  readonly compare: (a: T, b: T) => number;
  /** Items of one group that have places of their own: the first in order. */
  readonly limit: number;
  /** Joins the mergeable parts of two equal items. Returns `kept` itself when that changes nothing. */
  readonly merge: (kept: T, item: T) => T;
  /** The crowd that stands for one item. */
  readonly crowdOf: (item: T) => T;
  /** The crowd that stands for two. Returns `crowd` itself when it stands for both already. */
  readonly joinCrowds: (crowd: T, other: T) => T;
}

/** The list with the item in it, one by one or in a crowd: the same list if that changes nothing. */
export function crowdedWith<T extends Crowdable>(
  list: readonly T[],
  item: T,
  order: CrowdedOrder<T>,
): readonly T[] {
  let start = 0;
  while (start < list.length && inOrder(list[start], item, order.compareGroups) < 0) start++;
  let end = start;
  while (end < list.length && inOrder(list[end], item, order.compareGroups) === 0) end++;
  const group = list.slice(start, end);
  const next = groupWith(group, item, order);
  return next === group ? list : list.toSpliced(start, group.length, ...next);
}

function groupWith<T extends Crowdable>(group: readonly T[], item: T, order: CrowdedOrder<T>): readonly T[] {
  const firstCrowd = group.findIndex(isCrowd);
  const kept = firstCrowd === -1 ? group : group.slice(0, firstCrowd);
  const crowds = firstCrowd === -1 ? [] : group.slice(firstCrowd);
  let at = 0;
  while (at < kept.length && inOrder(kept[at], item, order.compare) < 0) at++;
  const twin = kept[at];
  if (twin !== undefined && order.compare(twin, item) === 0) {
    const merged = order.merge(twin, item);
    return merged === twin ? group : group.with(at, merged);
  }
  const next = at < order.limit ? kept.toSpliced(at, 0, item) : [...kept];
  const dropped = at < order.limit ? next.splice(order.limit) : [item];
  const [newest] = next;
  if (newest === undefined) return group;
  const nextCrowds = sharedOut([...crowds, ...dropped.map(order.crowdOf)], newest.occurredAt, order);
  const isSame = at >= order.limit && nextCrowds.every((crowd, index) => crowd === crowds[index]);
  return isSame ? group : [...next, ...nextCrowds];
}

/** As `compare`, for an element that may be beyond the end of its list. */
function inOrder<T>(a: T | undefined, b: T, compare: (a: T, b: T) => number): number {
  return a === undefined ? 1 : compare(a, b);
}

/** Whether this stands for several. */
export function isCrowd(item: Crowdable): boolean {
  return item.since !== undefined;
}

/** The crowds, one for each part of the past, newest first. */
function sharedOut<T extends Crowdable>(
  crowds: readonly T[],
  newest: UnixMs,
  order: CrowdedOrder<T>,
): readonly T[] {
  const byPart = new Map<string, T>();
  for (const crowd of crowds) {
    const part = partOfPast(crowd.occurredAt, newest);
    const other = byPart.get(part);
    byPart.set(part, other === undefined ? crowd : order.joinCrowds(other, crowd));
  }
  return [...byPart.values()].sort((a, b) => b.occurredAt - a.occurredAt);
}

/**
 * Which part of the past a moment lies in, seen from the newest item: parts are whole days counted from 1970, four
 * times as wide where more than {@link CROWDS_OF_A_WIDTH} lie between.
 *
 * INVARIANT with a newer item parts only ever join, whole: so crowds do too, and come out the same in every order.
 */
function partOfPast(moment: UnixMs, newest: UnixMs): string {
  let width = DAY_MS;
  while (Math.floor(newest / width) - Math.floor(moment / width) >= CROWDS_OF_A_WIDTH) width *= WIDENING;
  return `${width} ${Math.floor(moment / width)}`;
}
