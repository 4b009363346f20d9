import { SLICE_MS, type Slices } from '../audit/index.js';
import { CallError } from './errors.js';

/** What long reads may take together. */
export interface LongReadLimits {
  /** That run at once. Each may hold an answer of 4 MiB twice until its caller has taken it. */
  readonly maxRunning: number;
  /** Of those, for one connection. */
  readonly maxPerConnection: number;
  /** That wait for a place; beyond that they are refused. */
  readonly maxWaiting: number;
  /** Pause after a slice, in milliseconds, while calls come: nine times a slice leave answers nine tenths of the thread. */
  readonly pauseMs: number;
  /** Within which a caller must have taken a whole answer, in milliseconds: 4 MiB at 420 kB/s. */
  readonly takenWithinMs: number;
}

export const DEFAULT_LONG_READ_LIMITS: LongReadLimits = {
  maxRunning: 32,
  maxPerConnection: 8,
  maxWaiting: 256,
  pauseMs: 9,
  takenWithinMs: 10_000,
};

/** What the reads must know of the server around them. */
export interface LongReadPorts {
  /** Calls that were let in since the start: readers only hold back while others ask. */
  callsLetIn(): number;
  /** Monotonic, milliseconds. */
  nowMs?(): number;
  /** Calls back in the next turn of the event loop, or after a time. */
  later?(callback: () => void, afterMs: number): void;
}

/** When a reader who finds no place is to try again, in milliseconds. */
const RETRY_AFTER_MS = 1_000;

/**
 * Keeps those who read at length from those who ask about a withdrawal: one slice at a time over all of them, in turns, with
 * a pause after it while others ask; so many at once, so many of one connection. A place is kept until the answer was taken.
 */
export class LongReads {
  readonly #running = new Map<string, number>();
  readonly #waiting: LongRead[] = [];
  readonly #slices: (() => void)[] = [];
  readonly #nowMs: () => number;
  readonly #later: (callback: () => void, afterMs: number) => void;
  #runningCount = 0;
  #cutCount = 0;
  #refusedCount = 0;
  #isScheduled = false;
  #sliceEndsAtMs = 0;
  #letInBefore = 0;

  constructor(
    private readonly ports: LongReadPorts,
    readonly limits: LongReadLimits = DEFAULT_LONG_READ_LIMITS,
  ) {
    this.#nowMs = ports.nowMs ?? (() => performance.now());
    this.#later = ports.later ?? later;
  }

  /** Reads that have a place. */
  get running(): number {
    return this.#runningCount;
  }

  /** Reads that wait for one. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Answers since the start that were ended because their callers did not take them. */
  get cutCount(): number {
    return this.#cutCount;
  }

  /** Reads refused since the start. */
  get refusedCount(): number {
    return this.#refusedCount;
  }

  /**
   * A read that has a place, or will have one.
   *
   * @param connection names the caller's connection
   * @throws CallError IN_FLIGHT_LIMIT when too many wait already
   */
  admit(connection: string): LongRead {
    const hasPlace = this.#hasPlaceFor(connection);
    if (!hasPlace && this.#waiting.length >= this.limits.maxWaiting) {
      this.#refusedCount += 1;
      throw new CallError('IN_FLIGHT_LIMIT', 'too many long reads: try again later', {
        retryAfterMs: RETRY_AFTER_MS,
      });
    }
    const read = new LongRead(connection, this);
    if (hasPlace) this.#begin(read);
    else this.#waiting.push(read);
    return read;
  }

  /** For {@link LongRead} alone. */
  ended(read: LongRead, hadBegun: boolean): void {
    if (!hadBegun) {
      const place = this.#waiting.indexOf(read);
      if (place >= 0) this.#waiting.splice(place, 1);
      return;
    }
    this.#runningCount -= 1;
    const left = (this.#running.get(read.connection) ?? 1) - 1;
    if (left === 0) this.#running.delete(read.connection);
    else this.#running.set(read.connection, left);
    // The first whose connection has a place: one that reads much holds up nobody else.
    const next = this.#waiting.findIndex(({ connection }) => this.#hasPlaceFor(connection));
    const [begun] = next < 0 ? [] : this.#waiting.splice(next, 1);
    if (begun !== undefined) this.#begin(begun);
  }

  /** For {@link LongRead} alone: an answer was not taken in time. */
  cut(): void {
    this.#cutCount += 1;
  }

  /** For {@link LongRead} alone. */
  isSliceOver(): boolean {
    return this.#nowMs() >= this.#sliceEndsAtMs;
  }

  /** For {@link LongRead} alone. */
  nextSlice(): Promise<void> {
    return new Promise((resolve) => {
      this.#slices.push(resolve);
      this.#schedule();
    });
  }

  #hasPlaceFor(connection: string): boolean {
    const { maxRunning, maxPerConnection } = this.limits;
    return this.#runningCount < maxRunning && (this.#running.get(connection) ?? 0) < maxPerConnection;
  }

  #begin(read: LongRead): void {
    this.#runningCount += 1;
    this.#running.set(read.connection, (this.#running.get(read.connection) ?? 0) + 1);
    read.begin();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#slices.length === 0) return;
    this.#isScheduled = true;
    const letIn = this.ports.callsLetIn();
    const doOthersAsk = letIn !== this.#letInBefore;
    this.#letInBefore = letIn;
    this.#later(this.#grant, doOthersAsk ? this.limits.pauseMs : 0);
  }

  readonly #grant = (): void => {
    this.#isScheduled = false;
    this.#sliceEndsAtMs = this.#nowMs() + SLICE_MS;
    this.#slices.shift()?.();
    this.#schedule();
  };
}

/** One of {@link LongReads}. */
export class LongRead implements Slices {
  /** Resolves when it has a place, or has ended without one. */
  readonly begun: Promise<void>;
  #tellBegun: () => void = () => {};
  #state: 'waiting' | 'running' | 'ended' = 'waiting';
  #timer: NodeJS.Timeout | undefined;

  constructor(
    readonly connection: string,
    private readonly reads: LongReads,
  ) {
    this.begun = new Promise((resolve) => {
      this.#tellBegun = resolve;
    });
  }

  begin(): void {
    this.#state = 'running';
    this.#tellBegun();
  }

  isOver(): boolean {
    return this.reads.isSliceOver();
  }

  next(): Promise<void> {
    return this.reads.nextSlice();
  }

  /** The answer is on its way. @param cut ends it when the caller has not taken it in time */
  answered(cut: () => void): void {
    if (this.#state === 'ended') return;
    this.#timer = setTimeout(() => {
      this.reads.cut();
      cut();
      this.end();
    }, this.reads.limits.takenWithinMs);
    this.#timer.unref();
  }

  /** The answer was taken, or nobody waits for it. */
  end(): void {
    clearTimeout(this.#timer);
    if (this.#state === 'ended') return;
    const hadBegun = this.#state === 'running';
    this.#state = 'ended';
    this.#tellBegun();
    this.reads.ended(this, hadBegun);
  }
}

function later(callback: () => void, afterMs: number): void {
  if (afterMs === 0) setImmediate(callback);
  else setTimeout(callback, afterMs);
}
