import { formatDuration } from '../../src/policy/text/quantities.js';
import type { PlayResult } from './run-play.js';

/** Less than this part of the balance is nothing worth a break-in. */
export const NOTHING_WORTH = 0.01;

/** One play step by step, for a test that failed. */
export function describePlay(result: PlayResult): string {
  return [
    `${result.play.kind} ${result.play.name}`,
    ...result.problems.map((problem) => `  ${problem}`),
    ...result.answers.map(
      ({ afterMs, withdrawal, cents, word, score, reasons, left }) =>
        `    +${formatDuration(afterMs)} ${withdrawal} ${money(cents)}: ${word}${score === undefined ? '' : ` ${score}`}` +
        `${left ? ', LEFT' : ''}${reasons.length === 0 ? '' : ` (${reasons.join(', ')})`}`,
    ),
  ].join('\n');
}

/** What thieves' plays got out, all in all. */
export interface Loot {
  readonly plays: number;
  /** More than {@link NOTHING_WORTH} of the balance left. */
  readonly robbed: number;
  /** Of the money of all plays. */
  readonly share: number;
}

export function lootOf(results: readonly PlayResult[]): Loot {
  const thieves = results.filter(({ play }) => play.by === 'thief');
  const robbed = thieves.filter(({ leftCents, balanceCents }) => leftCents > NOTHING_WORTH * balanceCents);
  const left = thieves.reduce((sum, { leftCents }) => sum + leftCents, 0);
  const all = thieves.reduce((sum, { balanceCents }) => sum + balanceCents, 0);
  return { plays: thieves.length, robbed: robbed.length, share: all === 0 ? 0 : left / all };
}

/** A table: one line a play, with what left in the worst of its variations and on average. */
export function tabulate(variations: ReadonlyMap<string, readonly PlayResult[]>): string {
  const lines = [...variations].flatMap(([name, results]) => {
    const [first] = results;
    if (first === undefined) return [];
    const shares = results.map(({ leftCents, balanceCents }) => leftCents / balanceCents);
    const failed = results.filter(({ problems }) => problems.length > 0).length;
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    const far = first.play.by === 'thief' ? Math.max(...shares) : Math.min(...shares);
    return [
      `${failed === 0 ? 'ok  ' : 'FAIL'} ${first.play.kind.padEnd(4)} ${first.play.by.padEnd(8)} ${percent(mean)} ${percent(far)}  ` +
        `${failed}/${results.length}  ${name}`,
    ];
  });
  return ['      kind by         mean  worst  failed  play', ...lines].join('\n');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`.padStart(7);
}

function money(cents: number): string {
  return (cents / 100).toFixed(2);
}
