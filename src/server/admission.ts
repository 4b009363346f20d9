/** Why a call is refused under overload. */
export type ShedCause = 'IN_FLIGHT_LIMIT' | 'SERVER_LAGGING';

/** When the server counts as overloaded although few calls are in flight. */
export interface LagLimits {
  /** Event-loop lag, in milliseconds, above which the server counts as lagging. */
  readonly maxLagMs: number;
  /** How long the lag must last, in milliseconds, before calls are refused. */
  readonly lagToleranceMs: number;
  /**
   * How many calls must have come since the lag began. Fewer cannot have caused it: refusing them would not end it, and
   * would make a server that merely shares its processors look overloaded.
   */
  readonly minCallsWhileLagging: number;
}

export interface AdmissionLimits extends LagLimits {
  /** Calls whose answer is not ready yet, over all connections. */
  readonly maxInFlight: number;
}

/**
 * A fixed cap and a queue-delay rule: for one thread with work of well under a millisecond they beat adaptive limits,
 * which need many samples and probe by letting latency grow.
 *
 * 25 ms: at full speed a turn of the event loop answers what all connections have sent, and 128 calls in flight take
 * 10 ms of it. That is throughput, not overload. Callers wait 20 to 50 ms.
 */
export const DEFAULT_LAG_LIMITS: LagLimits = { maxLagMs: 25, lagToleranceMs: 100, minCallsWhileLagging: 200 };

/** How often the lag is sampled, in milliseconds: often enough to see it last and end. */
export const LAG_SAMPLE_INTERVAL_MS = 10;

/**
 * Decides whether the server has room for one more call. Health, and what operators need to end an overload, never
 * ask it.
 */
export class Admission {
  #inFlight = 0;
  #laggingSinceMs: number | undefined;
  #callsWhileLagging = 0;
  #lagging = false;
  #onIdle: (() => void) | undefined;

  constructor(private readonly limits: AdmissionLimits) {}

  /** Calls whose answer is not ready yet. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /**
   * Why a call that has come whole must be refused; undefined if it may come in, which it then must do before another
   * is asked about. Asked once a call.
   */
  shedCause(): ShedCause | undefined {
    this.#callsWhileLagging += 1;
    if (this.#lagging) return 'SERVER_LAGGING';
    if (this.#inFlight >= this.limits.maxInFlight) return 'IN_FLIGHT_LIMIT';
    return undefined;
  }

  enter(): void {
    this.#inFlight += 1;
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
   * Takes in a sample of the event loop's lag. One long pause does not shed: what it delayed is answered or dropped by
   * its own deadline. Only a lag that is there again and again does.
   *
   * @param nowMs monotonic, milliseconds
   * @param lagMs by how much the sample itself came late
   */
  sampleLag(nowMs: number, lagMs: number): void {
    if (lagMs <= this.limits.maxLagMs) {
      this.#laggingSinceMs = undefined;
      this.#lagging = false;
      return;
    }
    if (this.#laggingSinceMs === undefined) {
      this.#laggingSinceMs = nowMs;
      this.#callsWhileLagging = 0;
    }
    this.#lagging =
      nowMs - this.#laggingSinceMs >= this.limits.lagToleranceMs &&
      this.#callsWhileLagging >= this.limits.minCallsWhileLagging;
  }
}

/**
 * Feeds the event loop's lag to an admission until stopped. The timer does not keep the process alive.
 *
 * @returns stops it
 */
export function watchLag(admission: Admission, intervalMs: number = LAG_SAMPLE_INTERVAL_MS): () => void {
  let dueMs = performance.now() + intervalMs;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    admission.sampleLag(nowMs, nowMs - dueMs);
    dueMs = nowMs + intervalMs;
  }, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}
