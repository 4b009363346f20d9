import type { Metrics } from './metrics.js';
import type { Tally } from './tally.js';

type Pairs = Map<string, Map<string, Tally>>;

/**
 * What candidates in shadow do, for metrics. Called for every answer and candidate, so the series are found through
 * maps, not by their labels.
 */
export class ShadowEvents {
  /** By revision, then live decision, then candidate's. */
  readonly #pairs = new Map<number, Pairs>();

  constructor(private readonly metrics: Metrics) {}

  compared(revision: number, live: string, candidate: string): void {
    const pairs = memberOf(this.#pairs, revision, () => new Map<string, Map<string, Tally>>());
    const ofLive = memberOf(pairs, live, () => new Map<string, Tally>());
    memberOf(ofLive, candidate, () =>
      this.metrics.shadowDecisions.tally({ revision: String(revision), live, candidate }),
    ).add();
  }

  /** Not decided: too many waited, or the candidates had used up their share of the processor. */
  dropped(revision: number): void {
    this.metrics.shadowDropped.inc({ revision });
  }
}

function memberOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let member = map.get(key);
  if (member === undefined) {
    member = make();
    map.set(key, member);
  }
  return member;
}
