import type { HeldRecord, LedgerRecord, ReleaseRecord, SpendRecord } from '../decision/evidence.js';
import type { Decision, DurationMs, MinorUnits, UnixMs } from '../decision/vocabulary.js';
import { settledTime } from '../store/settled-time.js';
import {
  MAX_HOLDS,
  MAX_NAMED_SPENDS,
  MAX_RELEASES,
  MAX_SPEND_SUMS,
  SPEND_MINUTE_MS,
  SPEND_WINDOW_MS,
} from './bounds.js';

/** An account that asked for nothing yet. */
export const EMPTY_LEDGER: LedgerRecord = { spends: [], holds: [], releases: [] };

/** One answer, as the ledger sees it. */
export interface Answer {
  readonly kind: 'answer';
  /** Digest of the withdrawal id. */
  readonly withdrawal: string;
  /** The time of the decision. */
  readonly at: UnixMs;
  /** The clock was not confirmed: it may have been so much later. */
  readonly leadMs?: DurationMs;
  /** Absent: unknown. It counts as a withdrawal of nothing: its own tier was the highest, later ones know no sum. */
  readonly value: MinorUnits | undefined;
  readonly decision: Decision;
  readonly degraded: boolean;
}

export type LedgerChange = Answer | { readonly kind: 'release'; readonly release: ReleaseRecord };

/**
 * An account's ledger after one more answer or release. Velocity is outside I2: the latest answer to a withdrawal
 * counts, and which that is follows from the order of the log.
 */
export function evolveLedger(record: LedgerRecord, change: LedgerChange): LedgerRecord {
  switch (change.kind) {
    case 'answer':
      return {
        spends: evolveSpends(record.spends, change),
        holds: evolveHolds(record.holds, change),
        releases: record.releases,
      };
    case 'release':
      return { ...record, releases: evolveReleases(record.releases, change.release) };
    default:
      return change satisfies never;
  }
}

/** Minutes since 1970. */
export function minuteOf(at: UnixMs): number {
  return Math.floor(at / SPEND_MINUTE_MS);
}

/** Whether a withdrawal still counts at `now`. Its minute's end is taken, so that none goes early. */
export function isSpendCurrent(spend: SpendRecord, now: UnixMs): boolean {
  return (settledSpend(spend, now).minute + 1) * SPEND_MINUTE_MS + SPEND_WINDOW_MS > now;
}

/** A withdrawal at its one time, as far as that is known by `now`: the same object where it has no other. */
export function settledSpend(spend: SpendRecord, now: UnixMs): SpendRecord {
  if (spend.leadMs === undefined) return spend;
  const { leadMs, ...settled } = spend;
  return { ...settled, minute: minuteOf(settledTime(spend.minute * SPEND_MINUTE_MS, leadMs, now)) };
}

/** The same for a hold. */
export function settledHold(hold: HeldRecord, now: UnixMs): HeldRecord {
  if (hold.leadMs === undefined) return hold;
  const { withdrawal, firstHeldAt, leadMs } = hold;
  return { withdrawal, firstHeldAt: settledTime(firstHeldAt, leadMs, now) };
}

/**
 * Stands for a value that the exchange did not say: the contract's largest. Unknown is not small (I7), so the rolling
 * day that contains it belongs to the highest tier.
 */
const UNKNOWN_VALUE = 1e14;

function evolveSpends(spends: readonly SpendRecord[], answer: Answer): readonly SpendRecord[] {
  const present: SpendRecord = {
    withdrawal: answer.withdrawal,
    minute: minuteOf(answer.at),
    value: answer.value ?? UNKNOWN_VALUE,
    counted: answer.decision === 'ALLOW' || answer.decision === 'STEP_UP',
    degraded: answer.degraded,
    ...(answer.leadMs === undefined ? {} : { leadMs: answer.leadMs }),
  };
  const named: SpendRecord[] = [present];
  const older: SpendRecord[] = [];
  let sums: SpendRecord[] = [];
  for (const spend of spends) {
    if (spend.withdrawal === answer.withdrawal || !isSpendCurrent(spend, answer.at)) continue;
    if (spend.withdrawal === '') sums.push(spend);
    else if (named.length < MAX_NAMED_SPENDS) named.push(spend);
    else older.push(spend);
  }
  for (const spend of older) if (spend.counted) sums = withSummed(sums, settledSpend(spend, answer.at));
  return sums.length === 0 ? named : named.concat(sums);
}

/** Sums stand newest first, one for each minute and kind. */
function withSummed(sums: readonly SpendRecord[], spend: SpendRecord): SpendRecord[] {
  const same = sums.findIndex((sum) => sum.minute === spend.minute && sum.degraded === spend.degraded);
  const found = sums[same];
  if (found !== undefined) return sums.with(same, { ...found, value: found.value + spend.value });
  const next = sums.findIndex((sum) => sum.minute < spend.minute);
  const place = next === -1 ? sums.length : next;
  const all = sums.toSpliced(place, 0, { ...spend, withdrawal: '' });
  return all.length > MAX_SPEND_SUMS ? withClosestJoined(all) : all;
}

/**
 * Joins the two sums of one kind that lie closest, under the newer minute: the older part then counts a little longer,
 * never shorter.
 */
function withClosestJoined(sums: readonly SpendRecord[]): SpendRecord[] {
  let best = Number.POSITIVE_INFINITY;
  let newer = -1;
  let older = -1;
  for (let index = 0; index < sums.length; index++) {
    const follower = nextOfKind(sums, index);
    const gap = (sums[index]?.minute ?? 0) - (sums[follower]?.minute ?? Number.NEGATIVE_INFINITY);
    if (gap >= best) continue;
    best = gap;
    newer = index;
    older = follower;
  }
  const into = sums[newer];
  const from = sums[older];
  if (into === undefined || from === undefined) return [...sums];
  return sums.with(newer, { ...into, value: into.value + from.value }).toSpliced(older, 1);
}

function nextOfKind(sums: readonly SpendRecord[], index: number): number {
  const kind = sums[index]?.degraded;
  return sums.findIndex((sum, at) => at > index && sum.degraded === kind);
}

function evolveHolds(holds: readonly HeldRecord[], answer: Answer): readonly HeldRecord[] {
  if (answer.decision !== 'HOLD' || holds.some((hold) => hold.withdrawal === answer.withdrawal)) return holds;
  const { withdrawal, at, leadMs } = answer;
  const hold =
    leadMs === undefined ? { withdrawal, firstHeldAt: at } : { withdrawal, firstHeldAt: at, leadMs };
  return [hold, ...holds].slice(0, MAX_HOLDS);
}

/** A withdrawal has one release: the newest. */
function evolveReleases(
  releases: readonly ReleaseRecord[],
  release: ReleaseRecord,
): readonly ReleaseRecord[] {
  const known = releases.find((entry) => entry.withdrawal === release.withdrawal);
  if (known !== undefined && known.releasedAt > release.releasedAt) return releases;
  const others = releases.filter((entry) => entry !== known);
  return [release, ...others].sort((a, b) => b.releasedAt - a.releasedAt).slice(0, MAX_RELEASES);
}
