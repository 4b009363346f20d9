import { Counter, type Registry } from 'prom-client';

/** Counts one combination of labels. */
export class Tally {
  #since = 0;

  add(): void {
    this.#since += 1;
  }

  /** What was added since this was last asked. */
  take(): number {
    const taken = this.#since;
    this.#since = 0;
    return taken;
  }
}

interface TallyCounterOptions<L extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly L[];
  readonly registry: Registry;
}

/**
 * A counter for what happens on each call. The library forms and looks up a text of all labels whenever it counts, which
 * costs more than a microsecond; here a number is raised, and the library hears of it when somebody asks for metrics.
 */
export class TallyCounter<const L extends string> {
  readonly #tallies: { readonly labels: Readonly<Record<L, string>>; readonly tally: Tally }[] = [];

  constructor({ name, help, labelNames, registry }: TallyCounterOptions<L>) {
    const tallies = this.#tallies;
    new Counter({
      name,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      collect() {
        for (const { labels, tally } of tallies) this.inc(labels, tally.take());
      },
    });
  }

  /** Ask once and keep it: each asking makes another, and all of them add up. */
  tally(labels: Readonly<Record<L, string>>): Tally {
    const tally = new Tally();
    this.#tallies.push({ labels, tally });
    return tally;
  }
}
