import type { AssessmentInput } from './input.js';
import type { MinorUnits, UnixMs } from './vocabulary.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Another withdrawal of the account that was let go. */
export interface Spend {
  readonly value: MinorUnits;
  /** Counts in the rolling day before this. */
  readonly dayUntil: UnixMs;
  /** Counts in the rolling hour before this. */
  readonly hourUntil: UnixMs;
  readonly degraded: boolean;
}

const NO_SPENDS: readonly Spend[] = [];

/**
 * The account's other withdrawals that count. The ledger knows the minute only, so each is taken to have happened at
 * its minute's end: none leaves too early.
 */
export function otherSpends(input: AssessmentInput): readonly Spend[] {
  const { ledger, request } = input;
  if (ledger.spends.length === 0) return NO_SPENDS;
  const spends: Spend[] = [];
  for (const spend of ledger.spends) {
    if (!spend.counted || spend.withdrawal === request.withdrawal) continue;
    const end = (spend.minute + 1) * MINUTE_MS;
    spends.push({
      value: spend.value,
      dayUntil: end + DAY_MS,
      hourUntil: end + HOUR_MS,
      degraded: spend.degraded,
    });
  }
  return spends;
}

/** What the account's other withdrawals of the last 24 hours add up to. */
export function rollingDayValue(spends: readonly Spend[], now: UnixMs): MinorUnits {
  let total = 0;
  for (const spend of spends) if (now < spend.dayUntil) total += spend.value;
  return total;
}

/** What the account's other withdrawals of the last hour add up to that passed only because a feed was let pass. */
export function degradedHourValue(spends: readonly Spend[], now: UnixMs): MinorUnits {
  let total = 0;
  for (const spend of spends) if (spend.degraded && now < spend.hourUntil) total += spend.value;
  return total;
}

/**
 * Until when the account has made at least `atLeast` withdrawals in the last 24 hours, the present one included.
 *
 * @returns infinite if the present one alone is enough; undefined if there are too few
 */
export function countedUntil(spends: readonly Spend[], atLeast: number): UnixMs | undefined {
  if (atLeast <= 1) return Number.POSITIVE_INFINITY;
  if (spends.length < atLeast - 1) return undefined;
  const ends = spends.map((spend) => spend.dayUntil).sort((a, b) => b - a);
  return ends[atLeast - 2];
}
