/** So many calls in a row without an answer open the circuit. */
const FAILURES_TO_OPEN = 5;

/** So long nobody is asked; then one call tries. */
const OPEN_MS = 1_000;

/** Stops asking a service that does not answer, and lets one call at a time find out whether it does again. */
export class CircuitBreaker {
  #failures = 0;
  #openUntilMs = 0;
  #isTrying = false;

  /** Whether a call may be made now. One that may must be told to {@link succeeded} or {@link failed}. */
  mayCall(nowMs: number): boolean {
    if (this.#failures < FAILURES_TO_OPEN) return true;
    if (this.#isTrying || nowMs < this.#openUntilMs) return false;
    this.#isTrying = true;
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#isTrying = false;
  }

  failed(nowMs: number): void {
    this.#failures += 1;
    this.#isTrying = false;
    if (this.#failures >= FAILURES_TO_OPEN) this.#openUntilMs = nowMs + OPEN_MS;
  }
}
