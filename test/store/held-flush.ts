import type { FlushSeam } from '../../src/store/ports.js';

interface Waiting {
  readonly proceed: () => void;
  readonly fail: (error: Error) => void;
}

/** A disk under the test's control: holds flushes back, lets them through, or fails them. */
export class HeldFlush {
  #mode: 'pass' | 'hold' | 'fail' = 'pass';
  #waiting: Waiting[] = [];
  #arrivals: (() => void)[] = [];
  /** Flushes asked for so far. */
  asked = 0;

  readonly seam: FlushSeam = async (flush) => {
    this.asked++;
    for (const arrived of this.#arrivals.splice(0)) arrived();
    if (this.#mode === 'fail') throw new Error('no space left on device');
    if (this.#mode === 'hold') {
      await new Promise<void>((proceed, fail) => this.#waiting.push({ proceed, fail }));
    }
    await flush();
  };

  hold(): void {
    this.#mode = 'hold';
  }

  fail(): void {
    this.#mode = 'fail';
    for (const { fail } of this.#waiting.splice(0)) fail(new Error('no space left on device'));
  }

  pass(): void {
    this.#mode = 'pass';
    for (const { proceed } of this.#waiting.splice(0)) proceed();
  }

  /** Lets through what waits; what comes later is held again. */
  passWaiting(): void {
    for (const { proceed } of this.#waiting.splice(0)) proceed();
  }

  /** Resolves at the next flush asked for. */
  nextAsked(): Promise<void> {
    return new Promise((resolve) => this.#arrivals.push(resolve));
  }
}
