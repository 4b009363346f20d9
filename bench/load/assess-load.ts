import { fileURLToPath } from 'node:url';
import { runChild } from './child-process.js';
import type { LatencySlot } from './open-loop.js';

/** Withdrawals of varied accounts, each with a `request_id` of its own, in an open loop. */
export interface AssessLoad {
  /** host:port */
  readonly address: string;
  readonly ratePerSecond: number;
  readonly seconds: number;
  /** Asked about: 0 to below this. */
  readonly accounts: number;
  /** Tells this run's withdrawals from those of runs on the same state. */
  readonly runName: string;
  /** Which slot of the run this is, from 0. */
  readonly run: number;
}

/**
 * A young generation that takes all a slot allocates: with the default, collections of the load generator's own, 5 to 16 ms
 * each, were most of what a bare echo showed at its 99th percentile.
 */
const LOADER_FLAGS = ['--expose-gc', '--min-semi-space-size=256', '--max-semi-space-size=256'];

/** @throws Error when an answer was an error or not ALLOW */
export async function loadWithAssessments(load: AssessLoad): Promise<LatencySlot> {
  const script = fileURLToPath(new URL('./assess-load-main.js', import.meta.url));
  return JSON.parse(await runChild(process.execPath, [...LOADER_FLAGS, script, JSON.stringify(load)]));
}
