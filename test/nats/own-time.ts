const TICK_MS = 50;

/**
 * A stopwatch that counts only what this process was given: on a busy machine its ticks come late, as the timers of the
 * service do, so a limit stays true.
 */
export class OwnTime {
  #ticks = 0;
  readonly #timer = setInterval(() => this.#ticks++, TICK_MS);

  stopMs(): number {
    clearInterval(this.#timer);
    return this.#ticks * TICK_MS;
  }
}
