/**
 * Shares a cap among amounts in proportion, by largest remainder, so that the shares add up to the cap exactly. Equal
 * remainders are served in the order given.
 *
 * @param amounts integers, 0 or more
 * @param cap integer, 0 or more
 * @returns the amounts themselves if they fit under the cap
 */
export function apportion(amounts: readonly number[], cap: number): readonly number[] {
  let total = 0;
  for (const amount of amounts) total += amount;
  if (total <= cap) return amounts;
  let left = cap;
  const shares: number[] = [];
  const remainders: number[] = [];
  for (const amount of amounts) {
    const share = Math.floor((amount * cap) / total);
    left -= share;
    shares.push(share);
    remainders.push((amount * cap) % total);
  }
  // Fewer are left than there are amounts, and those are few: looking again is cheaper than sorting.
  for (; left > 0; left--) {
    const index = firstLargest(remainders);
    shares[index] = (shares[index] ?? 0) + 1;
    remainders[index] = SERVED;
  }
  return shares;
}

const SERVED = -1;

function firstLargest(values: readonly number[]): number {
  let at = 0;
  let largest = SERVED;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? SERVED;
    if (value > largest) {
      largest = value;
      at = index;
    }
  }
  return at;
}
