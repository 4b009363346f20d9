import { ReusedBytes } from '../store/codec/reused-bytes.js';
import { decodeLogEntry, encodeLogEntry } from '../store/log-entry.js';
import type { LogPosition, LogStore } from '../store/ports.js';
import { type Clock, readClock } from './clock.js';
import { Group } from './group.js';
import { assessmentId, randomSource } from './ids.js';
import {
  type Appended,
  type EntryDraft,
  type EntryStamp,
  type GroupListener,
  type JournalEntry,
  JournalError,
  type JournalPort,
  type JournalState,
} from './ports.js';

/**
 * Entries that may wait for their flush. At 1,000 a second a disk may hang for 8 s; beyond that callers have long given
 * up, and memory must not grow.
 */
export const MAX_WAITING_ENTRIES = 8_192;

/** Bytes that may wait for their flush: 8,192 entries of 8 KiB, twice the largest assessment. */
export const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/**
 * How long entries that nobody waits for are gathered. At 1,000 a second 20 then share what a group costs, most of all
 * its flush; a crash of the process can take this much more of what a relaxed audit risks anyway.
 */
export const GATHER_MS = 20;

/** Pause before a failed group is tried again. Short enough to be back soon after space was made on a full disk. */
export const RETRY_FLUSH_MS = 1_000;

export interface JournalOptions {
  readonly store: LogStore;
  readonly clock: Clock;
  /**
   * `durable` (default) refuses while the last flush has failed. `relaxed` goes on until the waiting line is full:
   * answers may then be lost with the machine.
   */
  readonly durability?: 'durable' | 'relaxed';
  /** {@link RANDOM_BITS} random bits a call. */
  readonly random?: () => number;
  readonly retryFlushMs?: number;
  readonly gatherMs?: number;
  readonly maxWaitingEntries?: number;
  readonly maxWaitingBytes?: number;
}

/**
 * The log of one process: gives entries their place at once and makes them durable in groups.
 *
 * INVARIANT one group in flight: what is appended meanwhile forms the next group, so a slow disk makes groups larger,
 * not answers more expensive. INVARIANT nothing is skipped: a group that failed is tried until it succeeds, before any
 * later one, so positions on disk have no hole.
 */
export class Journal implements JournalPort {
  readonly #store: LogStore;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #acceptsWhileFailing: boolean;
  readonly #retryFlushMs: number;
  readonly #gatherMs: number;
  readonly #maxWaitingEntries: number;
  readonly #maxWaitingBytes: number;
  readonly #groupListeners: GroupListener[] = [];
  readonly #stateListeners: ((state: JournalState, cause?: unknown) => void)[] = [];

  #head: LogPosition;
  #durableHead: LogPosition;
  /** Memory of a group that is on disk, for the next one. */
  #spareMemory: ReusedBytes | undefined;
  /** For one body at a time, until it is in its envelope. */
  readonly #bodyMemory = new ReusedBytes();
  #next = new Group(new ReusedBytes());
  #inFlight: Group | undefined;
  #isTakeScheduled = false;
  /** Somebody waits for an entry of the next group. */
  #isHurried = false;
  #gatherTimer: NodeJS.Timeout | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #failure: unknown;
  #isFailing = false;
  #suspendedBy: string | undefined;
  #closing: { readonly done: () => void; readonly gaveUp: (error: Error) => void } | undefined;
  #isClosed = false;

  constructor(options: JournalOptions) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#random = options.random ?? randomSource();
    this.#acceptsWhileFailing = options.durability === 'relaxed';
    this.#retryFlushMs = options.retryFlushMs ?? RETRY_FLUSH_MS;
    this.#gatherMs = options.gatherMs ?? GATHER_MS;
    this.#maxWaitingEntries = options.maxWaitingEntries ?? MAX_WAITING_ENTRIES;
    this.#maxWaitingBytes = options.maxWaitingBytes ?? MAX_WAITING_BYTES;
    this.#head = options.store.lastPosition;
    this.#durableHead = this.#head;
  }

  get head(): LogPosition {
    return this.#head;
  }

  get durableHead(): LogPosition {
    return this.#durableHead;
  }

  get state(): JournalState {
    if (this.#isClosed) return 'closed';
    if (this.#isFailing) return 'failing';
    return this.#suspendedBy === undefined ? 'ok' : 'suspended';
  }

  append(draft: EntryDraft): Appended {
    this.#requireOpen();
    const position = this.#head + 1;
    const { nowMs, reckonedMs: receivedAt, doubt } = readClock(this.#clock);
    const id = assessmentId(receivedAt, position, this.#random());
    const stamp: EntryStamp =
      doubt === undefined ? { position, id, receivedAt } : { position, id, receivedAt, unconfirmedAt: nowMs };
    this.#bodyMemory.release();
    const payload = draft.payload(stamp, this.#bodyMemory);
    const { kind, tenant } = draft;
    const group = this.#next;
    const envelope =
      doubt === undefined
        ? { kind, id, tenant, receivedAt, payload }
        : { kind, id, tenant, receivedAt, unconfirmedAt: nowMs, payload };
    const bytes = encodeLogEntry(envelope, group.memory);
    group.add({ position, bytes });
    this.#head = position;
    if (draft.unhurried === true) this.#gather();
    else this.#hurry();
    return { stamp, durable: group.durable };
  }

  whenDurable(position: LogPosition): Promise<void> {
    if (position <= this.#durableHead) return Promise.resolve();
    if (position > this.#head) throw new RangeError(`nothing has been appended at ${position}`);
    if (this.#inFlight !== undefined && position <= this.#inFlight.through) return this.#inFlight.durable;
    this.#hurry();
    return this.#next.durable;
  }

  get(position: LogPosition): JournalEntry | undefined {
    const waiting = this.#inFlight?.at(position) ?? this.#next.at(position);
    // A copy: the group's memory is written over once it is on disk.
    const bytes = waiting === undefined ? this.#store.get(position) : Buffer.from(waiting.bytes);
    return bytes === undefined ? undefined : readEntry(position, bytes);
  }

  onGroup(listener: GroupListener): void {
    this.#groupListeners.push(listener);
  }

  onStateChange(listener: (state: JournalState, cause?: unknown) => void): void {
    this.#stateListeners.push(listener);
  }

  suspend(cause: string): void {
    this.#changeState(() => {
      this.#suspendedBy = cause;
    }, cause);
  }

  resume(): void {
    this.#changeState(() => {
      this.#suspendedBy = undefined;
    });
  }

  /**
   * @throws JournalError code `AUDIT_UNAVAILABLE` when entries are left that could not be made durable. Their callers
   *   have been told so before.
   */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#changeState(() => {
      this.#isClosed = true;
    });
    if (this.#inFlight === undefined && this.#next.entries.length === 0) return;
    const drained = new Promise<void>((resolve, reject) => {
      this.#closing = { done: resolve, gaveUp: reject };
    });
    clearTimeout(this.#gatherTimer);
    // The last try of a failing group need not wait for its turn.
    if (this.#retryTimer !== undefined) this.#retryInFlight();
    else this.#take();
    await drained;
  }

  #requireOpen(): void {
    if (this.#isClosed) throw unavailable('the log is closed');
    if (this.#isFailing && !this.#acceptsWhileFailing) throw this.#flushFailed();
    if (this.#suspendedBy !== undefined) throw unavailable(this.#suspendedBy);
    const entries = this.#next.entries.length + (this.#inFlight?.entries.length ?? 0);
    const bytes = this.#next.bytes + (this.#inFlight?.bytes ?? 0);
    if (entries >= this.#maxWaitingEntries || bytes >= this.#maxWaitingBytes) {
      throw unavailable('too much is waiting for the disk');
    }
  }

  /** Waits for the end of this turn of the event loop, so that its entries share one flush. */
  #hurry(): void {
    this.#isHurried = true;
    if (this.#inFlight !== undefined || this.#isTakeScheduled) return;
    this.#isTakeScheduled = true;
    setImmediate(this.#takeScheduled);
  }

  readonly #takeScheduled = (): void => {
    this.#isTakeScheduled = false;
    this.#take();
  };

  /** Waits for more entries that nobody waits for. */
  #gather(): void {
    if (this.#inFlight !== undefined || this.#isHurried || this.#gatherTimer !== undefined) return;
    this.#gatherTimer = setTimeout(this.#takeGathered, this.#gatherMs);
  }

  readonly #takeGathered = (): void => {
    this.#gatherTimer = undefined;
    this.#take();
  };

  /** What came while a group was in flight. */
  #takeNext(): void {
    if (this.#isHurried || this.#closing !== undefined) this.#take();
    else if (this.#next.entries.length > 0) this.#gather();
  }

  #take(): void {
    const group = this.#next;
    if (this.#inFlight !== undefined || group.entries.length === 0) return;
    this.#inFlight = group;
    this.#next = new Group(this.#spareMemory ?? new ReusedBytes());
    this.#spareMemory = undefined;
    this.#isHurried = false;
    for (const listener of this.#groupListeners) listener.taken(group.through);
    this.#flush(group);
  }

  #flush(group: Group): void {
    this.#store.append(group.entries).then(
      () => this.#succeeded(group),
      (cause: unknown) => this.#failed(group, cause),
    );
  }

  #succeeded(group: Group): void {
    this.#inFlight = undefined;
    this.#durableHead = group.through;
    group.succeed();
    for (const listener of this.#groupListeners) listener.durable(group.through);
    // Not after a failure: nobody knows who still reads what the failed attempt was given.
    if (!this.#isFailing) {
      group.memory.release();
      this.#spareMemory = group.memory;
    }
    // Taken before anybody hears that all is well: after a failure its promise is already rejected, so no new entry may
    // join it.
    this.#takeNext();
    this.#changeState(() => {
      this.#isFailing = false;
      this.#failure = undefined;
    });
    if (this.#inFlight === undefined) this.#closing?.done();
  }

  #failed(group: Group, cause: unknown): void {
    this.#changeState(() => {
      this.#isFailing = true;
      this.#failure = cause;
    }, cause);
    const error = this.#flushFailed();
    group.fail(error);
    // Those behind it would wait for a time nobody knows; their entries stay in line like the group's.
    if (this.#next.entries.length > 0) this.#next.fail(error);
    if (this.#closing !== undefined) {
      this.#closing.gaveUp(error);
      return;
    }
    this.#retryTimer = setTimeout(() => this.#retryInFlight(), this.#retryFlushMs);
  }

  #retryInFlight(): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    if (this.#inFlight !== undefined) this.#flush(this.#inFlight);
  }

  #changeState(change: () => void, cause?: unknown): void {
    const before = this.state;
    change();
    const after = this.state;
    if (after === before) return;
    for (const listener of this.#stateListeners) listener(after, cause);
  }

  #flushFailed(): JournalError {
    return unavailable('the log cannot be written', this.#failure);
  }
}

function unavailable(message: string, cause?: unknown): JournalError {
  return new JournalError('AUDIT_UNAVAILABLE', message, { cause });
}

/**
 * Opens the envelope of a stored entry.
 *
 * @throws StoreError code `LOG_CORRUPT`
 */
export function readEntry(position: LogPosition, bytes: Uint8Array): JournalEntry {
  const { kind, id, tenant, receivedAt, unconfirmedAt, payload } = decodeLogEntry(position, bytes);
  const stamp =
    unconfirmedAt === undefined ? { position, id, receivedAt } : { position, id, receivedAt, unconfirmedAt };
  return { stamp, kind, tenant, payload };
}
