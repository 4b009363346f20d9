import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { WRONG_ANSWER_EXIT_CODE, WrongAnswerError } from './wrong-answer.js';

/** How long a child may take to end after it was asked to. */
const END_TIMEOUT_MS = 10_000;

/** Children of this run, so that none outlives it. */
const living = new Set<ChildProcess>();

process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

/** A child that runs until it is stopped. */
export interface RunningChild {
  readonly pid: number;
  /** What it wrote so far, the last 64 KiB, to show when something is wrong. */
  output(): string;
  /** Resolves with what follows `marker` on the first line that begins with it; rejects if the child ends before. */
  line(marker: string): Promise<string>;
  /** Whether it has ended by itself. */
  ended(): boolean;
  /** Asks it to end, waits, and ends it if it does not. */
  stop(): Promise<void>;
}

const MAX_OUTPUT_CHARS = 65_536;

/** Starts a child. */
export function startChild(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): RunningChild {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const { pid } = child;
  if (pid === undefined) throw new Error(`\`${command}\` cannot be started`);
  living.add(child);
  let output = '';
  let isOver = false;
  const listeners = new Set<() => void>();
  const hear = (text: string) => {
    output = (output + text).slice(-MAX_OUTPUT_CHARS);
    for (const listener of listeners) listener();
  };
  child.stdout.setEncoding('utf8').on('data', hear);
  child.stderr.setEncoding('utf8').on('data', hear);
  const exited = once(child, 'exit').then(() => {
    living.delete(child);
    isOver = true;
    for (const listener of listeners) listener();
  });

  return {
    pid,
    output: () => output,
    ended: () => isOver,
    line: (marker) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = output.split('\n').find((line) => line.startsWith(marker));
          if (found === undefined && !isOver) return;
          listeners.delete(look);
          if (found === undefined) reject(new Error(`\`${command}\` ended early:\n${output}`));
          else resolve(found.slice(marker.length).trim());
        };
        listeners.add(look);
        look();
      }),
    async stop() {
      if (isOver) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), END_TIMEOUT_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}

/**
 * Runs a child to its end.
 *
 * @returns what it wrote to standard output
 * @throws Error with what it wrote when it fails; WrongAnswerError when it ended for wrong answers
 */
export async function runChild(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  living.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  living.delete(child);
  if (code === WRONG_ANSWER_EXIT_CODE) throw new WrongAnswerError(`${stdout}${stderr}`.trim());
  if (code !== 0) throw new Error(`\`${command}\` failed (${String(code)}):\n${stdout}${stderr}`);
  return stdout;
}
