import { type Summary, summarise } from './measure/statistics.js';

/** Unit of a figure, as printed. */
export type Unit = 'calls/s' | 'events/s' | 'µs' | 'ms' | 's' | 'MB' | 'bytes' | 'ratio' | 'times';

/** One measured thing with all its samples. */
export interface Figure {
  /** `case.what`, stable: thresholds name it. */
  readonly id: string;
  readonly label: string;
  readonly unit: Unit;
  readonly samples: readonly number[];
  readonly summary: Summary;
}

export function figure(id: string, label: string, unit: Unit, samples: readonly number[]): Figure {
  return { id, label, unit, samples, summary: summarise(samples) };
}

/** What a case came to. */
export interface CaseResult {
  readonly figures: readonly Figure[];
  /** What a reader must know to judge the figures. */
  readonly notes: readonly string[];
}

/** How a run is to be done. */
export interface RunOptions {
  /** For CI: fewer and shorter slots, a small state; ratios only mean something there. */
  readonly short: boolean;
  /** Tells a person what is being done now. */
  readonly progress: (line: string) => void;
}

export interface BenchCase {
  readonly name: string;
  readonly title: string;
  run(options: RunOptions): Promise<CaseResult>;
}
