import { availableParallelism } from 'node:os';
import {
  parcelOf,
  type ReplayFindings,
  SimulationCancelledError,
  simulateHistory,
} from '../audit/simulation/index.js';
import type { SweepPlan } from '../policy/simulate/index.js';
import {
  activePolicy,
  type Env,
  type History,
  openHistory,
  type ReadPolicyFile,
  readPolicyFile,
} from './history.js';
import { untilInterrupted } from './interrupt.js';
import { drawProgress } from './progress.js';
import { type FilterOptions, historyFilter, itemFilter } from './replay-filter.js';
import { simulationJson } from './simulation-json.js';
import { printSimulation } from './simulation-text.js';
import { CommandError, EXIT, json, type Terminal } from './terminal.js';

/** Options of all commands that replay a history. */
export interface ReplayOptions extends FilterOptions {
  readonly dataDir?: string;
  /** A policy file to compare with; absent: the one that decides now. */
  readonly before?: string;
  readonly threads?: number;
  readonly json?: boolean;
}

/** What a replay came to, and how long it took. */
export interface Replayed {
  readonly findings: ReplayFindings;
  readonly before: ReadPolicyFile;
  readonly candidate: ReadPolicyFile;
  readonly synthetic: boolean;
  readonly seconds: number;
  readonly threads: number;
}

/**
 * `holdfast policy simulate CANDIDATE`: what a candidate would have changed over the recorded assessments.
 *
 * @returns the exit code
 * @throws CommandError
 */
export async function policySimulate(
  file: string,
  options: ReplayOptions,
  env: Env,
  terminal: Terminal,
): Promise<number> {
  const replayed = await withHistory(env, options, (history) =>
    replayHistory(history, readPolicyFile(file, history.pseudonyms), options, terminal),
  );
  if (options.json) terminal.out(json(simulationJson(replayed)));
  else printSimulation(replayed, terminal);
  return EXIT.ok;
}

/** Opens the history for the time of `use`. */
export async function withHistory<T>(
  env: Env,
  options: ReplayOptions,
  use: (history: History) => Promise<T>,
): Promise<T> {
  const history = openHistory(env, options.dataDir);
  try {
    return await use(history);
  } finally {
    await history.close();
  }
}

/**
 * Replays a history under a candidate and the policy before it. Ctrl-C cancels.
 *
 * @throws CommandError when there is nothing to replay, or it was cancelled
 */
export async function replayHistory(
  history: History,
  candidate: ReadPolicyFile,
  options: ReplayOptions,
  terminal: Terminal,
  sweep?: SweepPlan,
): Promise<Replayed> {
  const before =
    options.before === undefined ? activePolicy(history) : readPolicyFile(options.before, history.pseudonyms);
  const items = itemFilter(options);
  const threads = options.threads ?? availableParallelism();
  const progress = drawProgress(terminal, 'assessments');
  const startedAt = performance.now();
  try {
    const findings = await untilInterrupted((signal) =>
      simulateHistory(history.entries, {
        before: parcelOf(before.policy, before.text),
        candidate: parcelOf(candidate.policy, candidate.text),
        ...(sweep === undefined ? {} : { sweep }),
        filter: historyFilter(options),
        ...(items === undefined ? {} : { items }),
        threads,
        signal,
        onProgress: progress.show,
      }),
    );
    if (findings.simulation.replayed === 0) {
      throw new CommandError('there are no assessments to replay', EXIT.failed);
    }
    const seconds = (performance.now() - startedAt) / 1000;
    return { findings, before, candidate, synthetic: history.synthetic, seconds, threads };
  } catch (error) {
    if (error instanceof SimulationCancelledError) throw new CommandError('cancelled', EXIT.failed);
    throw error;
  } finally {
    progress.end();
  }
}
