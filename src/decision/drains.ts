import { isSameShortName } from './destinations.js';
import type { AssessmentInput } from './input.js';
import { knownSince } from './locks.js';
import { balanceOf, isYoungDestination, UNKNOWN_VALUE, valueByShare, YOUNG_MS } from './outflow.js';
import { shortName } from './short-name.js';
import { countsUntil } from './velocity.js';
import type { DurationMs, MinorUnits, UnixMs } from './vocabulary.js';

const MINUTE_MS = 60_000;

/** Of what moved: `account` all, `young` what went to destinations younger than 30 days, `destination` what went to this one. */
export const DRAIN_SCOPES = ['account', 'young', 'destination'] as const;
export type DrainScope = (typeof DRAIN_SCOPES)[number];

/** What of the account's withdrawals, the present one with them, is meant. */
export interface DrainSpan {
  readonly scope: DrainScope;
  readonly within: DurationMs;
}

/** Another withdrawal that moved money, or a sum of them. */
interface Part {
  readonly value: MinorUnits;
  /** When it happened, to the minute. */
  readonly at: UnixMs;
  /** It counts so long after `at`, at most. */
  readonly most: DurationMs;
  readonly young: boolean;
  /** Undefined: several. */
  readonly destination: string | undefined;
  readonly isSum: boolean;
}

const MANY = 1_000;

const NO_PARTS: readonly Part[] = [];

/**
 * What an account moved in the last days, and what that is of its highest balance. Sums that stand for many withdrawals
 * count for every destination, and minutes are taken at their end: never less than it was.
 *
 * `young` and `destination` are about the present withdrawal's destination too: where that is not young, nothing is
 * counted, since money that goes where it went for long is no drain.
 */
export class Drains {
  /** What the whole balance is worth by the present request; undefined if it does not say. */
  readonly presentBalance: MinorUnits | undefined;
  readonly #input: AssessmentInput;
  readonly #presentValue: MinorUnits;
  #parts: readonly Part[] | undefined;

  /** @param presentBalance instead of what the request says, for a request with a value made up */
  constructor(input: AssessmentInput, presentBalance = balanceOf(input.request)) {
    const { request, ledger } = input;
    this.#input = input;
    this.presentBalance = presentBalance;
    this.#presentValue = request.value ?? valueByShare(request, ledger.balances) ?? UNKNOWN_VALUE;
  }

  /** What was moved, the present withdrawal included. */
  valueAt(span: DrainSpan, now: UnixMs): MinorUnits {
    return this.#counts(span.scope, now) ? this.othersAt(span, now) + this.#presentValue : 0;
  }

  /** The same without the present withdrawal. */
  othersAt(span: DrainSpan, now: UnixMs): MinorUnits {
    if (!this.#counts(span.scope, now)) return 0;
    let total = 0;
    for (const part of this.#others())
      if (this.#isIn(part, span.scope) && now < endOf(part, span)) total += part.value;
    return total;
  }

  /** By how many withdrawals, the present one included. A sum stands for more than anybody asks for. */
  countAt(span: DrainSpan, now: UnixMs): number {
    if (!this.#counts(span.scope, now)) return 0;
    let count = 1;
    for (const part of this.#others()) {
      if (this.#isIn(part, span.scope) && now < endOf(part, span)) count += part.isSum ? MANY : 1;
    }
    return count;
  }

  /** The highest balance seen; undefined where no request said enough. */
  balanceAt(within: DurationMs, now: UnixMs): MinorUnits | undefined {
    let highest = this.presentBalance;
    for (const { minute, balance } of this.#input.ledger.balances ?? []) {
      if (now < minute * MINUTE_MS + within && balance > (highest ?? 0)) highest = balance;
    }
    return highest;
  }

  /** What was moved, of the highest balance; undefined where that is not known. Above 1 where money came in between. */
  shareAt(span: DrainSpan, now: UnixMs): number | undefined {
    const balance = this.balanceAt(span.within, now);
    return balance === undefined ? undefined : this.valueAt(span, now) / balance;
  }

  /** When the first of what counts moved; `now` if that is the present withdrawal. */
  since(span: DrainSpan, now: UnixMs): UnixMs {
    let first = now;
    if (!this.#counts(span.scope, now)) return first;
    for (const part of this.#others()) {
      if (this.#isIn(part, span.scope) && now < endOf(part, span)) first = Math.min(first, part.at);
    }
    return first;
  }

  /** Moments after `now` at which something ceases to count, ascending. */
  changesAfter(span: DrainSpan, now: UnixMs): readonly UnixMs[] {
    const moments = new Set<UnixMs>();
    if (this.#counts(span.scope, now)) {
      for (const part of this.#others()) if (this.#isIn(part, span.scope)) moments.add(endOf(part, span));
    }
    const since = knownSince(this.#input.request.destination);
    if (span.scope !== 'account' && since !== undefined) moments.add(since + YOUNG_MS);
    for (const { minute } of this.#input.ledger.balances ?? []) moments.add(minute * MINUTE_MS + span.within);
    return [...moments].filter((moment) => moment > now).sort((a, b) => a - b);
  }

  #counts(scope: DrainScope, now: UnixMs): boolean {
    return scope === 'account' || isYoungDestination(this.#input.request.destination, now);
  }

  #isIn({ young, destination }: Part, scope: DrainScope): boolean {
    switch (scope) {
      case 'account':
        return true;
      case 'young':
        return young;
      case 'destination':
        return destination === undefined || isSameShortName(this.#input.request.destination, destination);
      default:
        return scope satisfies never;
    }
  }

  #others(): readonly Part[] {
    this.#parts ??= partsOf(this.#input);
    return this.#parts;
  }
}

function endOf({ at, most }: Part, { within }: DrainSpan): UnixMs {
  return at + MINUTE_MS + Math.min(most, within);
}

const FOREVER = Number.POSITIVE_INFINITY;

function partsOf({ ledger, request }: AssessmentInput): readonly Part[] {
  const { spends, outflows } = ledger;
  if (spends.length === 0 && outflows === undefined) return NO_PARTS;
  const parts: Part[] = [];
  for (const spend of spends) {
    // One that was sent is gone, whatever is asked under its id now.
    if (spend.withdrawal === request.withdrawal && spend.sent !== true) continue;
    const until = countsUntil(spend, FOREVER);
    if (until === undefined) continue;
    const { value, moved = value, minute, young, destination } = spend;
    const at = minute * MINUTE_MS;
    const isSum = spend.withdrawal === '';
    const most = until - at - MINUTE_MS;
    parts.push({ value: moved, at, most, young: young === true, destination, isSum });
  }
  const present = shortName(request.withdrawal);
  for (const { withdrawal, value, minute, young, destination, sent } of outflows ?? []) {
    if (withdrawal === present && sent !== true) continue;
    const at = minute * MINUTE_MS;
    const isSum = withdrawal === '';
    parts.push({ value, at, most: FOREVER, young: young === true, destination, isSum });
  }
  return parts;
}
