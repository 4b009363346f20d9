import type { BenchCase } from '../figure.js';
import { coreCase } from './core.js';
import { feedCase } from './feed.js';
import { floorCase } from './floor.js';
import { latencyCase } from './latency.js';
import { overloadCase } from './overload.js';
import { replayCase } from './replay.js';
import { scaleCase } from './scale.js';
import { shadowCase } from './shadow.js';
import { signalsCase } from './signals.js';

/** In the order in which they run. */
export const CASES: readonly BenchCase[] = [
  coreCase,
  floorCase,
  latencyCase,
  signalsCase,
  shadowCase,
  replayCase,
  feedCase,
  overloadCase,
  scaleCase,
];
