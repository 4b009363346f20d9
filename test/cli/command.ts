import { run } from '../../src/cli/program.js';
import type { Terminal } from '../../src/cli/terminal.js';

/** What a command said and how it ended. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command as a program would, or as a person who watches when `draw` is given. */
export async function holdfast(args: readonly string[], draw?: (line: string) => void): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const terminal: Terminal = {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    colour: false,
    interactive: draw !== undefined,
    ...(draw === undefined ? {} : { draw }),
  };
  const code = await run(args, terminal);
  return { code, out: out.join('\n'), err: err.join('\n') };
}
