import type { AccountRecord } from '../decision/evidence.js';
import type { UnixMs } from '../decision/vocabulary.js';
import type { AccountLedger } from '../store/codec/ledger-codec.js';
import {
  ASSESSMENT_RETENTION_MS,
  LEDGER_RETENTION_MS,
  PROVIDER_EVENT_RETENTION_MS,
  REQUEST_RETENTION_MS,
  SIGNAL_RETENTION_MS,
  TOKEN_RETENTION_MS,
} from './bounds.js';
import type { EvidenceTables } from './evidence-tables.js';
import { settledHold } from './evolve-holds.js';
import { isOutflowCurrent, isSpendCurrent } from './evolve-spends.js';
import { isUseCurrent } from './evolve-uses.js';
import { currentAccount } from './forget.js';
import type { RecordTable } from './record-table.js';

/** A walk through one table: removes what it may and says where to go on. */
type Walk = (after: string, now: UnixMs, limit: number) => { readonly last: string; readonly seen: number };

/**
 * Removes forgotten records, a few at a time, round and round. Forgetting itself happens at reading, so it does not
 * matter when this runs.
 *
 * What was said under a mailbox's alias is never removed: it is bounded, rare, and an exposure whose end were removed
 * would be open again.
 */
export class Sweeper {
  readonly #tables: EvidenceTables;
  readonly #walks: readonly Walk[];
  #turn = 0;
  #after = '';

  constructor(tables: EvidenceTables) {
    this.#tables = tables;
    this.#walks = [
      walk(tables.requests, (mark, now) => mark.receivedAt < now - REQUEST_RETENTION_MS),
      walk(tables.signals, (mark, now) => mark.occurredAt < now - SIGNAL_RETENTION_MS),
      walk(tables.tokens, (mark, now) => {
        const since = now - TOKEN_RETENTION_MS;
        return (mark.seenAt ?? 0) < since && (mark.retraction?.issuedAt ?? 0) < since;
      }),
      walk(tables.outcomes, (mark, now) => mark.observedAt < now - PROVIDER_EVENT_RETENTION_MS),
      walk(tables.accounts, (record, now) => isEmptyAccount(currentAccount(record, now))),
      walk(tables.ledgers, isLedgerForgotten),
      walk(tables.withdrawals, ({ hold, release }, now) => {
        const since = now - LEDGER_RETENTION_MS;
        const heldAt = hold === undefined ? 0 : settledHold(hold, now).firstHeldAt;
        return heldAt < since && (release?.releasedAt ?? 0) < since;
      }),
      (after, now, limit) => tables.holds.sweep(after, now, limit),
      (after, now, limit) => tables.unnamed.sweep(after, now, limit),
    ];
  }

  /** @param limit records to look at */
  sweep(now: UnixMs, limit: number): void {
    const walkOn = this.#walks[this.#turn];
    if (walkOn === undefined) return;
    const { last, seen } = walkOn(this.#after, now, limit);
    if (seen >= limit) {
      this.#after = last;
      return;
    }
    this.#after = '';
    this.#turn = (this.#turn + 1) % this.#walks.length;
    if (this.#turn === 0) this.#tables.cohorts.forget(now);
  }
}

function walk<R extends object>(
  table: RecordTable<R>,
  isForgotten: (record: R, now: UnixMs) => boolean,
): Walk {
  return (after, now, limit) => {
    let last = after;
    let seen = 0;
    // The smallest key that is greater: keys are compared by their bytes.
    for (const { key, record } of table.range({ start: `${after}\u0000`, limit })) {
      if (isForgotten(record, now)) table.remove(key);
      last = key;
      seen++;
    }
    return { last, seen };
  };
}

function isEmptyAccount(record: AccountRecord): boolean {
  return record.signals.length === 0 && record.loginFailures.length === 0 && record.mailboxes.length === 0;
}

function isLedgerForgotten({ ledger, latestAt }: AccountLedger, now: UnixMs): boolean {
  const since = now - LEDGER_RETENTION_MS;
  return (
    latestAt < now - ASSESSMENT_RETENTION_MS &&
    ledger.spends.every((spend) => !isSpendCurrent(spend, now)) &&
    (ledger.outflows ?? []).every((outflow) => !isOutflowCurrent(outflow.minute, now)) &&
    (ledger.uses ?? []).every((use) => !isUseCurrent(use, now)) &&
    ledger.holds.every((hold) => settledHold(hold, now).firstHeldAt < since) &&
    ledger.releases.every((release) => release.releasedAt < since)
  );
}
