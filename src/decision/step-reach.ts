import type { Tenths, UnixMs } from './vocabulary.js';

/** What the rest of a sequence depends on in a chain of its first steps, with what is best of all that share it. */
export interface Reach {
  readonly count: number;
  readonly atNow: boolean;
  /** Shared records used at the last moment. */
  readonly used: number;
  readonly points: Tenths;
  readonly earliest: UnixMs;
}

/** Best points and starts by range of moments, of chains of one count. */
interface Table {
  readonly count: number;
  readonly points: Float64Array;
  readonly earliest: Float64Array;
}

/**
 * Which chains reach the moments of one step's candidates. A chain reaches every moment from its last record's to
 * `maxGap` after that record's end. All candidates of a step give the same points, so the most points and the earliest
 * start of all chains that reach a moment are enough to extend them all at once.
 *
 * The moments that a chain reaches are one range. It is written to the two blocks, of a power of two moments each, that
 * cover it, and `settle` hands all blocks down to single moments: chains and moments cost the logarithm of the moments
 * each, whatever the ranges.
 */
export class StepReach {
  /** Ascending, distinct. */
  readonly #moments: Float64Array;
  readonly #levels: number;
  readonly #tables: Table[] = [];
  readonly #same: Reach[][] = [];
  readonly #earlier: (readonly Reach[])[] = [];

  /** @param times of the candidates, finite, in any order, at least one; sorted in place */
  constructor(times: Float64Array) {
    times.sort();
    let distinct = 1;
    for (let index = 1; index < times.length; index += 1) {
      const time = times[index] ?? 0;
      if (time === times[distinct - 1]) continue;
      times[distinct] = time;
      distinct += 1;
    }
    this.#moments = times.subarray(0, distinct);
    this.#levels = 32 - Math.clz32(distinct);
  }

  /**
   * Adds a chain.
   *
   * @param at the moment of its last record; minus infinity for none
   * @param reachesTo the last moment at which the next step may be
   */
  add(chain: Reach, at: UnixMs, reachesTo: UnixMs): void {
    let first = this.#indexOf(at);
    if (this.#moments[first] === at && at <= reachesTo) {
      this.#addSame(first, chain);
      first += 1;
    }
    const end = this.#indexAfter(reachesTo);
    if (first >= end) return;
    const table = this.#tableOf(chain.count);
    const level = 31 - Math.clz32(end - first);
    const row = level * this.#moments.length;
    improve(table, row + first, chain.points, chain.earliest);
    improve(table, row + end - (1 << level), chain.points, chain.earliest);
  }

  /** To be called after the last chain was added, before the first question. */
  settle(): void {
    const length = this.#moments.length;
    for (const table of this.#tables) {
      for (let level = this.#levels - 1; level > 0; level -= 1) {
        const half = 1 << (level - 1);
        const below = (level - 1) * length;
        for (let at = 0; at + 2 * half <= length; at += 1) {
          const points = table.points[level * length + at] ?? NONE;
          if (points === NONE) continue;
          const earliest = table.earliest[level * length + at] ?? LATEST;
          improve(table, below + at, points, earliest);
          improve(table, below + at + half, points, earliest);
        }
      }
    }
  }

  /**
   * The chains that reach this moment and have not used the record there: at most one by count of those whose last
   * record is earlier, and what differs in anything of those whose last record is of this very moment.
   *
   * @param bit of the record, 0 if no other step may use it
   */
  reaching(time: UnixMs, bit: number): readonly Reach[] {
    const at = this.#indexOf(time);
    const earlier = this.#earlierThan(at);
    const same = this.#same[at];
    if (same === undefined) return earlier;
    return earlier.concat(same.filter(({ used }) => (used & bit) === 0));
  }

  /** Kept, since several candidates may be of one moment. */
  #earlierThan(at: number): readonly Reach[] {
    const known = this.#earlier[at];
    if (known !== undefined) return known;
    const reaches: Reach[] = [];
    for (const { count, points, earliest } of this.#tables) {
      const most = points[at] ?? NONE;
      if (most === NONE) continue;
      reaches.push({ count, atNow: false, used: 0, points: most, earliest: earliest[at] ?? LATEST });
    }
    this.#earlier[at] = reaches;
    return reaches;
  }

  #addSame(index: number, chain: Reach): void {
    let here = this.#same[index];
    if (here === undefined) {
      here = [];
      this.#same[index] = here;
    }
    mergeReach(here, chain);
  }

  #tableOf(count: number): Table {
    for (const table of this.#tables) if (table.count === count) return table;
    const size = this.#levels * this.#moments.length;
    const points = new Float64Array(size).fill(NONE);
    const table = { count, points, earliest: new Float64Array(size).fill(LATEST) };
    this.#tables.push(table);
    return table;
  }

  /** The first moment that is not before `time`. */
  #indexOf(time: UnixMs): number {
    let low = 0;
    let high = this.#moments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#moments[middle] ?? 0) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The first moment after `time`. */
  #indexAfter(time: UnixMs): number {
    const index = this.#indexOf(time);
    return this.#moments[index] === time ? index + 1 : index;
  }
}

const NONE = Number.NEGATIVE_INFINITY;
const LATEST = Number.POSITIVE_INFINITY;

function improve(table: Table, at: number, points: Tenths, earliest: UnixMs): void {
  if (points > (table.points[at] ?? NONE)) table.points[at] = points;
  if (earliest < (table.earliest[at] ?? LATEST)) table.earliest[at] = earliest;
}

/** Adds to a short list, or makes better what is there and shares everything that the rest depends on. */
function mergeReach(reaches: Reach[], { count, atNow, used, points, earliest }: Reach): void {
  for (let index = 0; index < reaches.length; index += 1) {
    const other = reaches[index];
    if (other === undefined || other.count !== count || other.atNow !== atNow || other.used !== used)
      continue;
    if (other.points >= points && other.earliest <= earliest) return;
    reaches[index] = {
      count,
      atNow,
      used,
      points: Math.max(points, other.points),
      earliest: Math.min(earliest, other.earliest),
    };
    return;
  }
  reaches.push({ count, atNow, used, points, earliest });
}
