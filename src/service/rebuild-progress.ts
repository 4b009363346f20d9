import type { CatchUpProgress } from '../journal/index.js';
import type { Events } from '../telemetry/events.js';

const TELL_EVERY_MS = 1_000;

/** Tells once a second how far the state is behind the log while it catches up. */
export class RebuildProgress {
  readonly #events: Events;
  readonly #monotonicMs: () => number;
  #began: { readonly at: number; readonly position: number } | undefined;
  #toldAt = 0;
  #detail: string | undefined;

  constructor(events: Events, monotonicMs: () => number = () => performance.now()) {
    this.#events = events;
    this.#monotonicMs = monotonicMs;
  }

  /** For `/readyz`; undefined while nothing is known. */
  get detail(): string | undefined {
    return this.#detail;
  }

  report({ position, target }: CatchUpProgress): void {
    const now = this.#monotonicMs();
    if (this.#began === undefined) {
      this.#began = { at: now, position };
      this.#toldAt = now;
      return;
    }
    if (now - this.#toldAt < TELL_EVERY_MS) return;
    this.#toldAt = now;
    const done = position - this.#began.position;
    const remainingMs = done === 0 ? undefined : ((now - this.#began.at) / done) * (target - position);
    const seconds = remainingMs === undefined ? undefined : Math.ceil(remainingMs / 1_000);
    this.#detail = `rebuilding: entry ${position} of ${target}${seconds === undefined ? '' : `, about ${seconds} s left`}`;
    this.#events.stateRebuilding(position, target, seconds);
  }
}
