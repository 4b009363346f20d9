import type { DurationMs, UnixMs } from '../decision/vocabulary.js';

/** What providers signed is held against our clock, or for it, this long. */
const REMEMBERED_MS: DurationMs = 10 * 60_000;

/** A provider that alone is ahead of us is more likely to be wrong itself. */
const NEEDED_AHEAD = 2;

export interface ProviderTimesPorts {
  readonly monotonicMs: () => number;
  /** Number of providers that are registered now. */
  readonly providerCount: () => number;
  /** A provider signed a time that ours has reached. */
  readonly signed: (issuedAt: UnixMs) => void;
  /** Enough of them signed times that ours has not reached; the least of them. */
  readonly ahead: (issuedAt: UnixMs) => void;
}

interface Sighting {
  readonly issuedAt: UnixMs;
  /** Monotonic. */
  readonly seenAt: number;
}

/**
 * What the times that providers sign say of our clock. Each proves only that it is no earlier: a message may have waited, so
 * an old one says nothing. One ahead of us speaks against our clock when two providers, or the only one, agree.
 */
export class ProviderTimes {
  readonly #ports: ProviderTimesPorts;
  readonly #ahead = new Map<string, Sighting>();

  constructor(ports: ProviderTimesPorts) {
    this.#ports = ports;
  }

  /** @param isAhead it lies ahead of our clock, and was refused for it */
  signed(provider: string, issuedAt: UnixMs, isAhead: boolean): void {
    if (!isAhead) {
      this.#ahead.delete(provider);
      this.#ports.signed(issuedAt);
      return;
    }
    const now = this.#ports.monotonicMs();
    this.#ahead.set(provider, { issuedAt, seenAt: now });
    for (const [name, { seenAt }] of this.#ahead) if (now - seenAt > REMEMBERED_MS) this.#ahead.delete(name);
    if (this.#ahead.size < Math.min(NEEDED_AHEAD, this.#ports.providerCount())) return;
    this.#ports.ahead(Math.min(...[...this.#ahead.values()].map((sighting) => sighting.issuedAt)));
  }
}
