import type {
  HeldRecord,
  LedgerRecord,
  OutflowRecord,
  ReleaseRecord,
  SpendRecord,
  UseRecord,
} from '../../decision/evidence.js';
import type { RequestFacts } from '../../decision/input.js';
import { shortName } from '../../decision/short-name.js';
import { destinationTag, deviceTag, factorTag } from '../../decision/uses.js';
import { countsUntil } from '../../decision/velocity.js';
import type { UnixMs } from '../../decision/vocabulary.js';
import { type CaseIdentity, destinationName, money } from './build-input.js';
import type { CaseDocument, SpendDocument, UsedDocument } from './case-document.js';
import { caseTime } from './case-time.js';

/** The withdrawal of the case itself, as in the ledger. */
export const WITHDRAWAL = 'withdrawal-of-the-case';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const MONTH_MS = 30 * DAY_MS;

type LedgerDocument = NonNullable<CaseDocument['ledger']>;

/** What earlier answers left behind, as the case tells it. */
export function buildLedger(
  one: CaseDocument,
  request: RequestFacts,
  now: UnixMs,
  identity: CaseIdentity,
): LedgerRecord {
  const told = one.ledger ?? {};
  const spends = (told.spends ?? []).map((spend, index) => spendRecord(spend, index, now, identity));
  const balances = (told.balances ?? [])
    .map(({ at, value }) => ({ minute: minuteOf(caseTime(at, now)), balance: money(value) }))
    .sort((a, b) => b.minute - a.minute);
  const outflows = spends.flatMap((spend) => outflowOf(spend, now)).sort((a, b) => b.minute - a.minute);
  const uses = told.used === undefined ? [] : useRecords(told.used, request, now);
  return {
    spends: spends.filter(({ minute }) => isOfToday(minute, now)),
    holds: heldRecords(told, request, now, identity),
    releases: releaseRecords(told, request, now, identity),
    ...(outflows.length > 0 && { outflows }),
    ...(balances.length > 0 && { balances }),
    ...(uses.length > 0 && { uses }),
  };
}

function minuteOf(at: UnixMs): number {
  return Math.floor(at / MINUTE_MS);
}

function isOfToday(minute: number, now: UnixMs): boolean {
  return (minute + 1) * MINUTE_MS + DAY_MS > now;
}

function spendRecord(spend: SpendDocument, index: number, now: UnixMs, identity: CaseIdentity): SpendRecord {
  const { destination } = spend;
  return {
    withdrawal: `other-${index}`,
    minute: minuteOf(caseTime(spend.at, now)),
    value: money(spend.value),
    counted: spend.counted ?? true,
    degraded: spend.degraded ?? false,
    ...(spend.pending === true && { pending: true }),
    ...(spend.sent === true && { sent: true }),
    ...(spend.cancelled === true && { cancelled: true }),
    ...(destination !== undefined && { destination: shortName(destinationName(destination, identity).id) }),
    ...(spend.young === true && { young: true }),
  };
}

function outflowOf(spend: SpendRecord, now: UnixMs): readonly OutflowRecord[] {
  const counts = (countsUntil(spend, MONTH_MS) ?? 0) > now;
  if (isOfToday(spend.minute, now) || !counts) return [];
  const { withdrawal, minute, value, destination, young } = spend;
  return [
    {
      withdrawal: shortName(withdrawal),
      minute,
      value,
      ...(destination !== undefined && { destination }),
      ...(young && { young }),
    },
  ];
}

function heldRecords(
  { held_since, held }: LedgerDocument,
  request: RequestFacts,
  now: UnixMs,
  identity: CaseIdentity,
): readonly HeldRecord[] {
  if (held_since === undefined) return [];
  const { destination, asset = request.asset, amount = request.amount, first } = held ?? {};
  return [
    {
      withdrawal: WITHDRAWAL,
      firstHeldAt: caseTime(held_since, now),
      destination:
        destination === undefined ? request.destination.id : destinationName(destination, identity).id,
      asset,
      amount,
      ...(first !== undefined && { since: caseTime(first, now) }),
    },
  ];
}

function releaseRecords(
  { released }: LedgerDocument,
  request: RequestFacts,
  now: UnixMs,
  identity: CaseIdentity,
): readonly ReleaseRecord[] {
  if (released === undefined) return [];
  const { at, ceiling, destination, asset, amount } = released;
  return [
    {
      withdrawal: WITHDRAWAL,
      destination:
        destination === undefined ? request.destination.id : destinationName(destination, identity).id,
      ceiling: ceiling === undefined ? 0 : money(ceiling),
      releasedAt: caseTime(at, now),
      ...(asset !== undefined && { asset }),
      ...(amount !== undefined && { amount }),
    },
  ];
}

function useRecords(
  { device, destination, factors = {} }: UsedDocument,
  request: RequestFacts,
  now: UnixMs,
): readonly UseRecord[] {
  const told: (readonly [string | undefined, string | undefined])[] = [
    [device, deviceTag(request)],
    [destination, destinationTag(request)],
    ...(request.factors ?? []).map((factor) => [factors[factor.channel], factorTag(factor)] as const),
  ];
  return told.flatMap(([at, tag]) => {
    if (at === undefined || tag === undefined) return [];
    const first = caseTime(at, now);
    return [{ tag, first: minuteOf(first), last: Math.floor(first / DAY_MS) }];
  });
}
