import { CelScalar, celFunc } from '@bufbuild/cel';

const { DOUBLE } = CelScalar;

/**
 * CEL's arithmetic, but for one thing: what gives no finite number fails. IEEE 754, which CEL follows, would go on with
 * an infinity, larger than any bound, or with NaN, of which every comparison is false: a rule would count, or not count,
 * for no reason that its author wrote. A failing part makes a rule give its `on_error`, unless the rest decides.
 */
export const FINITE_ARITHMETIC = [
  celFunc('_+_', [DOUBLE, DOUBLE], DOUBLE, (a: number, b: number) => finite(a + b)),
  celFunc('_-_', [DOUBLE, DOUBLE], DOUBLE, (a: number, b: number) => finite(a - b)),
  celFunc('_*_', [DOUBLE, DOUBLE], DOUBLE, (a: number, b: number) => finite(a * b)),
  celFunc('_/_', [DOUBLE, DOUBLE], DOUBLE, (a: number, b: number) => finite(a / b)),
];

function finite(result: number): number {
  if (!Number.isFinite(result)) throw new RangeError('no finite number');
  return result;
}
