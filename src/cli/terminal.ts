import { styleText } from 'node:util';
import type { Column } from './table.js';

/** Where a command writes, and how. Injected, so that tests can read what a person would see. */
export interface Terminal {
  /** Results. */
  out(text: string): void;
  /** Progress, warnings and errors. */
  err(text: string): void;
  /** Colour what goes to `out`. */
  readonly colour: boolean;
  /** `err` is watched by a person: progress may be drawn. */
  readonly interactive: boolean;
  /** Replaces the line drawn last on `err`; absent where nobody watches. */
  readonly draw?: (line: string) => void;
  /** Makes tables in another form than for people. */
  readonly tabulate?: (columns: readonly Column[], rows: readonly (readonly string[])[]) => string;
}

/** The process's own terminal. Colour only on a terminal, and never with NO_COLOR set (https://no-color.org). */
export function processTerminal(): Terminal {
  const { stdout, stderr, env } = process;
  const plain = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  const interactive = stderr.isTTY === true && !plain;
  stdout.on('error', endWithoutReader);
  return {
    out: (text) => {
      stdout.write(`${text}\n`);
    },
    err: (text) => {
      stderr.write(`${text}\n`);
    },
    colour: stdout.isTTY === true && !plain,
    interactive,
    ...(interactive
      ? {
          draw: (line: string) => {
            stderr.write(`\r\u001b[K${line}`);
          },
        }
      : {}),
  };
}

/** What a shell reports for a program whose reader went away (128 + SIGPIPE), as with `| head`. */
const READER_GONE = 141;

/** @throws Error anything but a reader that went away */
function endWithoutReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(READER_GONE);
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'magenta' | 'cyan';

/** Text in a style, if the terminal shows colours. */
export function styled(terminal: Terminal, style: Style, text: string): string {
  return terminal.colour ? styleText(style, text) : text;
}

/** Decision colours, the same everywhere: green allow, amber step-up, orange (magenta here) hold, red reject. */
const DECISION_STYLES: Readonly<Record<string, Style>> = {
  ALLOW: 'green',
  STEP_UP: 'yellow',
  HOLD: 'magenta',
  REJECT: 'red',
};

/** A decision's name in its colour. */
export function styledDecision(terminal: Terminal, decision: string): string {
  const style = DECISION_STYLES[decision];
  return style === undefined ? decision : styled(terminal, style, decision);
}

/** How a command ends. */
export const EXIT = {
  ok: 0,
  /** The command worked, and what it looked at is not as it should be. */
  failed: 1,
  /** The command was called wrongly, or could not do its work. */
  usage: 2,
} as const;

/** Ends a command with a message for people and an exit code. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  constructor(
    message: string,
    readonly exitCode: number = EXIT.usage,
  ) {
    super(message);
  }
}

/** JSON for programs: two spaces, times and big integers as text. */
export function json(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item),
    2,
  );
}
