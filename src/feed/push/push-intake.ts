import { setTimeout as delay } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { UnixMs } from '../../decision/vocabulary.js';
import { JournalError } from '../../journal/ports.js';
import { countRefusal, endReset } from '../feed-record.js';
import type { FeedTable } from '../feed-table.js';
import type { FeedClock, FeedObserver } from '../ports.js';
import { messageDigest, type Quarantine, quarantineId } from '../quarantine.js';
import { recentRefusal } from '../recent-refusals.js';
import { isParked, type Refusal, refuse } from '../refusal.js';
import type { TokenApplier, TokenOutcome } from '../token-applier.js';
import type { Verifier } from '../verifier.js';
import { FEED_SUBJECT_PREFIX, type Verification } from '../verify.js';
import { ACCEPTED, answerOf, FAILED, type PushAnswer, UNAVAILABLE } from './answer.js';

/** Pushes that are checked together: what came while the batch before was checked, at most this many. */
const VERIFY_BATCH = 64;

/** Messages applied before other work gets its turn: under a millisecond of the serving thread. */
const APPLY_SLICE = 16;

/** Pause before the rest of a token that is half recorded is tried again. */
const JOURNAL_RETRY_MS = 250;

/** Refused messages whose repetition is recognised. A sender repeats what it sent last. */
const REMEMBERED_REFUSALS = 1_000;

export interface PushIntakeOptions {
  readonly verifier: Verifier;
  readonly applier: TokenApplier;
  readonly quarantine: Quarantine;
  readonly table: FeedTable;
  readonly clock: FeedClock;
  readonly observer: FeedObserver;
  /** A message came under a key that this provider does not have. */
  readonly keyMissed: (provider: string) => void;
  /** Resolves when all that was learnt up to now survives a power loss; rejects when it may not. */
  readonly checkpoint: () => Promise<void>;
}

interface Job {
  readonly provider: string;
  readonly bytes: Uint8Array;
  readonly arrivedAt: UnixMs;
  readonly resolve: (answer: PushAnswer) => void;
}

/**
 * Takes pushed tokens the way of those from the stream: verified off this thread, recorded and applied on it. An answer
 * leaves when what it says is on disk, so a sender may forget what was accepted. No place in a stream stands behind a
 * pushed token: one that may be good later is left with its sender rather than parked.
 */
export class PushIntake {
  readonly #options: PushIntakeOptions;
  #queue: Job[] = [];
  #pumping: Promise<void> | undefined;
  readonly #stop = new AbortController();
  /** Digest of a refused message -> its id in the quarantine. */
  readonly #refusals = new LRUCache<string, string>({ max: REMEMBERED_REFUSALS });

  constructor(options: PushIntakeOptions) {
    this.#options = options;
  }

  /** Never rejects. Who calls bounds how many wait. */
  take(provider: string, bytes: Uint8Array): Promise<PushAnswer> {
    return new Promise((resolve) => {
      if (this.#stop.signal.aborted) {
        resolve(UNAVAILABLE);
        return;
      }
      this.#queue.push({ provider, bytes, arrivedAt: this.#options.clock.nowMs(), resolve });
      this.#pumping ??= this.#pump();
    });
  }

  /** Gives up what is not recorded yet; its senders are told to try again. */
  async stop(): Promise<void> {
    this.#stop.abort();
    for (const { resolve } of this.#queue.splice(0)) resolve(UNAVAILABLE);
    await this.#pumping;
  }

  async #pump(): Promise<void> {
    // Requests of one turn share a batch, and so a crossing to the verifying thread.
    await nextTurn();
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, VERIFY_BATCH);
      try {
        await this.#takeBatch(batch);
      } catch {
        // A fault of ours: nobody waits for ever, and the next batch is taken.
        for (const { resolve } of batch) resolve(FAILED);
      }
    }
    this.#pumping = undefined;
  }

  async #takeBatch(batch: readonly Job[]): Promise<void> {
    const { table, clock, checkpoint } = this.#options;
    const verifications = await this.#verify(batch);
    const answers: PushAnswer[] = [];
    for (const [index, job] of batch.entries()) {
      answers.push(await this.#takeOne(job, verifications[index]));
      if ((index + 1) % APPLY_SLICE === 0) await nextTurn();
    }
    // It was heard: its own numbers link what it says now with what it said before a stream was lost.
    for (const { provider } of batch) table.update(provider, endReset);
    table.save(clock.nowMs());
    // The next batch is checked while this one goes to disk.
    void checkpoint()
      .then(
        () => true,
        () => false,
      )
      .then((isKept) => {
        for (const [index, { resolve }] of batch.entries()) {
          const answer = answers[index] ?? UNAVAILABLE;
          resolve(isKept || answer !== ACCEPTED ? answer : UNAVAILABLE);
        }
      });
  }

  async #verify(batch: readonly Job[]): Promise<readonly Verification[]> {
    const messages = batch.map(({ provider, bytes }) => ({
      subject: `${FEED_SUBJECT_PREFIX}${provider}`,
      bytes,
    }));
    try {
      return await this.#options.verifier.verifyBatch(messages, this.#options.clock.nowMs());
    } catch {
      // Only a closed verifier rejects: nothing was looked at.
      return [];
    }
  }

  async #takeOne(job: Job, verification: Verification | undefined): Promise<PushAnswer> {
    if (verification === undefined) return UNAVAILABLE;
    const outcome = await this.#settle(verification);
    if (outcome === 'unavailable') {
      this.#options.observer.journalUnavailable();
      return UNAVAILABLE;
    }
    this.#report(job, outcome);
    return answerOf(outcome);
  }

  /** Reads a checked message and records it. A fault of ours is an outcome too. */
  async #settle(verification: Verification): Promise<TokenOutcome | 'unavailable'> {
    const { applier, clock } = this.#options;
    try {
      const outcome = applier.read(verification, clock.nowMs());
      if (outcome.kind !== 'evidence') return outcome;
      for (const [index, body] of outcome.bodies.entries()) {
        while (!this.#tryRecord(body)) {
          // Nothing is known of it yet: the sender keeps it. Half of it must be finished here, or the rest would be
          // taken for a repetition.
          if (index === 0) return 'unavailable';
          await delay(JOURNAL_RETRY_MS, undefined, { signal: this.#stop.signal });
        }
      }
      applier.noteRecorded(outcome.token, clock.nowMs());
      return outcome;
    } catch (error) {
      if (this.#stop.signal.aborted) return 'unavailable';
      return refuse('HANDLER_FAILED', error instanceof Error ? error.name : 'unknown');
    }
  }

  /** @returns false if the log cannot take it now */
  #tryRecord(body: Parameters<TokenApplier['record']>[0]): boolean {
    try {
      this.#options.applier.record(body);
      return true;
    } catch (error) {
      if (error instanceof JournalError) return false;
      throw error;
    }
  }

  #report(job: Job, outcome: TokenOutcome): void {
    const { observer, clock } = this.#options;
    switch (outcome.kind) {
      case 'evidence':
        this.#forgetRefusal(job);
        observer.accepted(job.provider, Math.max(0, clock.nowMs() - job.arrivedAt));
        break;
      case 'duplicate':
        observer.duplicate(job.provider);
        break;
      case 'heartbeat':
        this.#forgetRefusal(job);
        observer.heartbeat(job.provider);
        break;
      case 'refused':
        this.#refused(job, outcome);
        break;
      default:
        outcome satisfies never;
    }
  }

  #refused({ provider, bytes, arrivedAt }: Job, { reason, detail, origin }: Refusal): void {
    const { quarantine, table, observer, clock, keyMissed } = this.#options;
    if (reason === 'KEY_UNKNOWN') keyMissed(provider);
    if (!isParked(reason)) {
      const digest = messageDigest(bytes);
      const id = this.#refusals.get(digest) ?? quarantineId(arrivedAt, digest, '', 0);
      this.#refusals.set(digest, id);
      const kept = quarantine.put({
        id,
        provider,
        reason,
        detail,
        refusedAt: clock.nowMs(),
        created: '',
        sequence: 0,
        digest,
        sizeBytes: bytes.byteLength,
      });
      if (kept === undefined) return;
      table.noteRefusal(provider, recentRefusal(kept, origin));
    }
    table.update(provider, (record) => countRefusal(record, reason));
    observer.refused(provider, reason);
  }

  /** What was refused before and is good now, since the registry changed, is no more to be looked into. */
  #forgetRefusal({ bytes }: Job): void {
    if (this.#refusals.size === 0) return;
    const digest = messageDigest(bytes);
    const id = this.#refusals.get(digest);
    if (id === undefined) return;
    this.#refusals.delete(digest);
    this.#options.quarantine.remove(id);
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
