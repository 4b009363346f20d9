import {
  type Amount,
  type ByDecision,
  type Flip,
  figuresOf,
  type SideFigures,
  type Simulation,
  stopped,
  stretchOf,
  total,
} from '../policy/simulate/index.js';
import type { Replayed } from './policy-simulate.js';
import { table } from './table.js';
import { styled, styledDecision, type Terminal } from './terminal.js';

const SYNTHETIC_NOTE = 'Synthetic data: a made-up population, not your customers.';
/** Rules shown of those that changed. */
const MAX_RULES = 12;
const MAX_EXAMPLES = 3;

/** Says that data are made up, if they are. */
export function noteSynthetic(synthetic: boolean, terminal: Terminal): void {
  if (synthetic) terminal.out(styled(terminal, 'yellow', SYNTHETIC_NOTE));
}

/** Says that only a sample was looked at, and which figures stand for all. */
export function noteSample({ sampleEvery }: { readonly sampleEvery: number }, terminal: Terminal): void {
  if (sampleEvery <= 1) return;
  terminal.out(
    styled(
      terminal,
      'yellow',
      `A sample of 1 in ${sampleEvery}: figures a day and hours of delay are scaled up, counts are those of the sample.`,
    ),
  );
}

/** Money for people: whole units with separators. */
export function money(minorUnits: number): string {
  return Math.round(minorUnits / 100).toLocaleString('en-US');
}

/** One decimal, with separators. */
export function oneDecimal(value: number): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

/** The result of a simulation for people. */
export function printSimulation(replayed: Replayed, terminal: Terminal): void {
  const { findings, before, candidate, seconds, threads } = replayed;
  const { simulation } = findings;
  const { days } = stretchOf(simulation);
  noteSynthetic(replayed.synthetic, terminal);
  terminal.out(
    `${simulation.replayed.toLocaleString('en-US')} assessments of ${oneDecimal(days)} days, decided again ` +
      `in ${oneDecimal(seconds)} s on ${threads} thread${threads === 1 ? '' : 's'}`,
  );
  noteSample(simulation, terminal);
  terminal.out(`before: ${before.policy.name} (${before.policy.hash.slice(0, 12)})`);
  terminal.out(`after:  ${candidate.policy.name} (${candidate.policy.hash.slice(0, 12)})`);
  printFigures(simulation, terminal);
  printFlips([...simulation.flips.values()], terminal);
  printBreakdown('By tier', simulation.before.tiers, simulation.after.tiers, terminal);
  printBreakdown('By mail operator', simulation.before.operators, simulation.after.operators, terminal);
  printHistogram(simulation, terminal);
  printRules(simulation, terminal);
}

function heading(text: string, terminal: Terminal): void {
  terminal.out(`\n${styled(terminal, 'bold', text)}`);
}

function printFigures(simulation: Simulation, terminal: Terminal): void {
  const was = figuresOf(simulation.before, stretchOf(simulation));
  const is = figuresOf(simulation.after, stretchOf(simulation));
  const percent = (share: number | undefined): string =>
    share === undefined ? '-' : `${oneDecimal(share * 100)} %`;
  const number = (value: number | undefined): string => (value === undefined ? '-' : oneDecimal(value));
  const row = (name: string, of: (figures: SideFigures) => string): string[] => [name, of(was), of(is)];
  terminal.out('');
  terminal.out(
    table(
      terminal,
      [{ title: '' }, { title: 'before', align: 'right' }, { title: 'after', align: 'right' }],
      [
        row('holds a day', (one) => number(one.holdsPerDay)),
        row('step-ups a day', (one) => number(one.stepUpsPerDay)),
        row('customer-hours of delay', (one) => number(one.customerHoursOfDelay)),
        row('thefts stopped', (one) => String(one.caught)),
        row('thefts asked for a confirmation', (one) => String(one.challenged)),
        row('thefts allowed', (one) => String(one.missed)),
        row('value saved', (one) => money(one.valueSaved)),
        row('honest withdrawals stopped', (one) => String(one.falseHolds)),
        row('  of 10,000', (one) => number(one.honestHeldPer10k)),
        row('honest withdrawals stepped up', (one) => String(one.falseStepUps)),
        row('  of 10,000', (one) => number(one.honestSteppedUpPer10k)),
        row('median honest hold, hours', (one) => number(one.medianHonestHoldHours)),
        row('precision of stopping', (one) => percent(one.precision)),
        row('recall of stopping', (one) => percent(one.recall)),
      ],
    ),
  );
}

function printFlips(flips: readonly Flip[], terminal: Terminal): void {
  heading('Changed decisions', terminal);
  if (flips.length === 0) {
    terminal.out('none');
    return;
  }
  const sorted = [...flips].sort((a, b) => b.all.count - a.all.count);
  terminal.out(
    table(
      terminal,
      [
        { title: 'before' },
        { title: 'after' },
        { title: 'count', align: 'right' },
        { title: 'value', align: 'right' },
        { title: 'thefts', align: 'right' },
        { title: 'honest', align: 'right' },
        { title: 'examples' },
      ],
      sorted.map((flip) => [
        styledDecision(terminal, flip.before),
        styledDecision(terminal, flip.after),
        String(flip.all.count),
        money(flip.all.value),
        String(flip.fraud.count),
        String(flip.honest.count),
        flip.examples
          .slice(0, MAX_EXAMPLES)
          .map(({ assessmentId }) => assessmentId)
          .join('\n'),
      ]),
    ),
  );
}

function printBreakdown(
  title: string,
  before: ReadonlyMap<string, ByDecision>,
  after: ReadonlyMap<string, ByDecision>,
  terminal: Terminal,
): void {
  heading(title, terminal);
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  const count = (by: ByDecision | undefined, of: (by: ByDecision) => Amount): string =>
    by === undefined ? '-' : String(of(by).count);
  terminal.out(
    table(
      terminal,
      [
        { title: '' },
        { title: 'assessments', align: 'right' },
        { title: 'stopped before', align: 'right' },
        { title: 'after', align: 'right' },
        { title: 'stepped up before', align: 'right' },
        { title: 'after', align: 'right' },
      ],
      names.map((name) => {
        const was = before.get(name);
        const is = after.get(name);
        return [
          name,
          count(was ?? is, total),
          count(was, stopped),
          count(is, stopped),
          count(was, (by) => by.STEP_UP),
          count(is, (by) => by.STEP_UP),
        ];
      }),
    ),
  );
}

function printHistogram({ before, after }: Simulation, terminal: Terminal): void {
  heading('Scores', terminal);
  const rows = before.histogram.flatMap((count, bin) => {
    const now = after.histogram[bin] ?? 0;
    if (count === 0 && now === 0) return [];
    return [[`${bin * 5}-${bin * 5 + 5}`, String(count), String(now)]];
  });
  terminal.out(
    table(
      terminal,
      [{ title: 'points' }, { title: 'before', align: 'right' }, { title: 'after', align: 'right' }],
      rows,
    ),
  );
}

function printRules({ codes }: Simulation, terminal: Terminal): void {
  const changed = [...codes]
    .map(([code, shift]) => ({
      code,
      shift,
      points: shift.pointsAfter - shift.pointsBefore,
      hits: shift.hitsAfter - shift.hitsBefore,
    }))
    .filter(({ points, hits }) => points !== 0 || hits !== 0)
    .sort(
      (a, b) =>
        Math.abs(b.points) - Math.abs(a.points) ||
        Math.abs(b.hits) - Math.abs(a.hits) ||
        (a.code < b.code ? -1 : 1),
    );
  if (changed.length === 0) return;
  heading('Rules that changed most', terminal);
  terminal.out(
    table(
      terminal,
      [
        { title: 'code' },
        { title: 'hits before', align: 'right' },
        { title: 'after', align: 'right' },
        { title: 'points before', align: 'right' },
        { title: 'after', align: 'right' },
      ],
      changed
        .slice(0, MAX_RULES)
        .map(({ code, shift }) => [
          code,
          String(shift.hitsBefore),
          String(shift.hitsAfter),
          oneDecimal(shift.pointsBefore / 10),
          oneDecimal(shift.pointsAfter / 10),
        ]),
    ),
  );
}
