/** A plain decimal number: digits, perhaps a point and more digits. */
const PLAIN = /^([0-9]*)\.?([0-9]*)$/;

/**
 * Whether the amount `a` is at most `b`, exactly, whatever their lengths.
 *
 * @param a a decimal string such as `0.50`
 * @returns false when one of them is no plain decimal: what cannot be compared is not the same
 */
export function isAtMost(a: string, b: string): boolean {
  if (a === b) return true;
  const [, wholeA = '', partA = ''] = PLAIN.exec(a) ?? [];
  const [, wholeB = '', partB = ''] = PLAIN.exec(b) ?? [];
  if (wholeA + partA === '' || wholeB + partB === '') return false;
  const wholes = compareWholes(wholeA.replace(/^0+/, ''), wholeB.replace(/^0+/, ''));
  if (wholes !== 0) return wholes < 0;
  const digits = Math.max(partA.length, partB.length);
  return partA.padEnd(digits, '0') <= partB.padEnd(digits, '0');
}

function compareWholes(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
