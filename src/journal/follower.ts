import type { ReusedBytes } from '../store/codec/reused-bytes.js';
import {
  type LogPosition,
  type LogStore,
  type StateChange,
  type StateStore,
  StoreError,
} from '../store/ports.js';
import { ChangeMemory } from './change-memory.js';
import { COMMIT_PAUSE_MS, pauseAfterCommit } from './commit-pause.js';
import { readEntry } from './journal.js';
import { PendingChanges } from './pending-changes.js';
import type { JournalPort } from './ports.js';
import type { Projection } from './projection.js';

/**
 * Not every change comes with an entry: a feed's place, its heartbeats and what it refused would otherwise wait for the
 * next entry, and a crash in a quiet hour would lose all of them. Short beside any heartbeat, long beside a flush.
 */
export const IDLE_COMMIT_INTERVAL_MS = 2_000;

/** Pause before a failed commit of the state is tried again. */
export const RETRY_COMMIT_MS = 1_000;

/**
 * Changed records that may wait while the state cannot be written; about 100 MB. Beyond that the journal is suspended:
 * what is in memory cannot be forgotten before it can be read from the state.
 */
export const MAX_PENDING_RECORDS = 100_000;

/** Entries applied before catching up lets other work in: about 10 ms of it. */
const CATCH_UP_SLICE = 500;

/** Entries between two commits while catching up: large, because sorted loads are many times faster. */
const CATCH_UP_COMMIT_EVERY = 10_000;

/** A group that is in flight was taken before; what was learnt since goes with the one after it. */
const GROUPS_UNTIL_TAKEN = 2;

export interface CatchUpProgress {
  /** Position of the last entry applied. */
  readonly position: LogPosition;
  /** Position of the last entry there is. */
  readonly target: LogPosition;
}

export interface CatchUpResult {
  readonly applied: number;
  /** Entries that a projection could not take in; each was reported. */
  readonly failed: number;
}

export interface FollowerOptions {
  readonly log: LogStore;
  readonly state: StateStore;
  readonly journal: JournalPort;
  readonly projection: Projection;
  /** Shortest pause between two commits. */
  readonly commitPauseMs?: number;
  readonly idleCommitIntervalMs?: number;
  readonly retryCommitMs?: number;
  readonly maxPendingRecords?: number;
  /** Milliseconds from any origin: how long a commit took. */
  readonly monotonicMs?: () => number;
  /** An entry could not be applied while catching up; it is skipped, so that one bad entry does not stop a start. */
  readonly onEntryFailed?: (position: LogPosition, kind: string, error: unknown) => void;
  /** `failing`: the state cannot be written; answers go on from memory. */
  readonly onStateChange?: (state: 'ok' | 'failing', cause?: unknown) => void;
}

/**
 * Carries what a projection learns into the state.
 *
 * Live, whoever appends an entry applies it to the projection in the same tick; the follower only takes the changes of
 * each group when the group leaves for the disk, and commits them once it is durable.
 * INVARIANT the state never contains an entry that a power loss can take from the log.
 */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #commitPauseMs: number;
  readonly #monotonicMs: () => number;
  readonly #maxPendingRecords: number;
  /** Taken with the group that is in flight, not yet durable. */
  #taken: Taken | undefined;
  readonly #memory = new ChangeMemory();
  #pending = new PendingChanges();
  #committing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** After the last commit. */
  #pauseMs: number;
  #idleTimer: NodeJS.Timeout | undefined;
  #isFailing = false;
  #isClosed = false;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#commitPauseMs = options.commitPauseMs ?? COMMIT_PAUSE_MS;
    this.#pauseMs = this.#commitPauseMs;
    this.#monotonicMs = options.monotonicMs ?? (() => performance.now());
    this.#maxPendingRecords = options.maxPendingRecords ?? MAX_PENDING_RECORDS;
  }

  /** Durable entries that the state does not contain yet. */
  get lagEntries(): number {
    return this.#options.journal.durableHead - this.#options.state.cursor;
  }

  get isFailing(): boolean {
    return this.#isFailing;
  }

  /**
   * Brings projection and state to the end of the log. Call it before {@link start} and before the first append.
   *
   * @throws StoreError codes `LOG_CORRUPT`, `STORE_WRITE_FAILED`
   */
  async catchUp(onProgress?: (progress: CatchUpProgress) => void): Promise<CatchUpResult> {
    const { log, state } = this.#options;
    const target = log.lastPosition;
    const start = Math.max(state.cursor + 1, log.firstPosition);
    let committed = start - 1;
    let failed = 0;
    for (let from = start; from <= target; from += CATCH_UP_SLICE) {
      const limit = Math.min(CATCH_UP_SLICE, target - from + 1);
      failed += this.#applySlice(from, limit);
      const position = from + limit - 1;
      if (position === target || position - committed >= CATCH_UP_COMMIT_EVERY) {
        await this.#commitAll(position);
        committed = position;
      }
      onProgress?.({ position, target });
      await nextTurn();
    }
    return { applied: Math.max(0, target - start + 1), failed };
  }

  /** Follows the journal from here on. */
  start(): void {
    this.#options.journal.onGroup({
      taken: () => {
        this.#taken = this.#take();
      },
      durable: (through) => {
        if (this.#taken !== undefined) this.#pending.add(this.#taken.changes, through, this.#taken.memory);
        this.#taken = undefined;
        this.#limitPending();
        this.#schedule(this.#pauseMs);
      },
    });
    this.#idleTimer = setInterval(() => {
      this.#takeIdle();
      if (!this.#pending.isEmpty) this.#schedule(this.#pauseMs);
    }, this.#options.idleCommitIntervalMs ?? IDLE_COMMIT_INTERVAL_MS);
    this.#idleTimer.unref();
  }

  /** Commits what is durable now, for a checkpoint. Changes of groups in flight are not included. */
  async flush(): Promise<void> {
    while (this.#committing !== undefined) await this.#committing;
    this.#takeIdle();
    if (!this.#pending.isEmpty) await this.#commit();
  }

  /**
   * Resolves when everything that the projection has learnt up to now is in the state, with the entries it stands on.
   *
   * @throws JournalError code `AUDIT_UNAVAILABLE` when those entries cannot be made durable now
   * @throws StoreError code `STORE_WRITE_FAILED` when the state cannot be written; it is tried again by itself
   */
  async checkpoint(): Promise<void> {
    const { journal } = this.#options;
    for (let group = 0; group < GROUPS_UNTIL_TAKEN && journal.head > journal.durableHead; group++) {
      await journal.whenDurable(journal.head);
    }
    await this.flush();
    if (this.#isFailing) throw new StoreError('STORE_WRITE_FAILED', 'the state cannot be written');
  }

  /** Commits what is left. Close the journal first. A state that cannot be written is rebuilt at the next start. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearInterval(this.#idleTimer);
    await this.flush();
  }

  /**
   * Takes what changed without an entry. Only while no entry waits for the disk: what has changed by now then reflects
   * durable entries alone. Otherwise the next group takes it along.
   */
  #takeIdle(): void {
    const { journal } = this.#options;
    if (journal.head !== journal.durableHead) return;
    const { changes, memory } = this.#take();
    if (changes.length > 0) this.#pending.add(changes, journal.durableHead, memory);
    this.#limitPending();
  }

  #take(): Taken {
    // While commits fail nothing has an end, and each try would keep what is superseded: that goes to the collector.
    const memory = this.#isFailing ? undefined : this.#memory.current;
    return { changes: this.#options.projection.takeChanges(memory), memory };
  }

  /** What changes that are not in the state refer to. */
  #neededMemories(): ReadonlySet<ReusedBytes> {
    const { memories } = this.#pending;
    const taken = this.#taken?.memory;
    return taken === undefined ? memories : new Set([...memories, taken]);
  }

  #applySlice(from: LogPosition, limit: number): number {
    const { log, projection, onEntryFailed } = this.#options;
    let failed = 0;
    for (const stored of log.read(from, limit)) {
      const entry = readEntry(stored.position, stored.bytes);
      try {
        projection.apply(entry);
      } catch (error) {
        failed++;
        onEntryFailed?.(stored.position, entry.kind, error);
      }
    }
    return failed;
  }

  async #commitAll(through: LogPosition): Promise<void> {
    const { projection, state } = this.#options;
    const { changes, memory } = this.#take();
    this.#memory.turn();
    await state.commit(changes, through);
    projection.settled(changes);
    if (memory !== undefined) this.#memory.settled(new Set([memory]), NO_MEMORY);
  }

  #schedule(delayMs: number): void {
    if (this.#timer !== undefined || this.#committing !== undefined || this.#isClosed) return;
    this.#timer = setTimeout(this.#commitScheduled, delayMs);
  }

  readonly #commitScheduled = (): void => {
    this.#timer = undefined;
    // A flush may have been quicker; when it ends, what came meanwhile is scheduled anew.
    if (this.#committing === undefined && !this.#pending.isEmpty) void this.#commit();
  };

  /** Never rejects: a failure is kept for the next try and reported. */
  #commit(): Promise<void> {
    const batch = this.#pending;
    const changes = batch.changes();
    this.#pending = new PendingChanges();
    if (!this.#isFailing) this.#memory.turn();
    const startedAt = this.#monotonicMs();
    this.#committing = this.#options.state.commit(changes, batch.through).then(
      () => this.#committed(changes, batch.memories, this.#monotonicMs() - startedAt),
      (cause: unknown) => this.#failed(batch, cause),
    );
    return this.#committing;
  }

  #committed(changes: readonly StateChange[], memories: ReadonlySet<ReusedBytes>, tookMs: number): void {
    this.#committing = undefined;
    this.#pauseMs = pauseAfterCommit(tookMs, this.#commitPauseMs);
    this.#options.projection.settled(changes);
    this.#memory.settled(memories, this.#neededMemories());
    this.#options.journal.resume();
    this.#report(false);
    if (!this.#pending.isEmpty) this.#schedule(this.#pauseMs);
  }

  #failed(batch: PendingChanges, cause: unknown): void {
    this.#committing = undefined;
    batch.addAll(this.#pending);
    this.#pending = batch;
    this.#limitPending();
    this.#report(true, cause);
    this.#schedule(this.#options.retryCommitMs ?? RETRY_COMMIT_MS);
  }

  #limitPending(): void {
    if (this.#pending.size >= this.#maxPendingRecords) {
      this.#options.journal.suspend('the state cannot be written');
    }
  }

  #report(isFailing: boolean, cause?: unknown): void {
    if (isFailing === this.#isFailing) return;
    this.#isFailing = isFailing;
    this.#options.onStateChange?.(isFailing ? 'failing' : 'ok', cause);
  }
}

/** Changes as the projection gave them. */
interface Taken {
  readonly changes: readonly StateChange[];
  /** What they were put into; undefined: into memory of their own. */
  readonly memory: ReusedBytes | undefined;
}

const NO_MEMORY: ReadonlySet<ReusedBytes> = new Set();

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
