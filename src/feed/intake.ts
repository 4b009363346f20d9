import { setTimeout as delay } from 'node:timers/promises';
import type { UnixMs } from '../decision/vocabulary.js';
import { JournalError } from '../journal/ports.js';
import { encodeCursor, type FeedCursor } from './cursor.js';
import { countRefusal } from './feed-record.js';
import type { FeedTable } from './feed-table.js';
import { CURSOR_NAME, type FeedClock, type FeedEvidence, type FeedObserver } from './ports.js';
import { messageDigest, type Quarantine, type QuarantinedMessage, quarantineId } from './quarantine.js';
import { recentRefusal } from './recent-refusals.js';
import { isParked, type Refusal, refuse } from './refusal.js';
import type { TokenApplier, TokenOutcome } from './token-applier.js';
import type { RawMessage, Verifier } from './verifier.js';
import { providerOfSubject, type Verification } from './verify.js';

/** A message of the stream and its place. */
export interface FeedMessage extends RawMessage {
  readonly created: string;
  readonly sequence: number;
  /** When the broker took it, by the broker's clock. */
  readonly storedAt: UnixMs;
}

/**
 * Messages a batch to the verifying thread: few enough that it and its signature threads hold a processor for about a
 * millisecond, less than what the kernel gives a thread at a time; answers wait behind them on a small machine.
 */
const VERIFY_BATCH = 4;

/**
 * While answers are given, a backlog is worked off a third of the time: a batch is followed by a pause twice as long. Signature checks
 * run on other threads, but on the same processors; without pauses they made answers several times slower. An
 * event that comes alone never waits.
 */
const PAUSE_PER_WORK = 2;

/**
 * Time on the serving thread before other work gets its turn. A message takes 30 to 90 µs there, so a call that arrives in
 * a flood waits for about as long as one call takes.
 */
const SLICE_MS = 0.25;

/**
 * Beyond this many unread messages the next fetch waits. Enough to work on while it is under way; more would wait for seconds
 * beside answers and be taken for old by the collector.
 */
export const MAX_BACKLOG = 128;

/** Pause before an entry that the log could not take is tried again. */
const JOURNAL_RETRY_MS = 250;

export interface IntakeOptions {
  readonly verifier: Verifier;
  readonly applier: TokenApplier;
  readonly quarantine: Quarantine;
  readonly table: FeedTable;
  readonly evidence: FeedEvidence;
  readonly clock: FeedClock;
  readonly observer: FeedObserver;
  /** Everything up to here has been taken in. */
  readonly advanced: (cursor: FeedCursor) => void;
  /** A message came under a key that this provider does not have. */
  readonly keyMissed: (provider: string) => void;
  /** Position of the log's last entry: when it moves by more than what came by this feed, answers are being given. */
  readonly logHead: () => number;
  /** Milliseconds from any origin, for slices and pauses. */
  readonly monotonicMs?: () => number;
  /** Stands in for the timer, in tests. */
  readonly pause?: (pauseMs: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Takes messages in, in order: verified off this thread, then recorded and applied on it. The cursor follows each
 * batch. A message that cannot be taken in is quarantined; nothing stops the line but a log that cannot be written,
 * and that only for as long as it lasts.
 */
export class Intake {
  readonly #options: IntakeOptions;
  #queue: FeedMessage[] = [];
  #pumping: Promise<void> | undefined;
  #waitingForRoom: (() => void)[] = [];
  readonly #stop = new AbortController();
  readonly #monotonicMs: () => number;
  readonly #pause: (pauseMs: number, signal: AbortSignal) => Promise<void>;
  /** Entries that came by this feed. */
  #recordedCount = 0;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#pause = options.pause ?? pauseUnlessStopped;
    this.#monotonicMs = options.monotonicMs ?? (() => performance.now());
  }

  /** Messages handed in and not yet taken in. */
  get backlog(): number {
    return this.#queue.length;
  }

  push(message: FeedMessage): void {
    if (this.#stop.signal.aborted) return;
    this.#queue.push(message);
    this.#pumping ??= this.#pump();
  }

  /** Resolves when few enough messages wait that more may be fetched. */
  async room(): Promise<void> {
    while (this.#queue.length > MAX_BACKLOG && !this.#stop.signal.aborted) {
      await new Promise<void>((resolve) => this.#waitingForRoom.push(resolve));
    }
  }

  /** Resolves when everything handed in has been taken in. */
  async idle(): Promise<void> {
    while (this.#pumping !== undefined) await this.#pumping;
  }

  /** Takes in what is being applied, drops the rest: the cursor does not cover it, so it comes again. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#queue = [];
    this.#releaseRoom();
    await this.idle();
  }

  /**
   * Tries a quarantined message again. It leaves the quarantine unless it is refused again.
   *
   * @returns what became of it
   */
  async retry(message: QuarantinedMessage, raw: RawMessage): Promise<TokenOutcome> {
    const { verifier, quarantine, table, clock } = this.#options;
    const [verification] = await verifier.verifyBatch([raw], clock.nowMs());
    const outcome = await this.#settle(verification ?? noResult());
    if (outcome.kind === 'refused') {
      quarantine.put({ ...message, reason: outcome.reason, detail: outcome.detail });
    } else {
      quarantine.remove(message.id);
      this.#report(outcome, message.provider, clock.nowMs());
    }
    table.save(clock.nowMs());
    return outcome;
  }

  async #pump(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        const batch = this.#queue.splice(0, VERIFY_BATCH);
        const startedAt = this.#monotonicMs();
        const othersBefore = this.#othersRecorded();
        await this.#takeBatch(batch);
        if (this.#queue.length <= MAX_BACKLOG) this.#releaseRoom();
        if (this.#queue.length > 0 && this.#othersRecorded() > othersBefore) {
          await this.#pause((this.#monotonicMs() - startedAt) * PAUSE_PER_WORK, this.#stop.signal);
        }
      }
    } finally {
      this.#pumping = undefined;
    }
  }

  #othersRecorded(): number {
    return this.#options.logHead() - this.#recordedCount;
  }

  async #takeBatch(batch: readonly FeedMessage[]): Promise<void> {
    const { verifier, clock } = this.#options;
    const settingsCount = verifier.settingsCount;
    const verifications = await this.#verify(verifier, batch, clock.nowMs());
    let sliceStartedAt = this.#monotonicMs();
    for (const [index, message] of batch.entries()) {
      let verification = verifications[index] ?? noResult();
      // The key may have come while the batch was checked, and what waits been tried again without this one.
      if (
        verification.kind === 'refused' &&
        isParked(verification.reason) &&
        verifier.settingsCount !== settingsCount
      )
        [verification = noResult()] = await this.#verify(verifier, [message], clock.nowMs());
      const outcome = await this.#settle(verification);
      if (this.#stop.signal.aborted) return;
      if (outcome.kind === 'refused') this.#setAside(message, outcome);
      else this.#report(outcome, providerOfSubject(message.subject) ?? '', message.storedAt);
      const isLast = index === batch.length - 1;
      if (isLast) this.#advance(message);
      if (isLast || this.#monotonicMs() - sliceStartedAt >= SLICE_MS) {
        await nextTurn();
        sliceStartedAt = this.#monotonicMs();
      }
    }
  }

  async #verify(
    verifier: Verifier,
    batch: readonly FeedMessage[],
    now: UnixMs,
  ): Promise<readonly Verification[]> {
    try {
      return await verifier.verifyBatch(batch, now);
    } catch (error) {
      // Only a closed verifier rejects.
      this.#stop.abort(error);
      return [];
    }
  }

  /** Reads a checked message and records it. A fault of ours is an outcome too. */
  async #settle(verification: Verification): Promise<TokenOutcome> {
    const { applier, clock } = this.#options;
    try {
      const outcome = applier.read(verification, clock.nowMs());
      if (outcome.kind !== 'evidence') return outcome;
      for (const body of outcome.bodies) {
        while (!this.#tryRecord(body)) await this.#waitForJournal();
      }
      applier.noteRecorded(outcome.token, clock.nowMs());
      return outcome;
    } catch (error) {
      return refuse('HANDLER_FAILED', error instanceof Error ? error.name : 'unknown');
    }
  }

  /** @returns false if the log cannot take it now */
  #tryRecord(body: Parameters<TokenApplier['record']>[0]): boolean {
    try {
      this.#options.applier.record(body);
      this.#recordedCount += 1;
      return true;
    } catch (error) {
      if (error instanceof JournalError) return false;
      throw error;
    }
  }

  async #waitForJournal(): Promise<void> {
    this.#options.observer.journalUnavailable();
    await delay(JOURNAL_RETRY_MS, undefined, { signal: this.#stop.signal });
  }

  #setAside(message: FeedMessage, { reason, detail, origin }: Refusal): void {
    const { quarantine, table, clock, observer } = this.#options;
    const provider = providerOfSubject(message.subject) ?? '';
    const digest = messageDigest(message.bytes);
    const kept = quarantine.put({
      id: quarantineId(message.storedAt, digest, message.created, message.sequence),
      provider,
      reason,
      detail,
      refusedAt: clock.nowMs(),
      created: message.created,
      sequence: message.sequence,
      digest,
      sizeBytes: message.bytes.byteLength,
    });
    if (reason === 'KEY_UNKNOWN') this.#options.keyMissed(provider);
    if (kept === undefined) return;
    table.update(provider, (record) => countRefusal(record, kept.reason));
    table.noteRefusal(provider, recentRefusal(kept, origin));
    observer.refused(provider, kept.reason);
  }

  #report(outcome: TokenOutcome, provider: string, storedAt: UnixMs): void {
    const { observer, clock } = this.#options;
    switch (outcome.kind) {
      case 'evidence':
        observer.accepted(provider, Math.max(0, clock.nowMs() - storedAt));
        break;
      case 'duplicate':
        observer.duplicate(provider);
        break;
      case 'heartbeat':
        observer.heartbeat(provider);
        break;
      case 'refused':
        observer.refused(provider, outcome.reason);
        break;
      default:
        outcome satisfies never;
    }
  }

  #advance({ created, sequence, bytes }: FeedMessage): void {
    const { evidence, table, clock, advanced } = this.#options;
    const cursor: FeedCursor = { created, sequence, digest: messageDigest(bytes) };
    evidence.setMeta(CURSOR_NAME, encodeCursor(cursor));
    table.save(clock.nowMs());
    advanced(cursor);
  }

  #releaseRoom(): void {
    const waiting = this.#waitingForRoom;
    this.#waitingForRoom = [];
    for (const resolve of waiting) resolve();
  }
}

function noResult(): Refusal {
  return refuse('HANDLER_FAILED', 'the verifier gave no result');
}

async function pauseUnlessStopped(pauseMs: number, signal: AbortSignal): Promise<void> {
  // Stopped in a pause: nothing is left to do.
  await delay(pauseMs, undefined, { signal }).catch(() => undefined);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
