import { formerTag } from '../decision/destinations.js';
import type { BalanceRecord, UseRecord } from '../decision/evidence.js';
import type { FactorFacts, RequestFacts } from '../decision/input.js';
import { balanceOf } from '../decision/outflow.js';
import { destinationTag, deviceTag, factorTag, type UsedKind, useOf } from '../decision/uses.js';
import type { MinorUnits, UnixMs } from '../decision/vocabulary.js';
import { MAX_BALANCES, MAX_USES, OUTFLOW_WINDOW_MS, SPEND_MINUTE_MS, USE_RETENTION_MS } from './bounds.js';
import type { Answer } from './evolve-ledger.js';
import { minuteOf } from './evolve-spends.js';

const DAY_MS = 86_400_000;

/**
 * A withdrawal is of real size from this share of the balance on: who wants a device of his to look used must let the
 * owner see a loss.
 */
const REAL_SHARE = 0.05;

/** And from 100 units of the currency on: a share of next to nothing, or of a coin without a price, is no loss to see. */
const LEAST_REAL_VALUE: MinorUnits = 10_000;

/** Where the share is unknown: 1,000 units of the currency. */
const REAL_VALUE: MinorUnits = 100_000;

/** A factor served a withdrawal if it was verified this shortly before. */
const VERIFIED_WITHIN_MS = 15 * 60_000;

const KINDS: readonly UsedKind[] = ['d', 'f', 'a'];

/** What served allowed withdrawals of real size, after one more answer. */
export function evolveUses(
  uses: readonly UseRecord[] | undefined,
  { decision, request, at, leadMs = 0 }: Answer,
): readonly UseRecord[] | undefined {
  if (decision !== 'ALLOW' || !isOfRealSize(request)) return uses;
  // Of two times the later: what is used longer is trusted more.
  const first = minuteOf(at + leadMs);
  const last = Math.floor(at / DAY_MS);
  let all: readonly UseRecord[] = uses ?? [];
  for (const tag of tagsOf(request, servedAt(at))) {
    const known = useOf(all, tag);
    const former = tag.startsWith('a') ? useOf(all, formerTag(request.destination)) : undefined;
    const since = [known, former].find((use) => use !== undefined && isUseCurrent(use, at));
    const others = all.filter((use) => use !== known && use !== former);
    all = [{ tag, first: since?.first ?? first, last }, ...others];
    // Other customers of the same account may have been paid by it, too; but it takes nobody's place.
    if (former !== undefined) all = [...all, former];
  }
  return KINDS.flatMap((kind) => all.filter(({ tag }) => tag.startsWith(kind)).slice(0, MAX_USES[kind]));
}

/** A cancelled withdrawal showed the owner no loss: what it was the first use of is new again. */
export function withoutUsesOf(
  uses: readonly UseRecord[] | undefined,
  minute: number,
): readonly UseRecord[] | undefined {
  return uses?.filter(({ first }) => first !== minute);
}

export function isUseCurrent({ last }: UseRecord, now: UnixMs): boolean {
  return (last + 1) * DAY_MS + USE_RETENTION_MS > now;
}

function isOfRealSize({ value, balanceShare }: RequestFacts): boolean {
  if (value === undefined) return false;
  if (balanceShare === undefined) return value >= REAL_VALUE;
  return balanceShare >= REAL_SHARE && value >= LEAST_REAL_VALUE;
}

/** Everything of a request that may have been used before, its destination also by its former id. */
export function tagsOfRequest(request: RequestFacts): readonly string[] {
  const former = formerTag(request.destination);
  const tags = tagsOf(request, () => true);
  return former === undefined ? tags : [...tags, former];
}

function tagsOf(request: RequestFacts, isMeant: (factor: FactorFacts) => boolean): readonly string[] {
  const tags = [destinationTag(request)];
  const device = deviceTag(request);
  if (device !== undefined) tags.push(device);
  for (const factor of request.factors ?? []) {
    const tag = isMeant(factor) ? factorTag(factor) : undefined;
    if (tag !== undefined) tags.push(tag);
  }
  return tags;
}

function servedAt(at: UnixMs): (factor: FactorFacts) => boolean {
  return ({ verifiedAt }) =>
    verifiedAt !== undefined && verifiedAt <= at && at - verifiedAt <= VERIFIED_WITHIN_MS;
}

/** The balances seen, after one more request, whatever was answered. */
export function evolveBalances(
  balances: readonly BalanceRecord[] | undefined,
  { request, at }: Answer,
): readonly BalanceRecord[] | undefined {
  const balance = balanceOf(request);
  if (balance === undefined) return balances;
  const higher = (balances ?? []).filter((known) => isBalanceCurrent(known, at) && known.balance > balance);
  const all = [{ minute: minuteOf(at), balance }, ...higher];
  return all.length > MAX_BALANCES ? withoutLeastMissed(all) : all;
}

export function isBalanceCurrent({ minute }: BalanceRecord, now: UnixMs): boolean {
  return minute * SPEND_MINUTE_MS + OUTFLOW_WINDOW_MS > now;
}

/** Without the one that is least above the next newer one, which stands in for it. */
function withoutLeastMissed(balances: readonly BalanceRecord[]): readonly BalanceRecord[] {
  let least = Number.POSITIVE_INFINITY;
  let place = balances.length - 1;
  for (let index = 1; index < balances.length; index++) {
    const ratio = (balances[index]?.balance ?? 0) / (balances[index - 1]?.balance ?? 1);
    if (ratio >= least) continue;
    least = ratio;
    place = index;
  }
  return balances.toSpliced(place, 1);
}
