import { Counter } from 'prom-client';
import type { Logger } from './logger.js';
import type { Metrics } from './metrics.js';

/** What happened to a key set that is fetched, as far as it is counted and logged. */
export type KeySetFact =
  | {
      readonly kind: 'taken';
      readonly source: string;
      readonly keyCount: number;
      readonly retiredCount: number;
      readonly skipped: readonly string[];
    }
  | { readonly kind: 'confirmed' }
  | { readonly kind: 'unavailable' | 'file-ignored' | 'not-saved'; readonly cause: string }
  | { readonly kind: 'refused'; readonly problems: readonly string[] };

/** Counts and logs what happens to key sets that are fetched. Never throws. */
export class KeySetEvents {
  readonly #results: Counter<'provider' | 'result'>;
  /** By provider: why its key set could not be had, as last logged. */
  readonly #faults = new Map<string, string>();

  constructor(
    private readonly logger: Logger,
    metrics: Metrics,
  ) {
    this.#results = new Counter({
      name: 'holdfast_feed_key_set_total',
      help: 'What came of fetching the key sets of providers: taken, confirmed, unavailable, refused, file-ignored, not-saved.',
      labelNames: ['provider', 'result'],
      registers: [metrics.registry],
    });
  }

  happened(provider: string, fact: KeySetFact): void {
    this.#results.inc({ provider, result: fact.kind });
    const facts = { event: `feed_key_set_${fact.kind.replace('-', '_')}`, provider };
    switch (fact.kind) {
      case 'taken': {
        this.#faults.delete(provider);
        const { source, keyCount, retiredCount, skipped } = fact;
        const counts = { source, key_count: keyCount, retired_count: retiredCount, skipped };
        if (skipped.length > 0) this.logger.warn({ ...facts, ...counts }, 'key set taken without some keys');
        else this.logger.info({ ...facts, ...counts }, 'key set taken');
        break;
      }
      case 'confirmed':
        this.#faults.delete(provider);
        break;
      case 'unavailable':
      case 'refused': {
        // A server that is down for a day is one line, not a thousand.
        const cause = fact.kind === 'refused' ? fact.problems.join('; ') : fact.cause;
        if (this.#faults.get(provider) === cause) return;
        this.#faults.set(provider, cause);
        this.logger.warn({ ...facts, cause }, 'key set not taken, the last good one stays');
        break;
      }
      case 'file-ignored':
        this.logger.warn({ ...facts, cause: fact.cause }, 'the key set kept on disk is ignored');
        break;
      case 'not-saved':
        this.logger.error({ ...facts, cause: fact.cause }, 'the key set could not be kept on disk');
        break;
      default:
        fact satisfies never;
    }
  }
}
