import Table from 'cli-table3';
import { styled, type Terminal } from './terminal.js';

const BORDERLESS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
} as const;

/** A column of a table. */
export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Longer cells are wrapped at words. */
  readonly maxWidth?: number;
}

/** Rows under a heading, columns as wide as needed. */
export function table(
  terminal: Terminal,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  if (terminal.tabulate !== undefined) return terminal.tabulate(columns, rows);
  const drawn = new Table({
    head: columns.map((column) => styled(terminal, 'bold', column.title)),
    colAligns: columns.map((column) => column.align ?? 'left'),
    colWidths: columns.map((column) => column.maxWidth ?? null),
    wordWrap: true,
    chars: BORDERLESS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) drawn.push([...row]);
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
