import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  generatePopulation,
  readStyles,
  USUAL_WORLD,
  usualTakeovers,
  type World,
} from '../population/index.js';
import { PACKAGED_POLICIES } from './packaged-policies.js';
import { writeHistory } from './population/write-history.js';
import { drawProgress } from './progress.js';
import { CommandError, EXIT, json, type Terminal } from './terminal.js';

const DAY_MS = 86_400_000;

export interface SimulatePopulationOptions {
  readonly seed: number;
  readonly accounts: number;
  readonly days: number;
  readonly out: string;
  /** Absent: thirty times what is usual in the world, so that there is something to count. */
  readonly takeovers?: number;
  /** Security changes of honest customers, times the usual. */
  readonly changes?: number;
  /** Part of the mail homes whose provider says nothing more, 0 to 1. */
  readonly silent?: number;
  /** Mixture of attacks, such as `fast=1,patient=3`. */
  readonly styles?: string;
  /** First day, RFC 3339 date. Absent: so that the last day ends with yesterday. */
  readonly start?: string;
  /** The policy that decides. Absent: the packaged default. */
  readonly policy?: string;
  readonly json?: boolean;
}

/**
 * `holdfast simulate-population`: makes a labelled history of a made-up population and writes it as a data folder.
 *
 * @returns the exit code
 * @throws CommandError for wrong options
 */
export async function simulatePopulation(
  options: SimulatePopulationOptions,
  terminal: Terminal,
  nowMs: number = Date.now(),
): Promise<number> {
  const { seed, accounts, days, out } = options;
  const start = startOf(options, nowMs);
  const takeovers = options.takeovers ?? usualTakeovers(accounts, days);
  if (takeovers > accounts) throw new CommandError('there cannot be more takeovers than accounts');
  const events = generatePopulation({ seed, accounts, days, start, takeovers, world: worldOf(options) });
  const progress = drawProgress(terminal, 'events');
  const labels = await writeHistory({
    folder: out,
    policyText: readFileSync(options.policy ?? join(PACKAGED_POLICIES, 'default.yaml'), 'utf8'),
    events,
    seed,
    onProgress: progress.show,
  });
  progress.end();
  const withdrawals = events.filter(({ kind }) => kind === 'withdrawal').length;
  const made = {
    synthetic: true,
    seed,
    accounts,
    days,
    start: new Date(start).toISOString(),
    takeovers,
    signals: events.filter(({ kind }) => kind === 'signal').length,
    provider_events: events.filter(({ kind }) => kind === 'provider-event').length,
    withdrawals,
    thefts: labels.thefts.length,
    folder: out,
  };
  if (options.json) terminal.out(json(made));
  else {
    terminal.out(`Synthetic population: ${accounts} accounts, ${days} days from ${made.start}, seed ${seed}`);
    terminal.out(`  ${made.signals} signals, ${made.provider_events} provider events`);
    terminal.out(
      `  ${withdrawals} withdrawals, of which ${made.thefts} are thefts from ${takeovers} accounts that were taken over`,
    );
    terminal.out(
      `  written to ${out}; try: HOLDFAST_DATA_DIR=${out} holdfast policy simulate my-policy.yaml`,
    );
  }
  return EXIT.ok;
}

function worldOf({ changes, silent, styles }: SimulatePopulationOptions): World {
  const mixture = styles === undefined ? USUAL_WORLD.styles : readStyles(styles);
  if (mixture === undefined) throw new CommandError('--styles: must be like fast=1,patient=3');
  return { changes: changes ?? USUAL_WORLD.changes, silent: silent ?? USUAL_WORLD.silent, styles: mixture };
}

function startOf({ start, days }: SimulatePopulationOptions, nowMs: number): number {
  if (start === undefined) return Math.floor(nowMs / DAY_MS) * DAY_MS - days * DAY_MS;
  const parsed = Date.parse(start);
  if (Number.isNaN(parsed)) throw new CommandError(`--start: \`${start}\` is not a date like 2026-01-31`);
  return parsed;
}
