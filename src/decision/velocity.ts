import type { SpendRecord } from './evidence.js';
import type { AssessmentInput } from './input.js';
import type { DurationMs, MinorUnits, UnixMs } from './vocabulary.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/**
 * How long a question counts as money that will move. A confirmation is a matter of minutes; who has not confirmed by
 * then asks anew.
 */
export const PENDING_MS: DurationMs = 30 * MINUTE_MS;

/**
 * Until when a withdrawal counts as money moved. What the exchange sent counts whatever we answered; what it cancelled
 * does not; a question counts for {@link PENDING_MS}, and then only if an ALLOW followed or it was sent.
 *
 * @param window how long moved money counts
 * @returns undefined if it does not count at all
 */
export function countsUntil(spend: SpendRecord, window: DurationMs): UnixMs | undefined {
  // The minute's end: none leaves too early.
  const end = (spend.minute + 1) * MINUTE_MS;
  if (spend.sent !== true) {
    if (spend.cancelled === true || !spend.counted) return undefined;
    if (spend.pending === true) return end + Math.min(PENDING_MS, window);
  }
  return end + window;
}

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
 * The account's other withdrawals that count as money moved.
 */
export function otherSpends(input: AssessmentInput): readonly Spend[] {
  const { ledger, request } = input;
  if (ledger.spends.length === 0) return NO_SPENDS;
  const spends: Spend[] = [];
  for (const spend of ledger.spends) {
    // One that was sent is gone, whatever is asked under its id now.
    if (spend.withdrawal === request.withdrawal && spend.sent !== true) continue;
    const dayUntil = countsUntil(spend, DAY_MS);
    if (dayUntil === undefined) continue;
    const hourEnd = (spend.minute + 1) * MINUTE_MS + HOUR_MS;
    spends.push({
      value: spend.value,
      dayUntil,
      hourUntil: Math.min(dayUntil, hourEnd),
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
