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
  const shares = amounts.map((amount) => {
    const share = Math.floor((amount * cap) / total);
    left -= share;
    return share;
  });
  const byRemainder = amounts
    .map((amount, index) => ({ index, remainder: (amount * cap) % total }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder.slice(0, left)) shares[index] = (shares[index] ?? 0) + 1;
  return shares;
}
