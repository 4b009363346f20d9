import type { BalanceRecord } from './evidence.js';
import type { DestinationFacts, RequestFacts } from './input.js';
import { knownSince } from './locks.js';
import type { DurationMs, MinorUnits, UnixMs } from './vocabulary.js';

const DAY_MS = 86_400_000;

/** A destination is young until it was known this long. */
export const YOUNG_MS: DurationMs = 30 * DAY_MS;

/**
 * Stands for a value that the exchange did not say: the contract's largest. Unknown is not small (I7), so the rolling
 * day that contains it belongs to the highest tier.
 */
export const UNKNOWN_VALUE: MinorUnits = 1e14;

/** Below this a share is too coarse to tell a balance from: exchanges round it. */
const LEAST_TELLING_SHARE = 0.001;

/** The exchange knew the destination for less than 30 days, or did not say since when (I7). */
export function isYoungDestination(destination: DestinationFacts, at: UnixMs): boolean {
  const since = knownSince(destination);
  return since === undefined || at - since < YOUNG_MS;
}

/**
 * What the whole balance is worth, from the value and the share that a request names; rounded down, so that shares of
 * it are never less than they are.
 *
 * @returns undefined where the request does not say enough
 */
export function balanceOf({ value, balanceShare }: RequestFacts): MinorUnits | undefined {
  if (value === undefined || balanceShare === undefined || balanceShare < LEAST_TELLING_SHARE)
    return undefined;
  const balance = Math.floor(value / balanceShare);
  return balance > 0 ? Math.min(balance, UNKNOWN_VALUE) : undefined;
}

/**
 * What a withdrawal of unknown value moves: its share of the highest balance seen.
 *
 * @returns undefined where the value is known, or neither share nor balance is
 */
export function valueByShare(
  { value, balanceShare }: RequestFacts,
  balances: readonly BalanceRecord[] | undefined,
): MinorUnits | undefined {
  const highest = balances?.[balances.length - 1]?.balance;
  if (value !== undefined || balanceShare === undefined || highest === undefined) return undefined;
  return Math.ceil(highest * balanceShare);
}
