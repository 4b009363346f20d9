import type { LedgerRecord } from '../decision/evidence.js';
import type { AccountLedger } from '../store/codec/ledger-codec.js';
import type { KeptWithdrawal } from '../store/codec/withdrawal-codec.js';
import { MAX_HOLDS, MAX_RELEASES } from './bounds.js';
import { EMPTY_LEDGER } from './evolve-ledger.js';
import type { RecordTable } from './record-table.js';
import { stateKey } from './state-key.js';

const EMPTY: AccountLedger = { ledger: EMPTY_LEDGER, latestPosition: 0, latestAt: 0 };

/**
 * The ledgers of accounts. A ledger carries the newest holds and releases with it; older ones lie by withdrawal in a
 * table of their own, so that however many there are each is remembered as it was.
 */
export class LedgerTable {
  readonly #ledgers: RecordTable<AccountLedger>;
  readonly #withdrawals: RecordTable<KeptWithdrawal>;

  constructor(ledgers: RecordTable<AccountLedger>, withdrawals: RecordTable<KeptWithdrawal>) {
    this.#ledgers = ledgers;
    this.#withdrawals = withdrawals;
  }

  /**
   * An account's ledger.
   *
   * @param withdrawal whose hold and release are asked for; absent: none
   */
  get(tenant: string, accountId: string, withdrawal?: string): AccountLedger {
    const account = stateKey(tenant, accountId);
    const kept = this.#ledgers.get(account) ?? EMPTY;
    const { holds, releases } = kept.ledger;
    if (withdrawal === undefined) return kept;
    // Only who has as many as a ledger carries can have more.
    const mayHold = holds.length >= MAX_HOLDS && !holds.some((hold) => hold.withdrawal === withdrawal);
    const mayRelease =
      releases.length >= MAX_RELEASES && !releases.some((release) => release.withdrawal === withdrawal);
    if (!mayHold && !mayRelease) return kept;
    const older = this.#withdrawals.get(stateKey(account, withdrawal));
    const ledger = { ...kept.ledger };
    if (mayHold && older?.hold !== undefined) ledger.holds = [...holds, older.hold];
    if (mayRelease && older?.release !== undefined) ledger.releases = [...releases, older.release];
    return { ...kept, ledger };
  }

  set(tenant: string, accountId: string, kept: AccountLedger): void {
    const account = stateKey(tenant, accountId);
    this.#ledgers.set(account, { ...kept, ledger: this.#carried(account, kept.ledger) });
  }

  #carried(account: string, ledger: LedgerRecord): LedgerRecord {
    const { holds, releases } = ledger;
    if (holds.length <= MAX_HOLDS && releases.length <= MAX_RELEASES) return ledger;
    for (const hold of holds.slice(MAX_HOLDS)) this.#keep(account, hold.withdrawal, { hold });
    for (const release of releases.slice(MAX_RELEASES)) this.#keep(account, release.withdrawal, { release });
    return { ...ledger, holds: holds.slice(0, MAX_HOLDS), releases: releases.slice(0, MAX_RELEASES) };
  }

  #keep(account: string, withdrawal: string, part: KeptWithdrawal): void {
    const key = stateKey(account, withdrawal);
    this.#withdrawals.set(key, { ...this.#withdrawals.get(key), ...part });
  }
}
