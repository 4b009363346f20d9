import type { Command } from 'commander';
import type { Terminal } from './terminal.js';

/** Adds `holdfast clock`. @param exitWith told the exit code of the command that ran */
export function addClockCommands(
  program: Command,
  terminal: Terminal,
  exitWith: (code: number) => void,
): void {
  const clock = program
    .command('clock')
    .description('what the service on the data folder (HOLDFAST_DATA_DIR) thinks of its clock');
  clock
    .command('status')
    .description('whether the clock is confirmed; exit code 1 while it is not')
    .option('--json', 'print JSON for programs instead of text for people')
    .action(async (options: { json?: boolean }) => {
      const { clockStatus } = await import('./clock.js');
      exitWith(clockStatus(options, process.env, terminal));
    });
  clock
    .command('accept')
    .description('say that the wall clock is right: what waited for it is forgotten and ended from now on')
    .action(async () => {
      const { acceptClock } = await import('./clock.js');
      exitWith(await acceptClock(process.env, terminal));
    });
}
