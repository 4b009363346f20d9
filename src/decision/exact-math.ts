/**
 * Powers and logarithms from operations that IEEE 754 rounds exactly (multiplication and square root), so that every
 * Node version on every machine gives the same bytes (I1). `Math.pow` and `Math.log2` promise no such thing.
 */

/** Finer steps than 2^-24 of a half-life move no integer tenth of any sensible number of points. */
const FRACTION_BITS = 24;
const FRACTION_STEPS = 16_777_216;

/** After this many half-lives nothing is left: 2^-64 of the largest points rounds to 0. */
const NOTHING_LEFT = 64;

/** `ROOTS[i]` is 2^-(2^-(i + 1)): 2^-1/2, 2^-1/4, ... */
const ROOTS: readonly number[] = repeatedRoots();

function repeatedRoots(): number[] {
  const roots: number[] = [];
  let root = 0.5;
  for (let i = 0; i < FRACTION_BITS; i++) {
    root = Math.sqrt(root);
    roots.push(root);
  }
  return roots;
}

/**
 * 2^-x, never rising with x.
 *
 * @param x half-lives; below 0 counts as 0
 * @returns 1 for 0, 0 from 64 on
 */
export function exp2Neg(x: number): number {
  if (x <= 0) return 1;
  if (x >= NOTHING_LEFT) return 0;
  const whole = Math.floor(x);
  let result = 1;
  for (let i = 0; i < whole; i++) result *= 0.5;
  let fraction = Math.floor((x - whole) * FRACTION_STEPS);
  for (let i = FRACTION_BITS - 1; fraction > 0; i--) {
    if ((fraction & 1) === 1) result *= ROOTS[i] ?? 1;
    fraction >>= 1;
  }
  return result;
}

/**
 * Logarithm to base 2, cut to 24 binary places.
 *
 * @param x above 0, finite
 */
export function log2(x: number): number {
  let mantissa = x;
  let result = 0;
  while (mantissa >= 2) {
    mantissa *= 0.5;
    result += 1;
  }
  while (mantissa < 1) {
    mantissa *= 2;
    result -= 1;
  }
  let place = 0.5;
  for (let i = 0; i < FRACTION_BITS; i++) {
    mantissa *= mantissa;
    if (mantissa >= 2) {
      mantissa *= 0.5;
      result += place;
    }
    place *= 0.5;
  }
  return result;
}

/** Nearest integer, half upwards, and never the negative zero that would show in a record. */
export function roundToInteger(x: number): number {
  const rounded = Math.round(x);
  return rounded === 0 ? 0 : rounded;
}
