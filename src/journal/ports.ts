import type { UnixMs } from '../decision/vocabulary.js';
import type { ByteSource } from '../store/codec/reused-bytes.js';
import type { LogPosition } from '../store/ports.js';

/** What an entry gets when it is appended. */
export interface EntryStamp {
  readonly position: LogPosition;
  /** UUIDv7 that ends in the position. */
  readonly id: string;
  /** Never earlier than that of an entry before it, as long as the clock is confirmed or reckoned on. */
  readonly receivedAt: UnixMs;
  /** What the wall clock said, where it was not confirmed; `receivedAt` is then reckoned. */
  readonly unconfirmedAt?: UnixMs;
}

/** An entry before it has a place. */
export interface EntryDraft {
  /** Name of the kind, e.g. `signal`. */
  readonly kind: string;
  /** Empty for what is shared by all. */
  readonly tenant: string;
  /**
   * Serialized body; it may contain the stamp. Called once, at once. If it throws, nothing is appended.
   *
   * @param place memory for the body, which the journal copies; it is written over by the next entry
   */
  readonly payload: (stamp: EntryStamp, place: ByteSource) => Uint8Array;
  /** Nobody waits for it: it may go to disk a few milliseconds later, together with more. Absent: somebody does. */
  readonly unhurried?: boolean;
}

/** An entry as read back or as followed. */
export interface JournalEntry {
  readonly stamp: EntryStamp;
  readonly kind: string;
  readonly tenant: string;
  readonly payload: Uint8Array;
}

export interface Appended {
  readonly stamp: EntryStamp;
  /**
   * Resolves when the entry survives a power loss; shared by all entries of its group.
   * Rejects with JournalError `AUDIT_UNAVAILABLE` when the flush failed; the entry is then still in line and
   * becomes durable later.
   */
  readonly durable: Promise<void>;
}

/** `ok`: accepts. `failing`: the last flush failed, it is tried again. `suspended`: somebody asked to wait. */
export type JournalState = 'ok' | 'failing' | 'suspended' | 'closed';

/** Watches groups go to disk. Both are called synchronously; they must not throw or append. */
export interface GroupListener {
  /** A group was taken for commit: it ends at `through`, and nothing later has been appended yet. */
  taken(through: LogPosition): void;
  /** Everything up to `through` survives a power loss. */
  durable(through: LogPosition): void;
}

/** The log as the service sees it. An adapter for a replicated log implements the same. */
export interface JournalPort {
  /** Position of the last appended entry. */
  readonly head: LogPosition;
  /** Position of the last entry that survives a power loss. */
  readonly durableHead: LogPosition;
  readonly state: JournalState;
  /**
   * Gives the entry its place, at once. Apply it in the same tick: state then never lags an answer.
   *
   * @throws JournalError code `AUDIT_UNAVAILABLE` when nothing can be appended now
   */
  append(draft: EntryDraft): Appended;
  /** When the entry at `position` is durable: for twins of a request that is still in flight. */
  whenDurable(position: LogPosition): Promise<void>;
  /** The entry at `position`, durable or not; undefined when there is none (any more). */
  get(position: LogPosition): JournalEntry | undefined;
  onGroup(listener: GroupListener): void;
  onStateChange(listener: (state: JournalState, cause?: unknown) => void): void;
  /** Refuses appends until {@link resume}; for one who cannot keep up. */
  suspend(cause: string): void;
  resume(): void;
  /** Makes durable what was appended, then refuses. */
  close(): Promise<void>;
}

export type JournalErrorCode =
  /** The record cannot be kept now, so no answer may be given. */
  'AUDIT_UNAVAILABLE';

export class JournalError extends Error {
  override readonly name = 'JournalError';
  constructor(
    readonly code: JournalErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
