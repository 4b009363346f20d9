import { describeConfig, readConfig } from '../config.js';
import { EXIT, type Terminal } from './terminal.js';

/**
 * `holdfast config`: every setting with its value, where it comes from and what it means.
 *
 * @returns the exit code: 0, or 1 when a setting is wrong
 */
export function showConfig(
  env: Readonly<Record<string, string | undefined>>,
  options: { json?: boolean },
  terminal: Terminal,
): number {
  const read = readConfig(env);
  if (read.kind === 'invalid') {
    terminal.err(configProblems(read.problems));
    return EXIT.failed;
  }
  terminal.out(describeConfig(read.config, options.json ? 'json' : 'table'));
  return EXIT.ok;
}

/** All problems of a configuration in one message. */
export function configProblems(problems: readonly string[]): string {
  const count = problems.length === 1 ? '1 setting is' : `${problems.length} settings are`;
  return [`${count} wrong:`, ...problems.map((problem) => `  ${problem}`)].join('\n');
}
