import type { QuarantinedMessage } from './quarantine.js';

/** Messages tried again before other work gets its turn. */
const YIELD_EVERY = 32;

export interface ParkedRetryOptions {
  /** Messages that may be good now, in the order of the stream; of these providers, or of all. */
  readonly waiting: (providers: ReadonlySet<string> | undefined) => readonly QuarantinedMessage[];
  readonly isLinkUp: () => boolean;
  /** Reads a message from the stream again and tries it. Rejects when the broker is away. */
  readonly retry: (message: QuarantinedMessage) => Promise<void>;
}

/**
 * Tries messages that waited for a key again when one has come: what they say is a join, so that they come late changes
 * nothing. One pass for each change, once the link is up.
 */
export class ParkedRetry {
  readonly #options: ParkedRetryOptions;
  /** Whose keys changed since the last pass. */
  #due: Set<string> | 'all' | undefined;
  #running: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: ParkedRetryOptions) {
    this.#options = options;
  }

  /** Keys of one provider changed; without a name, those of any. */
  request(provider?: string): void {
    if (provider === undefined || this.#due === 'all') this.#due = 'all';
    else this.#due = (this.#due ?? new Set()).add(provider);
    this.runIfDue();
  }

  /** To be called when the link is up again, too. */
  runIfDue(): void {
    if (this.#due !== undefined) this.#running = this.#running.then(() => this.#pass());
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async #pass(): Promise<void> {
    const due = this.#due;
    if (due === undefined || !this.#options.isLinkUp()) return;
    this.#due = undefined;
    const messages = this.#options.waiting(due === 'all' ? undefined : due);
    for (const [index, message] of messages.entries()) {
      if (this.#isStopped) return;
      try {
        await this.#options.retry(message);
      } catch {
        // The broker is away: go on when it is back.
        this.#takeBack(due);
        return;
      }
      if (index % YIELD_EVERY === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #takeBack(due: Set<string> | 'all'): void {
    if (due === 'all' || this.#due === 'all') this.#due = 'all';
    else this.#due = new Set([...(this.#due ?? []), ...due]);
  }
}
