import { Option } from 'commander';
import type { Column } from './table.js';
import type { Terminal } from './terminal.js';

/** What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection"), also in their wide forms. */
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;
const NUMBER = /^-?\d+(\.\d+)?$/;
/** As tables show numbers to people. */
const SEPARATED = /^-?\d{1,3}(,\d{3})+(\.\d+)?$/;

/** What tables show where there is nothing. */
const NOTHING = '-';

/** Added to every command that prints tables and JSON. */
export function csvOption(): Option {
  return new Option('--csv', 'print tables as CSV, all other text as messages').conflicts('json');
}

/**
 * A table as RFC 4180 has it, lines ended as elsewhere here. Cells come from outside: ids are the exchange's customers', reasons
 * anybody's. One that a spreadsheet would run as a formula begins with an apostrophe, which it shows as text.
 */
export function csvText(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  return [titles, ...rows].map((row) => row.map(cellText).join(',')).join('\n');
}

function cellText(text: string): string {
  if (text === NOTHING) return '';
  const plain = SEPARATED.test(text) ? text.replaceAll(',', '') : text;
  const safe = FORMULA.test(plain) && !NUMBER.test(plain) ? `'${plain}` : plain;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A terminal that a command may turn to CSV: then only tables are results. */
export class CsvTerminal implements Terminal {
  readonly interactive: boolean;
  readonly draw?: (line: string) => void;
  tabulate?: (columns: readonly Column[], rows: readonly (readonly string[])[]) => string;
  readonly #terminal: Terminal;
  #tables: Set<string> | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.interactive = terminal.interactive;
    if (terminal.draw !== undefined) this.draw = terminal.draw;
  }

  get colour(): boolean {
    return this.#tables === undefined && this.#terminal.colour;
  }

  turnToCsv(): void {
    const tables = new Set<string>();
    this.#tables = tables;
    this.tabulate = (columns, rows) => {
      const text = csvText(
        columns.map(({ title }) => title),
        rows,
      );
      tables.add(text);
      return text;
    };
  }

  out(text: string): void {
    if (this.#tables === undefined || this.#tables.has(text)) this.#terminal.out(text);
    else if (text.trim() !== '') this.#terminal.err(text.trim());
  }

  err(text: string): void {
    this.#terminal.err(text);
  }
}
