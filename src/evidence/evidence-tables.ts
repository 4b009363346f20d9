import type { AccountRecord, MailboxRecord } from '../decision/evidence.js';
import { decodeAccount, encodeAccount } from '../store/codec/account-codec.js';
import { decodeHold, encodeHold } from '../store/codec/hold-codec.js';
import * as index from '../store/codec/index-codec.js';
import { type AccountLedger, decodeAccountLedger, encodeAccountLedger } from '../store/codec/ledger-codec.js';
import { decodeMailbox, encodeMailbox } from '../store/codec/mailbox-codec.js';
import type { ByteSource } from '../store/codec/reused-bytes.js';
import { decodeWithdrawal, encodeWithdrawal, type KeptWithdrawal } from '../store/codec/withdrawal-codec.js';
import type { StateChange, StateStore, StateTable } from '../store/ports.js';
import { CohortTable } from './cohort-table.js';
import { GovernorTable } from './governor-table.js';
import { HoldTable } from './hold-table.js';
import { LedgerTable } from './ledger-table.js';
import { PlacesReadSince } from './places-read-since.js';
import { Quarantine } from './quarantine.js';
import { type ChangeSource, type RecordCodec, RecordTable } from './record-table.js';
import { UnnamedMailboxes } from './unnamed-mailboxes.js';

/**
 * How the cache is shared out, in hundredths. The other tables are asked for keys that are new, or for one key now and
 * then: a cache of them would only be filled.
 */
const CACHE_SHARES: Partial<Record<StateTable, number>> = { accounts: 50, mailboxes: 25, ledgers: 25 };

/** Every assessment asks for all aliases of all mailboxes, and providers spoke of few. */
const KNOWS_KEYS: readonly StateTable[] = ['mailboxes'];

/** Bytes as a feed or another part formed them. */
const RAW: RecordCodec<Uint8Array> = { encode: (bytes) => bytes, decode: (bytes) => bytes };

/** Every table of evidence, over one state. */
export class EvidenceTables {
  readonly accounts: RecordTable<AccountRecord>;
  readonly ledgers: RecordTable<AccountLedger>;
  readonly withdrawals: RecordTable<KeptWithdrawal>;
  /** Over both. */
  readonly accountLedgers: LedgerTable;
  readonly holds: HoldTable;
  readonly mailboxes: RecordTable<MailboxRecord>;
  readonly signals: RecordTable<index.SignalMark>;
  readonly requests: RecordTable<index.AnsweredRequest>;
  readonly tokens: RecordTable<index.TokenMark>;
  readonly outcomes: RecordTable<index.OutcomeMark>;
  readonly feeds: RecordTable<Uint8Array>;
  readonly meta: RecordTable<Uint8Array>;
  readonly placesReadSince: PlacesReadSince;
  readonly cohorts: CohortTable;
  readonly governors: GovernorTable;
  readonly unnamed: UnnamedMailboxes;
  readonly quarantine: Quarantine;
  readonly parked: Quarantine;
  readonly #all: readonly ChangeSource[];
  readonly #byName: ReadonlyMap<StateTable, ChangeSource>;

  /** @param cacheBytes about what decoded records may take in memory, altogether */
  constructor(state: StateStore, cacheBytes: number) {
    const opened: ChangeSource[] = [];
    const open = <R extends object>(
      table: keyof typeof CACHE_SHARES,
      codec: RecordCodec<R>,
    ): RecordTable<R> => {
      const share = Math.ceil((cacheBytes * (CACHE_SHARES[table] ?? 0)) / 100);
      const records = new RecordTable({
        table,
        state,
        codec,
        cacheBytes: share,
        knowsKeys: KNOWS_KEYS.includes(table),
      });
      opened.push(records);
      return records;
    };
    this.accounts = open('accounts', { encode: encodeAccount, decode: decodeAccount });
    this.ledgers = open('ledgers', { encode: encodeAccountLedger, decode: decodeAccountLedger });
    this.withdrawals = open('withdrawals', { encode: encodeWithdrawal, decode: decodeWithdrawal });
    this.accountLedgers = new LedgerTable(this.ledgers, this.withdrawals);
    this.holds = new HoldTable(
      open('holds', { encode: encodeHold, decode: decodeHold }),
      open('holds-due', RAW),
    );
    this.mailboxes = open('mailboxes', { encode: encodeMailbox, decode: decodeMailbox });
    this.signals = open('signals', { encode: index.encodeSignalMark, decode: index.decodeSignalMark });
    this.requests = open('requests', {
      encode: index.encodeAnsweredRequest,
      decode: index.decodeAnsweredRequest,
    });
    this.tokens = open('tokens', { encode: index.encodeTokenMark, decode: index.decodeTokenMark });
    this.outcomes = open('outcomes', { encode: index.encodeOutcomeMark, decode: index.decodeOutcomeMark });
    this.feeds = open('feeds', RAW);
    this.meta = open('meta', RAW);
    this.placesReadSince = new PlacesReadSince(this.meta, state);
    this.cohorts = new CohortTable(state);
    this.governors = new GovernorTable(state);
    this.unnamed = new UnnamedMailboxes(state);
    opened.push(this.unnamed.rows);
    this.quarantine = new Quarantine(state);
    this.parked = new Quarantine(state, Number.POSITIVE_INFINITY, 'parked');
    this.#all = opened;
    this.#byName = new Map(opened.map((records) => [records.table, records]));
  }

  /** Estimated bytes of all cached records. */
  get cachedBytes(): number {
    return this.#all.reduce((sum, records) => sum + records.cachedBytes, 0);
  }

  /** Number of records that the state does not hold yet. */
  get pendingCount(): number {
    return this.#all.reduce((sum, records) => sum + records.pendingCount, 0);
  }

  /** @param place where records are put; they are needed until their changes have settled */
  takeChanges(place?: ByteSource): StateChange[] {
    const changes: StateChange[] = [];
    for (const records of this.#all) records.takeChanges(changes, place);
    this.cohorts.takeChanges(changes);
    this.governors.takeChanges(changes);
    this.quarantine.takeChanges(changes);
    this.parked.takeChanges(changes);
    return changes;
  }

  settled(changes: readonly StateChange[]): void {
    for (const change of changes) {
      if (change.table === 'quarantine') this.quarantine.settled(change);
      else if (change.table === 'parked') this.parked.settled(change);
      else this.#byName.get(change.table)?.settled(change);
    }
  }
}
