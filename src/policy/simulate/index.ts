/** What a policy would have done to recorded assessments. Pure. */
export { type Amount, type ByDecision, stopped, total } from './amounts.js';
export { figuresOf, type SideFigures, type Stretch, spanDays, stretchOf } from './figures.js';
export { EXAMPLES_PER_FLIP, type Flip, type FlipExample, flipKey } from './flips.js';
export { type ItemFilter, passes, type RecordedAnswer } from './item-filter.js';
export {
  OUTCOME_LABELS,
  type OutcomeClass,
  type OutcomeLabel,
  outcomeClassOf,
  type ReplayItem,
} from './replay-item.js';
export { type Ruling, ruleOn } from './ruling.js';
export { HISTOGRAM_BINS, type SideTally } from './side-tally.js';
export {
  type CodeShift,
  mergeSimulation,
  newSimulation,
  replay,
  type Simulation,
  simulate,
} from './simulation.js';
export {
  mergeSweep,
  type Sweep,
  Sweeper,
  type SweepPlan,
  THRESHOLD_KINDS,
  type ThresholdKind,
  withThreshold,
} from './sweep.js';
