import { type Command, Option } from 'commander';
import { csvOption } from './csv.js';
import type { ConfirmOptions, ListOptions, ReleaseOptions } from './holds.js';
import { integerFrom } from './number-option.js';
import type { Terminal } from './terminal.js';

const JSON_FLAG = ['--json', 'print JSON for programs instead of text for people'] as const;

const RELEASE_HELP = `
Releases what was held: to that destination, of that asset, and no more of it. The exchange then asks again and
is answered ALLOW, unless something adverse was heard after the release or a deny list stops it. Give --assessment as
"holds show" printed it, so that nothing is released that was not looked at.

Exit codes: 0 released; 1 no such hold, or it is not open; 2 called wrongly.`;

const CONFIRM_HELP = `
Recorded as the outcome FRAUD_CONFIRMED. Whoever asks for this withdrawal again is given its HOLD again.

Exit codes: 0 confirmed, now or before; 1 no such hold; 2 called wrongly.`;

/** `holdfast holds ...`: withdrawals that wait, in a running service. Code is loaded when it runs: see `run`. */
export function addHoldCommands(
  program: Command,
  terminal: Terminal,
  exitWith: (code: number) => void,
): void {
  const holds = program.command('holds').description('look at withdrawals that wait, and end their waiting');
  holds
    .command('list')
    .description('holds of a running service, the one due first before the others')
    .addOption(
      new Option('--state <state>', 'which ones')
        .choices(['open', 'expired', 'released', 'fraud-confirmed', 'all'])
        .default('open'),
    )
    .option('--account <id>', 'only of this account')
    .option('--limit <n>', 'holds to show (default: 50)', integerFrom(1))
    .addOption(csvOption())
    .option(...JSON_FLAG)
    .action(async (options: ListOptions) => {
      const { listHolds } = await import('./holds.js');
      exitWith(await listHolds(options, process.env, terminal));
    });
  holds
    .command('show')
    .description('one hold; what was asked and known: holdfast assessment show')
    .argument('<withdrawal-id>', 'the id of the withdrawal, as the exchange gave it')
    .option(...JSON_FLAG)
    .action(async (withdrawalId: string, options: { json?: boolean }) => {
      const { showHold } = await import('./holds.js');
      exitWith(await showHold(withdrawalId, options, process.env, terminal));
    });
  ending(holds.command('release'))
    .description('let a withdrawal go')
    .option('--assessment <id>', 'refuse when the withdrawal was held anew since this one')
    .addHelpText('after', RELEASE_HELP)
    .action(async (withdrawalId: string, options: ReleaseOptions) => {
      const { releaseHold } = await import('./holds.js');
      exitWith(await releaseHold(withdrawalId, options, process.env, terminal));
    });
  ending(holds.command('confirm'))
    .description('confirm that a withdrawal was theft')
    .addHelpText('after', CONFIRM_HELP)
    .action(async (withdrawalId: string, options: ConfirmOptions) => {
      const { confirmHold } = await import('./holds.js');
      exitWith(await confirmHold(withdrawalId, options, process.env, terminal));
    });
}

function ending(command: Command): Command {
  return command
    .argument('<withdrawal-id>', 'the id of the withdrawal, as the exchange gave it')
    .requiredOption('--reason <why>', 'recorded')
    .option('--actor <who>', 'recorded (default: your user name)')
    .option(...JSON_FLAG);
}
