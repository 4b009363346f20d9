import { figuresOf, type SweepPlan, stretchOf, THRESHOLD_KINDS } from '../policy/simulate/index.js';
import { type Env, readPolicyFile } from './history.js';
import { type Replayed, type ReplayOptions, replayHistory, withHistory } from './policy-simulate.js';
import { sideJson } from './simulation-json.js';
import { money, noteSample, noteSynthetic, oneDecimal } from './simulation-text.js';
import { table } from './table.js';
import { CommandError, EXIT, json, type Terminal } from './terminal.js';

/** Thresholds of one sweep: each is a row to read. */
const MAX_ROWS = 101;

export interface SweepOptions extends ReplayOptions {
  readonly tier: string;
  readonly threshold: string;
  /** `40..70` or `40..70/2`, in points. */
  readonly range: string;
}

/**
 * `holdfast policy sweep CANDIDATE`: what each of a range of thresholds would have decided.
 *
 * @returns the exit code
 * @throws CommandError
 */
export async function policySweep(
  file: string,
  options: SweepOptions,
  env: Env,
  terminal: Terminal,
): Promise<number> {
  const replayed = await withHistory(env, options, (history) => {
    const candidate = readPolicyFile(file, history.pseudonyms);
    const tiers = candidate.policy.tiers.map(({ name }) => name);
    if (!tiers.includes(options.tier))
      throw new CommandError(`--tier: there is no tier \`${options.tier}\`; there are ${tiers.join(', ')}`);
    return replayHistory(history, candidate, options, terminal, planOf(options));
  });
  if (options.json) terminal.out(json(sweepJson(replayed, options)));
  else printSweep(replayed, options, terminal);
  return EXIT.ok;
}

/** @throws CommandError */
export function planOf({ tier, threshold, range }: SweepOptions): SweepPlan {
  const kind = THRESHOLD_KINDS.find((known) => known === threshold);
  if (kind === undefined) {
    throw new CommandError(`--threshold: must be one of ${THRESHOLD_KINDS.join(', ')}`);
  }
  const match = /^(\d{1,3})\.\.(\d{1,3})(?:\/(\d{1,3}))?$/.exec(range);
  const [, from, to, step = '1'] = match ?? [];
  const low = Number(from);
  const high = Number(to);
  const by = Number(step);
  if (match === null || low > high || high > 100 || by === 0 || (high - low) / by >= MAX_ROWS) {
    throw new CommandError(`--range: must be like 40..70 or 40..70/5, within 0 and 100`);
  }
  const thresholds: number[] = [];
  for (let points = low; points <= high; points += by) thresholds.push(points * 10);
  return { tier, kind, thresholds };
}

function sweepJson({ findings, candidate, synthetic }: Replayed, { tier, threshold }: SweepOptions): object {
  const { simulation, sweep } = findings;
  return {
    synthetic,
    policy: { name: candidate.policy.name, hash: candidate.policy.hash },
    tier,
    threshold,
    replayed: simulation.replayed,
    sample_every: simulation.sampleEvery,
    rows: sweep?.rows.map((row) => ({ points: row.threshold / 10, ...sideJson(row.tally, simulation) })),
  };
}

function printSweep({ findings, synthetic }: Replayed, options: SweepOptions, terminal: Terminal): void {
  const { simulation, sweep } = findings;
  noteSynthetic(synthetic, terminal);
  noteSample(simulation, terminal);
  terminal.out(
    `${simulation.replayed.toLocaleString('en-US')} assessments; ${options.threshold} threshold of ${options.tier}\n`,
  );
  const columns = [
    'points',
    'holds a day',
    'step-ups a day',
    'thefts stopped',
    'asked',
    'allowed',
    'honest stopped /10k',
    'stepped up /10k',
    'value saved',
  ];
  const rows = (sweep?.rows ?? []).map(({ threshold, tally }) => {
    const figures = figuresOf(tally, stretchOf(simulation));
    return [
      String(threshold / 10),
      oneDecimal(figures.holdsPerDay),
      oneDecimal(figures.stepUpsPerDay),
      String(figures.caught),
      String(figures.challenged),
      String(figures.missed),
      oneDecimal(figures.honestHeldPer10k ?? 0),
      oneDecimal(figures.honestSteppedUpPer10k ?? 0),
      money(figures.valueSaved),
    ];
  });
  terminal.out(
    table(
      terminal,
      columns.map((title) => ({ title, align: 'right' as const })),
      rows,
    ),
  );
}
