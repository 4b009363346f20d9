/** Why a call is refused under overload. */
export type ShedCause = 'IN_FLIGHT_LIMIT' | 'SERVER_LAGGING';

/** How long calls may wait to be asked before the server counts as overloaded. */
export interface WaitLimits {
  /** Longest wait, in milliseconds, that calls are let in to while the server is overloaded. */
  readonly maxWaitMs: number;
  /** How long the wait must have been more than half of that, in milliseconds, before calls are refused. */
  readonly toleranceMs: number;
}

export interface AdmissionLimits extends WaitLimits {
  /** Calls whose answer is not ready yet, over all connections. */
  readonly maxInFlight: number;
}

/**
 * 25 ms: callers wait 20 to 50. 100 ms: a burst, or a pause of the process, is answered; only a queue that stands is
 * cut short, as CoDel (RFC 8289) has it.
 */
export const DEFAULT_WAIT_LIMITS: WaitLimits = { maxWaitMs: 25, toleranceMs: 100 };

/** The queue counts as gone at this part of the longest wait: while calls are refused, it stands just below the whole. */
const CALM_SHARE = 0.5;

/** What turns before the last still count for in the mean cost of a call. */
const MEMORY_OF_TURNS = 0.95;

/** What refusing a call by its headers costs, as a part of answering one. */
const REFUSAL_SHARE = 1 / 8;

/** However slow answers seem to have become: a turn must find something to do, or the time of refusals slows them more. */
const LEAST_PLACES = 64;

/** A call that has come whole has cost most of its refusal already: it is let in to a wait this many times as long. */
const SLACK_ONCE_WHOLE = 2;

/**
 * Decides whether the server has room for one more call. Health, and what operators need to end an overload, never
 * ask it.
 *
 * Calls that were let in wait their turn. While their queue stands, as many are let in as are answered, so that a server
 * that lags goes on at its full rate and the rest hear at once.
 */
export class Admission {
  #inFlight = 0;
  #waiting = 0;
  /** Let in since the last turn by their headers alone. */
  #begun = 0;
  #isOverloaded = false;
  #strainedSinceMs: number | undefined;
  /** Of all turns, older ones fading. A refusal counts as a part of a call. */
  #busyMs = 0;
  #busyCalls = 0;
  #refusedBeforeTurn = 0;
  #onIdle: (() => void) | undefined;
  #letInCount = 0;
  #refusedCount = 0;

  constructor(private readonly limits: AdmissionLimits) {}

  /** Calls whose answer is not ready yet. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Calls that were let in and whose handler was not asked yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Whether the queue of waiting calls stands. */
  get isOverloaded(): boolean {
    return this.#isOverloaded;
  }

  /** Calls let in since the start. */
  get letInCount(): number {
    return this.#letInCount;
  }

  /** Calls refused since the start. */
  get refusedCount(): number {
    return this.#refusedCount;
  }

  /** As many calls as are answered within the longest wait; Infinity before any were measured. */
  get places(): number {
    if (this.#busyCalls === 0) return Number.POSITIVE_INFINITY;
    return Math.max(LEAST_PLACES, this.limits.maxWaitMs / this.#callMs);
  }

  /**
   * Why a call of which only the headers are there must be refused; undefined: it may go on, and is asked about again
   * when it is whole. Those that never are keep no place.
   */
  shedCauseOfHeaders(): ShedCause | undefined {
    if (this.#inFlight >= this.limits.maxInFlight) return this.#refuse('IN_FLIGHT_LIMIT');
    if (this.#isOverloaded && this.#waiting + this.#begun >= this.places)
      return this.#refuse('SERVER_LAGGING');
    this.#begun += 1;
    return undefined;
  }

  /**
   * Why a call that has come whole must be refused; undefined if it may come in, which it then must do before another
   * is asked about.
   */
  shedCause(): ShedCause | undefined {
    if (this.#inFlight >= this.limits.maxInFlight) return this.#refuse('IN_FLIGHT_LIMIT');
    if (this.#isOverloaded && this.#waiting >= this.places * SLACK_ONCE_WHOLE)
      return this.#refuse('SERVER_LAGGING');
    return undefined;
  }

  /** A call comes in. It waits until {@link asked}. */
  enter(): void {
    this.#letInCount += 1;
    this.#inFlight += 1;
    this.#waiting += 1;
  }

  /** The handler of a call is asked now, or never will be. */
  asked(): void {
    this.#waiting -= 1;
  }

  leave(): void {
    this.#inFlight -= 1;
    if (this.#inFlight === 0) this.#onIdle?.();
  }

  /** Resolves when no call is in flight, at the latest after `timeoutMs`. For one that waits at a time. */
  async idle(timeoutMs: number): Promise<void> {
    if (this.#inFlight === 0 || timeoutMs <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#onIdle = undefined;
  }

  /**
   * A turn of the event loop is over. Calls that still wait did not fit into it.
   *
   * The queue stands where many are left, and where the turn itself took long for the calls in it: those have waited in
   * the sockets. A long turn of few calls is somebody else's doing, and refusing them would not end it.
   *
   * @param nowMs monotonic, milliseconds
   * @param tookMs from its first call on: reading, refusing and collecting garbage are part of it
   */
  turnEnded(nowMs: number, tookMs: number, askedCount: number): void {
    this.#begun = 0;
    const refused = this.#refusedCount - this.#refusedBeforeTurn;
    this.#refusedBeforeTurn = this.#refusedCount;
    this.#busyMs = this.#busyMs * MEMORY_OF_TURNS + tookMs;
    this.#busyCalls = this.#busyCalls * MEMORY_OF_TURNS + askedCount + refused * REFUSAL_SHARE;
    const isLong = tookMs > this.limits.maxWaitMs * CALM_SHARE && askedCount + refused >= LEAST_PLACES;
    if (!isLong && this.#waiting <= this.places * CALM_SHARE) {
      this.#strainedSinceMs = undefined;
      this.#isOverloaded = false;
      return;
    }
    this.#strainedSinceMs ??= nowMs;
    if (nowMs - this.#strainedSinceMs >= this.limits.toleranceMs) this.#isOverloaded = true;
  }

  get #callMs(): number {
    return this.#busyMs / this.#busyCalls;
  }

  #refuse(cause: ShedCause): ShedCause {
    this.#refusedCount += 1;
    return cause;
  }
}
