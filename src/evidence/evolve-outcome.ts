import type { LedgerRecord, SpendRecord } from '../decision/evidence.js';
import { UNKNOWN_VALUE } from '../decision/outflow.js';
import { shortName } from '../decision/short-name.js';
import type { MinorUnits, Pseudonym, UnixMs } from '../decision/vocabulary.js';
import { minuteOf, withNamedSpend, withOutflow } from './evolve-spends.js';
import { withoutUsesOf } from './evolve-uses.js';

/** What the exchange says became of a withdrawal, with what we answered about it. */
export interface ReportedWithdrawal {
  /** Digest of the withdrawal id. */
  readonly withdrawal: string;
  /** `UNKNOWN` takes a cancellation back. */
  readonly became: 'SENT' | 'CANCELLED' | 'UNKNOWN';
  /** The time of the answer. */
  readonly at: UnixMs;
  /** When it became so, by the exchange's clock. */
  readonly observedAt: UnixMs;
  /** What it moves. */
  readonly value: MinorUnits;
  readonly destination: Pseudonym;
  readonly young: boolean;
  /** We answered ALLOW, so that it counts already. */
  readonly allowed: boolean;
}

/**
 * The ledger after a report. What was sent counts whatever we answered; what was cancelled does not, while it is known
 * by name: once summed it stays in its sum.
 */
export function evolveOutcome(record: LedgerRecord, reported: ReportedWithdrawal): LedgerRecord {
  const spend = record.spends.find(({ withdrawal }) => withdrawal === reported.withdrawal);
  if (spend !== undefined) {
    if (isAskedSince(spend, reported)) return record;
    const spends = record.spends.map((one) => (one === spend ? reportedSpend(one, reported) : one));
    return spend.sent === true
      ? { ...record, spends }
      : { ...record, spends, ...usesAfter(record, reported, spend.minute) };
  }
  const short = shortName(reported.withdrawal);
  const outflow = record.outflows?.find(({ withdrawal }) => withdrawal === short);
  switch (reported.became) {
    case 'SENT':
      if (outflow !== undefined) {
        return { ...record, outflows: withOutflow(record.outflows ?? [], { ...outflow, sent: true }) };
      }
      // An ALLOW that has no name any more is in a sum.
      return reported.allowed ? record : withSent(record, reported);
    case 'CANCELLED':
      if (outflow === undefined || outflow.sent === true) return record;
      return {
        ...record,
        outflows: record.outflows?.filter((one) => one !== outflow) ?? [],
        ...usesAfter(record, reported, outflow.minute),
      };
    case 'UNKNOWN':
      return record;
    default:
      return reported.became satisfies never;
  }
}

function usesAfter(
  { uses }: LedgerRecord,
  { became }: ReportedWithdrawal,
  minute: number,
): Pick<LedgerRecord, 'uses'> {
  const left = became === 'CANCELLED' ? withoutUsesOf(uses, minute) : uses;
  return left === undefined ? {} : { uses: left };
}

/** Clocks of honest callers differ by so much: the contract's tolerance for times ahead. */
const CLOCKS_DIFFER_MS = 5 * 60_000;

/** What was cancelled and then asked again is another attempt: the old cancellation says nothing of it. */
function isAskedSince({ minute }: SpendRecord, { became, observedAt }: ReportedWithdrawal): boolean {
  return became === 'CANCELLED' && minute > minuteOf(observedAt + CLOCKS_DIFFER_MS);
}

function reportedSpend(spend: SpendRecord, reported: ReportedWithdrawal): SpendRecord {
  const { cancelled: _, ...rest } = spend;
  const { became } = reported;
  switch (became) {
    case 'SENT':
      return sentSpend(rest, reported);
    case 'CANCELLED':
      return { ...rest, cancelled: true };
    case 'UNKNOWN':
      return rest;
    default:
      return became satisfies never;
  }
}

/** What was sent may be what an earlier answer was about: less of it was asked since, or for another destination. */
function sentSpend(spend: SpendRecord, { value, young }: ReportedWithdrawal): SpendRecord {
  const sent: SpendRecord = { ...spend, sent: true, ...(young && { young }) };
  if (value <= spend.value || value === UNKNOWN_VALUE) return sent;
  const { moved: _, ...rest } = sent;
  return { ...rest, value };
}

/** We did not let it go, or only asked, and it went: it counts from the time of our answer on. */
function withSent(record: LedgerRecord, reported: ReportedWithdrawal): LedgerRecord {
  const { withdrawal, at, value, destination, young } = reported;
  const spend: SpendRecord = {
    withdrawal,
    minute: minuteOf(at),
    value,
    counted: false,
    degraded: false,
    sent: true,
    destination: shortName(destination),
    ...(young && { young }),
  };
  return { ...record, spends: withNamedSpend(record.spends, spend) };
}
