import type { CaseResult, Figure } from '../figure.js';
import { standingOf, type Threshold, type Thresholds } from './thresholds.js';

const HEADER = ['', 'median', 'lowest', 'highest', 'n', 'unit', 'must', 'aim', ''];

/** A case as a table for people. */
export function renderTable(title: string, result: CaseResult, thresholds: Thresholds): string {
  const rows = result.figures.map((figure) => rowOf(figure, thresholds));
  const lines = alignColumns([HEADER, ...rows]);
  return [`\n${title}`, ...lines, ...result.notes.map((note) => `  ${note}`)].join('\n');
}

const STANDING_WORDS = { aim: 'reached', must: 'good enough', missed: 'MISSED', none: '' } as const;

function rowOf(figure: Figure, thresholds: Thresholds): readonly string[] {
  const { summary } = figure;
  const threshold = thresholds[figure.id];
  return [
    figure.label,
    shown(summary.median),
    shown(summary.lowest),
    shown(summary.highest),
    String(summary.samples),
    figure.unit,
    bound(threshold, 'must'),
    bound(threshold, 'aim'),
    STANDING_WORDS[standingOf(figure, thresholds)],
  ];
}

function bound(threshold: Threshold | undefined, name: 'must' | 'aim'): string {
  if (threshold === undefined) return '';
  return `${threshold.better === 'higher' ? '>=' : '<='} ${shown(threshold[name])}`;
}

/** Three digits that mean something, never an exponent. */
function shown(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const decimals = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString('en-US', { maximumFractionDigits: Math.min(decimals, 6) });
}

function alignColumns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return rows.map((row) => {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    return `  ${cells.join('  ')}`.trimEnd();
  });
}
