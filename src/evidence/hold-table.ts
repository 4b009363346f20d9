import { fromBinary } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import type { UnixMs } from '../decision/vocabulary.js';
import { Release } from '../gen/holdfast/v1/decision_pb.js';
import { AssessWithdrawalResponseSchema } from '../gen/holdfast/v1/risk_service_pb.js';
import type { AssessmentBody, OutcomeBody, ReleaseBody } from '../store/codec/entries.js';
import type { WithdrawalHold } from '../store/codec/hold-codec.js';
import type { KeyRange, LogPosition } from '../store/ports.js';
import { LEDGER_RETENTION_MS } from './bounds.js';
import type { RecordTable } from './record-table.js';
import { keyParts, stateKey } from './state-key.js';

/** Where a hold is in its life, in the order of the contract's enum, which begins with UNSPECIFIED. */
export const HOLD_STATES = ['OPEN', 'EXPIRED', 'RELEASED', 'FRAUD_CONFIRMED'] as const;
export type HoldState = (typeof HOLD_STATES)[number];

/** What of a hold does not change by time alone: it has a place in the order of each. */
type Standing = 'AUTOMATIC' | 'PERSON' | NonNullable<WithdrawalHold['end']>['how'];

/** Holds that are asked for. */
export interface HoldQuery {
  readonly tenant: string;
  /** Absent: of all accounts. */
  readonly accountId?: string;
  readonly states: readonly HoldState[];
  readonly now: UnixMs;
  /** Where the page before ended; absent: from the first on. */
  readonly after?: string;
  readonly limit: number;
}

export interface HoldPage {
  /** The one due first comes first. */
  readonly holds: readonly WithdrawalHold[];
  /** Where the next page begins; absent: there is none. */
  readonly next?: string;
}

/** Where a hold is in its life at `now`. */
export function holdState({ end, personOnly, holdUntil }: WithdrawalHold, now: UnixMs): HoldState {
  if (end !== undefined) return end.how;
  return personOnly || holdUntil > now ? 'OPEN' : 'EXPIRED';
}

const NOTHING = new Uint8Array([1]);

/** Digits enough for any time. */
const DUE_DIGITS = 16;

/** After every due time. */
const LAST = '~';

/**
 * Holds by withdrawal, and in the order in which they are due, of all and of each account. A withdrawal has one: its
 * latest HOLD answer. Another answer takes it away, unless a person ended it before.
 */
export class HoldTable {
  readonly #rows: RecordTable<WithdrawalHold>;
  readonly #due: RecordTable<Uint8Array>;

  constructor(rows: RecordTable<WithdrawalHold>, due: RecordTable<Uint8Array>) {
    this.#rows = rows;
    this.#due = due;
  }

  /** @param withdrawal digest of its id */
  get(tenant: string, withdrawal: string): WithdrawalHold | undefined {
    return this.#rows.get(stateKey(tenant, withdrawal));
  }

  /** One page: costs as much as it holds, however many there are. */
  list(query: HoldQuery): HoldPage {
    const { tenant, limit } = query;
    const places = lanesOf(query)
      .flatMap(({ prefix, from, to }) => {
        const range: KeyRange = { start: prefix + from, end: prefix + to, limit: limit + 1 };
        return this.#due.range(range).map(({ key }) => key.slice(prefix.length));
      })
      .sort((a, b) => (a < b ? -1 : 1));
    const page = places.slice(0, limit);
    const holds = page.flatMap((place) => this.get(tenant, keyParts(place)[1] ?? '') ?? []);
    const last = page.at(-1);
    return { holds, ...(places.length > limit && last !== undefined && { next: last }) };
  }

  /** A withdrawal that is, or once was, held got an answer. */
  answered(tenant: string, at: { position: LogPosition; id: string }, body: AssessmentBody): void {
    const { now, request } = body.input;
    const { withdrawal, withdrawalId, accountId, value } = request;
    const stored = this.get(tenant, withdrawal);
    const before = stored?.accountId === accountId ? stored : undefined;
    if (body.decision !== 'HOLD') {
      if (before !== undefined && before.end === undefined) this.#put(tenant, withdrawal, undefined);
      return;
    }
    const end = before?.end?.how === 'FRAUD_CONFIRMED' ? before.end : undefined;
    this.#put(tenant, withdrawal, {
      withdrawalId,
      accountId,
      assessmentId: at.id,
      position: at.position,
      firstHeldAt: before === undefined || before.end?.how === 'RELEASED' ? now : before.firstHeldAt,
      heldAt: now,
      ...endOf(body.response, now),
      tier: body.tier,
      ...(value !== undefined && { value }),
      ...(end !== undefined && { end }),
    });
  }

  /** A person let a withdrawal go. One that was confirmed as theft stays so. */
  released(tenant: string, { accountId, release, actor, reason }: ReleaseBody): void {
    const { withdrawal, releasedAt: at } = release;
    const hold = this.get(tenant, withdrawal);
    if (hold === undefined || hold.accountId !== accountId || hold.end !== undefined) return;
    this.#put(tenant, withdrawal, { ...hold, end: { how: 'RELEASED', at, actor, reason } });
  }

  /** The outcome of an assessment that counts from now on: theft ends the hold, and its recall opens it again. */
  reported(tenant: string, body: OutcomeBody): void {
    if (body.withdrawal === undefined) return;
    const { withdrawal, accountId } = body.withdrawal;
    const hold = this.get(tenant, withdrawal);
    if (hold === undefined || hold.accountId !== accountId) return;
    const isConfirmed = hold.end?.how === 'FRAUD_CONFIRMED';
    if (body.label === 'FRAUD_CONFIRMED' && !isConfirmed) {
      const { observedAt: at, reportedBy: actor, reason = '' } = body;
      this.#put(tenant, withdrawal, { ...hold, end: { how: 'FRAUD_CONFIRMED', at, actor, reason } });
    }
    if (body.label === 'HONEST' && isConfirmed && hold.assessmentId === body.assessmentId) {
      const { end: _, ...open } = hold;
      this.#put(tenant, withdrawal, open);
    }
  }

  /** Drops holds that are forgotten, in the order of withdrawals from `after` on. */
  sweep(after: string, now: UnixMs, limit: number): { readonly last: string; readonly seen: number } {
    let last = after;
    let seen = 0;
    for (const { key, record } of this.#rows.range({ start: `${after}\u0000`, limit })) {
      const [tenant = '', withdrawal = ''] = keyParts(key);
      const since = now - LEDGER_RETENTION_MS;
      if (Math.max(record.heldAt, record.end?.at ?? 0) < since) this.#put(tenant, withdrawal, undefined);
      last = key;
      seen++;
    }
    return { last, seen };
  }

  #put(tenant: string, withdrawal: string, hold: WithdrawalHold | undefined): void {
    const key = stateKey(tenant, withdrawal);
    const before = this.#rows.get(key);
    const placesBefore = before === undefined ? [] : placesOf(tenant, withdrawal, before);
    const places = hold === undefined ? [] : placesOf(tenant, withdrawal, hold);
    for (const place of placesBefore) if (!places.includes(place)) this.#due.remove(place);
    for (const place of places) if (!placesBefore.includes(place)) this.#due.set(place, NOTHING);
    if (hold === undefined) this.#rows.remove(key);
    else this.#rows.set(key, hold);
  }
}

/** What an answer says of its end. What cannot be read does not end by itself, and is due now. */
function endOf(response: Uint8Array, now: UnixMs): Pick<WithdrawalHold, 'holdUntil' | 'personOnly'> {
  try {
    const { holdUntil, release } = fromBinary(AssessWithdrawalResponseSchema, response);
    return {
      holdUntil: holdUntil === undefined ? now : timestampMs(holdUntil),
      personOnly: release !== Release.AUTOMATIC,
    };
  } catch {
    return { holdUntil: now, personOnly: true };
  }
}

/** Keys of a hold among all holds and among its account's. */
function placesOf(tenant: string, withdrawal: string, hold: WithdrawalHold): readonly string[] {
  const { accountId, holdUntil, personOnly, end } = hold;
  const standing = end?.how ?? (personOnly ? 'PERSON' : 'AUTOMATIC');
  const place = stateKey(dueText(holdUntil), withdrawal);
  return ['', accountId].map((account) => lanePrefix(tenant, account, standing) + place);
}

function lanePrefix(tenant: string, account: string, standing: Standing): string {
  return [tenant, account, standing, ''].reduce(stateKey);
}

interface Lane {
  readonly prefix: string;
  /** First due time, inclusive. */
  readonly from: string;
  /** Last due time, exclusive. */
  readonly to: string;
}

/** Where to look: one stretch of the order for each standing that may be in one of the states. */
function lanesOf({ tenant, accountId = '', states, now, after }: HoldQuery): readonly Lane[] {
  const soonest = after === undefined ? '' : `${after}\u0000`;
  const lane = (standing: Standing, from: string, to: string): Lane => ({
    prefix: lanePrefix(tenant, accountId, standing),
    from: from > soonest ? from : soonest,
    to,
  });
  const over = dueText(Math.floor(now) + 1);
  return states.flatMap((state) => {
    switch (state) {
      case 'OPEN':
        return [lane('PERSON', '', LAST), lane('AUTOMATIC', over, LAST)];
      case 'EXPIRED':
        return [lane('AUTOMATIC', '', over)];
      case 'RELEASED':
      case 'FRAUD_CONFIRMED':
        return [lane(state, '', LAST)];
      default:
        return state satisfies never;
    }
  });
}

function dueText(at: UnixMs): string {
  return String(Math.max(0, Math.floor(at))).padStart(DUE_DIGITS, '0');
}
