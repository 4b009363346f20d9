import type { BalanceRecord, LedgerRecord, OutflowRecord, SpendRecord } from '../decision/evidence.js';
import { isYoungDestination, UNKNOWN_VALUE, valueByShare } from '../decision/outflow.js';
import { shortName } from '../decision/short-name.js';
import { countsUntil } from '../decision/velocity.js';
import type { UnixMs } from '../decision/vocabulary.js';
import { settledTime } from '../store/settled-time.js';
import {
  MAX_NAMED_OUTFLOWS,
  MAX_NAMED_SPENDS,
  MAX_OUTFLOW_SUMS,
  MAX_SPEND_SUMS,
  OUTFLOW_WINDOW_MS,
  SPEND_MINUTE_MS,
  SPEND_WINDOW_MS,
} from './bounds.js';
import type { Answer } from './evolve-ledger.js';
import { withSummed } from './sums.js';

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

export function isOutflowCurrent(minute: number, now: UnixMs): boolean {
  return (minute + 1) * SPEND_MINUTE_MS + OUTFLOW_WINDOW_MS > now;
}

type Moved = Pick<LedgerRecord, 'spends' | 'outflows'>;

const NO_OUTFLOWS: readonly OutflowRecord[] = [];

/**
 * Moves what is older than 24 hours from the spends to the outflows, and forgets what moved no money and what is older
 * than 30 days. The same object if there is nothing to do.
 */
export function moveOn(moved: Moved, now: UnixMs): Moved {
  const { spends, outflows = NO_OUTFLOWS } = moved;
  const isSettled = spends.every((spend) => isSpendCurrent(spend, now));
  if (isSettled && outflows.every(({ minute }) => isOutflowCurrent(minute, now))) return moved;
  const past = spends.filter((spend) => !isSpendCurrent(spend, now)).map((spend) => settledSpend(spend, now));
  let all: readonly OutflowRecord[] = outflows.filter(({ minute }) => isOutflowCurrent(minute, now));
  for (const spend of past.toReversed()) {
    if ((countsUntil(spend, OUTFLOW_WINDOW_MS) ?? 0) > now) all = withOutflow(all, outflowOf(spend));
  }
  return { spends: spends.filter((spend) => isSpendCurrent(spend, now)), outflows: all };
}

/** Adds one by name, in its place by time; beyond the bound the oldest are summed. */
export function withOutflow(
  outflows: readonly OutflowRecord[],
  one: OutflowRecord,
): readonly OutflowRecord[] {
  const named = outflows.filter(({ withdrawal }) => withdrawal !== '' && withdrawal !== one.withdrawal);
  let sums: readonly OutflowRecord[] = outflows.filter(({ withdrawal }) => withdrawal === '');
  if (one.withdrawal === '') sums = withOutflowSummed(sums, one);
  else {
    const next = named.findIndex(({ minute }) => minute <= one.minute);
    named.splice(next === -1 ? named.length : next, 0, one);
  }
  for (const oldest of named.splice(MAX_NAMED_OUTFLOWS)) sums = withOutflowSummed(sums, oldest);
  return [...named, ...sums];
}

function withOutflowSummed(
  sums: readonly OutflowRecord[],
  { minute, value, young }: OutflowRecord,
): readonly OutflowRecord[] {
  const one = { withdrawal: '', minute, value, ...(young && { young }) };
  return withSummed(sums, one, (a, b) => a.young === b.young, MAX_OUTFLOW_SUMS);
}

export function outflowOf(spend: SpendRecord): OutflowRecord {
  const { withdrawal, minute, value, moved = value, destination, young, sent } = spend;
  return {
    withdrawal: shortName(withdrawal),
    minute,
    value: moved,
    ...(destination !== undefined && { destination }),
    ...(young && { young }),
    ...(sent && { sent }),
  };
}

/** The withdrawals of the last day after one more answer: the latest answer to each counts. */
export function evolveSpends(
  moved: Moved,
  answer: Answer,
  balances: readonly BalanceRecord[] | undefined,
): Moved {
  const { withdrawal } = answer.request;
  const known = moved.spends.find((spend) => spend.withdrawal === withdrawal);
  const short = shortName(withdrawal);
  const past = moved.outflows?.find((outflow) => outflow.withdrawal === short);
  const present = spendOf(answer, balances);
  const named: SpendRecord[] = [present];
  const older: SpendRecord[] = [];
  let sums: readonly SpendRecord[] = [];
  for (const spend of moved.spends) {
    if (spend === known) continue;
    if (spend.withdrawal === '') sums = sums.concat(spend);
    else if (named.length < MAX_NAMED_SPENDS) named.push(spend);
    else older.push(spend);
  }
  // What was sent is gone, whatever is asked under its id now.
  if (known?.sent === true) sums = withSpendSummed(sums, settledSpend(known, answer.at));
  for (const spend of older) {
    const settled = settledSpend(spend, answer.at);
    if ((countsUntil(settled, SPEND_WINDOW_MS) ?? 0) > answer.at) sums = withSpendSummed(sums, settled);
  }
  const spends = sums.length === 0 ? named : named.concat(sums);
  if (moved.outflows === undefined) return { spends };
  if (past === undefined) return { spends, outflows: moved.outflows };
  const outflows = moved.outflows.filter((outflow) => outflow !== past);
  return {
    spends,
    outflows: past.sent === true ? withOutflow(outflows, { ...past, withdrawal: '' }) : outflows,
  };
}

function spendOf(
  { request, decision, at, degraded, leadMs }: Answer,
  balances: readonly BalanceRecord[] | undefined,
): SpendRecord {
  const spend: { -readonly [Key in keyof SpendRecord]: SpendRecord[Key] } = {
    withdrawal: request.withdrawal,
    minute: minuteOf(at),
    value: request.value ?? UNKNOWN_VALUE,
    counted: decision === 'ALLOW' || decision === 'STEP_UP',
    degraded,
    destination: shortName(request.destination.id),
  };
  if (leadMs !== undefined) spend.leadMs = leadMs;
  if (decision === 'STEP_UP') spend.pending = true;
  if (isYoungDestination(request.destination, at)) spend.young = true;
  const moved = valueByShare(request, balances);
  if (moved !== undefined) spend.moved = moved;
  return spend;
}

/** Adds one by name, in its place by time; where all names are taken it is summed. */
export function withNamedSpend(spends: readonly SpendRecord[], spend: SpendRecord): readonly SpendRecord[] {
  const named = spends.filter(({ withdrawal }) => withdrawal !== '');
  const sums = spends.filter(({ withdrawal }) => withdrawal === '');
  if (named.length >= MAX_NAMED_SPENDS) return [...named, ...withSpendSummed(sums, spend)];
  const next = named.findIndex(({ minute }) => minute <= spend.minute);
  return [...named.toSpliced(next === -1 ? named.length : next, 0, spend), ...sums];
}

function withSpendSummed(
  sums: readonly SpendRecord[],
  { minute, value, degraded, young }: SpendRecord,
): readonly SpendRecord[] {
  const one: SpendRecord = {
    withdrawal: '',
    minute,
    value,
    counted: true,
    degraded,
    ...(young && { young }),
  };
  return withSummed(sums, one, (a, b) => a.degraded === b.degraded && a.young === b.young, MAX_SPEND_SUMS);
}
