import type { Command } from 'commander';
import type { LiftOptions } from './feed-governor.js';
import type { Terminal } from './terminal.js';

const JSON_FLAG = ['--json', 'print JSON for programs instead of text for people'] as const;

const SHOW_HELP = `
A provider's word alone may hold a limited number of accounts in a while (governor and cohort_governor in
HOLDFAST_PROVIDERS_FILE). Past it, the word alone asks for a STEP_UP, until a person lifts that.

Exit codes: 0 no governor has tripped; 1 some have; 2 called wrongly.`;

/** `holdfast feed governor ...`: what providers' words alone may hold. Code is loaded when it runs: see `run`. */
export function addGovernorCommands(
  feed: Command,
  terminal: Terminal,
  exitWith: (code: number) => void,
): void {
  const governor = feed
    .command('governor')
    .description("what one provider's word alone has held, and letting it hold again");
  governor
    .command('show')
    .description('governors of a running service with their limits')
    .argument('[provider]', 'registry id (default: all)')
    .option(...JSON_FLAG)
    .addHelpText('after', SHOW_HELP)
    .action(async (provider: string | undefined, options: { json?: boolean }) => {
      const { showGovernors } = await import('./feed-governor.js');
      exitWith(await showGovernors(provider, options, process.env, terminal));
    });
  governor
    .command('lift')
    .description('let a provider whose governor tripped hold again; its count starts anew')
    .argument('<provider>', 'registry id')
    .option('--cohort <id>', 'only this incident, as shown')
    .requiredOption('--reason <why>', 'recorded')
    .option('--actor <who>', 'recorded (default: your user name)')
    .option(...JSON_FLAG)
    .action(async (provider: string, options: LiftOptions) => {
      const { liftGovernor } = await import('./feed-governor.js');
      exitWith(await liftGovernor(provider, options, process.env, terminal));
    });
}
