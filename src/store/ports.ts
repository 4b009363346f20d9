/** A place in the log: counts from 1, without holes. 0 means before the first entry. */
export type LogPosition = number;

/** A serialized `holdfast.store.v1.LogEntry` at its place. */
export interface StoredEntry {
  readonly position: LogPosition;
  readonly bytes: Uint8Array;
}

/**
 * Stands between a store and its disk: called with what makes one group durable, resolves when that is done. The
 * default just calls it. A test double waits or fails instead, as a disk does.
 */
export type FlushSeam = (flush: () => Promise<void>) => Promise<void>;

/** A row that the log keeps beside its entries. */
export interface MirroredRow {
  /** Up to 1,900 bytes. */
  readonly key: string;
  /** Absent: remove. */
  readonly value?: Uint8Array;
}

/** The log's storage: truth, append only. One process opens it. */
export interface LogStore {
  /** Position of the last entry that is on disk; 0 when empty. */
  readonly lastPosition: LogPosition;
  /**
   * Appends entries whose positions follow `lastPosition` without a hole, all or none. Their bytes may be written over
   * once it has resolved.
   *
   * @returns when they survive a power loss
   * @throws StoreError code `STORE_WRITE_FAILED`; nothing of the group is then on disk, and the same group may be
   *   appended again
   */
  append(entries: readonly StoredEntry[]): Promise<void>;
  /** Reads durable entries from `from` on, in order. Holds nothing open between two steps. */
  read(from: LogPosition, limit?: number): Iterable<StoredEntry>;
  /** Reads durable entries from `from` down to the first, newest first. */
  readBackwards(from: LogPosition, limit?: number): Iterable<StoredEntry>;
  get(position: LogPosition): Uint8Array | undefined;
  /**
   * Removes entries up to and including `through`, but never the last one: it carries the count on. Only retention
   * calls this, after a checkpoint of the state.
   *
   * @throws StoreError code `STORE_WRITE_FAILED`; some may then be removed, without a hole
   */
  trim(through: LogPosition): Promise<void>;
  /** Position of the oldest entry still there; 0 when empty. */
  readonly firstPosition: LogPosition;
  /** What {@link keepKeyCheck} kept: by it the keys are known that pseudonyms in here were made with. */
  readonly keyCheck: Uint8Array | undefined;
  /** @throws StoreError code `STORE_WRITE_FAILED` */
  keepKeyCheck(check: Uint8Array): Promise<void>;
  /**
   * Keeps rows beside the entries, for what follows from none of them and must outlive the state.
   *
   * @throws StoreError code `STORE_WRITE_FAILED`; none of them is then kept
   */
  mirror(rows: readonly MirroredRow[]): Promise<void>;
  /** All rows that are kept so. */
  mirrored(): Iterable<MirroredRow>;
  /** Bytes on disk. */
  sizeBytes(): number;
  close(): Promise<void>;
}

/** Tables of the state. Every key begins with the tenant, except in tables of provider evidence. */
export const STATE_TABLES = [
  /** (tenant, account) -> AccountRecord */
  'accounts',
  /** (tenant, account) -> LedgerRecord, and where the account's latest assessment is */
  'ledgers',
  /** (tenant, account, withdrawal) -> its hold and release, once the account's ledger carries newer ones */
  'withdrawals',
  /** (tenant, withdrawal) -> its hold, as lists show it */
  'holds',
  /** (tenant, account or empty, how it stands, due time, withdrawal) -> nothing: holds in the order in which they are due */
  'holds-due',
  /** (tenant, signal id) -> content digest */
  'signals',
  /** (tenant, request id) -> position */
  'requests',
  /** alias -> MailboxRecord */
  'mailboxes',
  /** (cohort id, issue time, token id) -> CohortRecord */
  'cohorts',
  /** token id -> what it spoke of */
  'tokens',
  /** provider -> feed record */
  'feeds',
  /** time-ordered id -> refused message */
  'quarantine',
  /** time-ordered id -> message that waits for a key */
  'parked',
  /** (tenant, assessment id) -> latest outcome */
  'outcomes',
  /** alias -> who spoke of a mailbox that no account is known to use */
  'unnamed',
  /** (tenant, provider, cohort or empty) -> standing; with an account behind: that it was moved to HOLD */
  'governors',
  /** name -> value */
  'meta',
] as const;
export type StateTable = (typeof STATE_TABLES)[number];

export interface StateChange {
  readonly table: StateTable;
  readonly key: string;
  /** Absent: remove. */
  readonly value?: Uint8Array;
}

/** Keys are ordered by their UTF-8 bytes; a key has 1 to 1,978 of them. */
export interface KeyRange {
  /** Lowest key, inclusive. */
  readonly start?: string;
  /** Above the highest key, exclusive. */
  readonly end?: string;
  /** From the highest key down. */
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** What follows from the log: disposable, rebuilt when it is corrupt or of another version. */
export interface StateStore {
  /** All entries up to here are contained. Written in the same transaction as the data. */
  readonly cursor: LogPosition;
  /** @throws StoreError code `STATE_CORRUPT` */
  get(table: StateTable, key: string): Uint8Array | undefined;
  /**
   * Reads rows in the order of their keys. Holds nothing open between two steps.
   *
   * @throws StoreError code `STATE_CORRUPT`
   */
  range(table: StateTable, range: KeyRange): Iterable<{ readonly key: string; readonly value: Uint8Array }>;
  /**
   * Commits changes and cursor together. The values may be written over once it has resolved.
   *
   * @throws StoreError code `STORE_WRITE_FAILED`
   */
  commit(changes: readonly StateChange[], cursor: LogPosition): Promise<void>;
  /**
   * Writes a copy of what is committed to where the next opening looks for one when it has to start anew. Replaces the
   * copy before it only when the new one is whole.
   *
   * @throws StoreError code `STORE_WRITE_FAILED`
   */
  checkpoint(): Promise<void>;
  sizeBytes(): number;
  close(): Promise<void>;
}

export type StoreErrorCode =
  /** The log cannot be read: refuse to start. */
  | 'LOG_CORRUPT'
  /** There is no log, or an empty one, where one was in use: refuse to start. */
  | 'LOG_MISSING'
  /** The data folder was never initialised, and is told to be: refuse to start. */
  | 'DATA_NOT_INITIALISED'
  /** A record of the state is not what was written: the next opening sets the state aside and rebuilds it. */
  | 'STATE_CORRUPT'
  /** The folder was copied while a process had it open: such a copy may be torn. Refuse to start. */
  | 'COPIED_WHILE_OPEN'
  /** A restore into the folder was cut off: refuse to start. */
  | 'RESTORE_UNFINISHED'
  /** Another process has it open. */
  | 'STORE_IN_USE'
  /** A folder cannot be made or written to. */
  | 'FOLDER_UNUSABLE'
  | 'STORE_WRITE_FAILED';

export class StoreError extends Error {
  override readonly name = 'StoreError';
  /** Of `STORE_WRITE_FAILED`: what was found before the disk was asked. */
  readonly failure: 'DISK_FULL' | 'LIMIT_REACHED' | undefined;
  constructor(
    readonly code: StoreErrorCode,
    message: string,
    options?: ErrorOptions & { readonly failure?: 'DISK_FULL' | 'LIMIT_REACHED' },
  ) {
    super(message, options);
    this.failure = options?.failure;
  }
}
