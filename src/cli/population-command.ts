import type { Command } from 'commander';
import { integerFrom, numberWithin } from './number-option.js';
import type { SimulatePopulationOptions } from './simulate-population.js';
import type { Terminal } from './terminal.js';

/** Adds `holdfast simulate-population`. Its code is loaded when it runs: see `run`. */
export function addPopulationCommand(
  program: Command,
  terminal: Terminal,
  exitWith: (code: number) => void,
): void {
  program
    .command('simulate-population')
    .description('make a labelled history of a made-up population, to try policies on; no server needed')
    .requiredOption('--out <folder>', 'data folder to make')
    .option('--seed <n>', 'the same seed gives the same population', integerFrom(0), 1)
    .option('--accounts <m>', 'customers', integerFrom(1), 5_000)
    .option('--days <d>', 'length of the history', integerFrom(30), 60)
    .option(
      '--takeovers <n>',
      'accounts that are taken over (default: 30 times what is usual)',
      integerFrom(0),
    )
    .option('--changes <x>', 'security changes of honest customers, times the usual', numberWithin(0.01, 100))
    .option('--silent <part>', 'part of the mail homes whose provider says nothing more', numberWithin(0, 1))
    .option('--styles <list>', 'mixture of attacks, such as fast=1,patient=3')
    .option('--start <date>', 'first day (default: so that yesterday is the last)')
    .option('--policy <file>', 'the policy that decides (default: the packaged one)')
    .option('--json', 'print JSON for programs instead of text for people')
    .action(async (options: SimulatePopulationOptions) => {
      const { simulatePopulation } = await import('./simulate-population.js');
      exitWith(await simulatePopulation(options, terminal));
    });
}
