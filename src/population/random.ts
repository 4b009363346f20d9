/** Chance that can be repeated: the same seed gives the same draws on every machine. */
export interface Random {
  /** From 0 to below 1. */
  next(): number;
  /** An integer from 0 to below `bound`. */
  below(bound: number): number;
  between(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly [T, ...T[]]): T;
  /** By weight. */
  weighted<T>(items: readonly [Weighted<T>, ...Weighted<T>[]]): T;
  /** Waiting times of what happens `1 / mean` times a unit. */
  exponential(mean: number): number;
  /** Half of the draws are below the median; `sigma` is that of the logarithm. */
  logNormal(median: number, sigma: number): number;
}

export interface Weighted<T> {
  readonly weight: number;
  readonly item: T;
}

/** @param seed any integer; two seeds give unrelated draws */
export function seededRandom(seed: number): Random {
  const next = sfc32(seed);
  const random: Random = {
    next,
    below: (bound) => Math.floor(next() * bound),
    between: (low, high) => low + next() * (high - low),
    chance: (probability) => next() < probability,
    pick: (items) => items[random.below(items.length)] ?? items[0],
    weighted: (items) => {
      const [first] = items;
      let left = next() * items.reduce((sum, { weight }) => sum + weight, 0);
      for (const { weight, item } of items) {
        left -= weight;
        if (left < 0) return item;
      }
      return first.item;
    },
    exponential: (mean) => -Math.log(1 - next()) * mean,
    logNormal: (median, sigma) => {
      const radius = Math.sqrt(-2 * Math.log(1 - next()));
      return median * Math.exp(sigma * radius * Math.cos(2 * Math.PI * next()));
    },
  };
  return random;
}

/** Draws that are thrown away at the start, after which near seeds have nothing in common. */
const WARM_UP_DRAWS = 20;

/** The small fast counter generator with 128 bits of state (C. Doty-Humphrey, PractRand). */
function sfc32(seed: number): () => number {
  let a = seed | 0;
  let b = Math.floor(seed / 2 ** 32) | 0;
  let c = 0x9e3779b9;
  let counter = 1;
  const draw = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let index = 0; index < WARM_UP_DRAWS; index++) draw();
  return draw;
}
