/** How often the operators' port is asked, in milliseconds. */
const INTERVAL_MS = 50;

/** Asks for a page again and again while something else goes on. */
export class Probe {
  readonly #tookMs: number[] = [];
  #isOver = false;
  readonly #done: Promise<void>;

  constructor(url: string) {
    this.#done = this.#run(url);
  }

  /** Ends it. @returns 99th percentile of what an answer took, in milliseconds */
  async p99(): Promise<number> {
    this.#isOver = true;
    await this.#done;
    const sorted = this.#tookMs.sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN;
  }

  async #run(url: string): Promise<void> {
    while (!this.#isOver) {
      const beganAt = performance.now();
      await (await fetch(url)).text();
      this.#tookMs.push(performance.now() - beganAt);
      await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
    }
  }
}
