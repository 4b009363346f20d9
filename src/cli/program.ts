import { Command, CommanderError } from 'commander';
import { packageVersion } from '../config.js';
import { addBackupCommands } from './backup-commands.js';
import { addClockCommands } from './clock-commands.js';
import { CsvTerminal, csvOption } from './csv.js';
import type { DestinationOptions } from './destination-explain.js';
import { addFeedCommands } from './feed-commands.js';
import { addHoldCommands } from './hold-commands.js';
import type { ListOptions } from './list-assessments.js';
import { integerFrom, numberWithin } from './number-option.js';
import { addPolicyCommands } from './policy-commands.js';
import { addPopulationCommand } from './population-command.js';
import { repeated } from './repeated-option.js';
import { CommandError, EXIT, processTerminal, type Terminal } from './terminal.js';

interface JsonOption {
  readonly json?: boolean;
}

const JSON_FLAG = ['--json', 'print JSON for programs instead of text for people'] as const;

/**
 * Runs one command. Its code is loaded when it runs, here and in the files that add commands: `serve` is to be ready soon, and
 * needs little of what the others do.
 *
 * @param args without the program's own name
 * @returns the exit code: 0 done, 1 what was looked at is not as it should be, 2 called wrongly
 */
export async function run(args: readonly string[], to: Terminal = processTerminal()): Promise<number> {
  const terminal = new CsvTerminal(to);
  let exitCode: number = EXIT.ok;
  const program = new Command('holdfast')
    .description(
      'Withdrawal-risk service: asked before each withdrawal, it says whether to let the coins go.',
    )
    .version(packageVersion())
    .exitOverride()
    .hook('preAction', (_program, command) => {
      if (command.getOptionValue('csv') === true) terminal.turnToCsv();
    })
    .showHelpAfterError('(add --help for help)')
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    });

  program
    .command('serve')
    .description(
      'run the service in the foreground; settings come from HOLDFAST_* variables (see: holdfast config)',
    )
    .action(async () => {
      const { serve } = await import('./serve.js');
      exitCode = await serve(process.env, terminal);
    });

  program
    .command('demo')
    .description('play the story through a real service in a temporary folder')
    .option(...JSON_FLAG)
    .option('--keep', 'leave the service running afterwards, until Ctrl-C')
    .option('--no-nats', "do not look for a NATS server; play the exchange's part only")
    .action(async (options: JsonOption & { keep?: boolean; nats?: boolean }) => {
      const { demo } = await import('./demo/demo.js');
      exitCode = await demo(options, terminal);
    });

  program
    .command('config')
    .description('show every setting: its value, where it comes from, what it means')
    .option(...JSON_FLAG)
    .action(async (options: JsonOption) => {
      const { showConfig } = await import('./show-config.js');
      exitCode = showConfig(process.env, options, terminal);
    });

  program
    .command('init')
    .description('make the data folder and the keys, where the service may not (HOLDFAST_DATA_REQUIRED)')
    .action(async () => {
      const { init } = await import('./init.js');
      exitCode = await init(process.env, terminal);
    });

  program
    .command('restore')
    .description(
      'put a copy in the place of a log that cannot be used; stop the service first. For files: backup restore',
    )
    .argument('<backup>', 'a copy of the data folder of a stopped service, or of its log folder')
    .action(async (backup: string) => {
      const { restore } = await import('./restore.js');
      exitCode = await restore(backup, process.env, terminal);
    });

  addPolicyCommands(program, terminal, (code) => {
    exitCode = code;
  });
  addAssessmentCommands(program, terminal, (code) => {
    exitCode = code;
  });

  addBackupCommands(program, terminal, (code) => {
    exitCode = code;
  });
  addClockCommands(program, terminal, (code) => {
    exitCode = code;
  });
  addDestinationCommands(program, terminal, (code) => {
    exitCode = code;
  });
  addFeedCommands(program, terminal, (code) => {
    exitCode = code;
  });
  addHoldCommands(program, terminal, (code) => {
    exitCode = code;
  });
  addPopulationCommand(program, terminal, (code) => {
    exitCode = code;
  });

  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (error instanceof CommandError) {
      terminal.err(error.message);
      return error.exitCode;
    }
    throw error;
  }
  return exitCode;
}

function addDestinationCommands(
  program: Command,
  terminal: Terminal,
  exitWith: (code: number) => void,
): void {
  program
    .command('destination')
    .description('look at addresses of withdrawals')
    .command('explain')
    .description(
      'say how an address is read by the rule of its network, so that two spellings of one place can be told. ' +
        'Decisions and lists name it so: by family, account and tag',
    )
    .argument('<network>', 'like bitcoin, ERC20, ripple')
    .argument('<address>', 'as somebody wrote it')
    .option('--tag <tag>', 'destination tag, memo or payment id')
    .option('--tag-type <type>', 'of a Stellar memo: id, text, hash or return')
    .option('--without-tag', 'it is known that there is no tag')
    .option(...JSON_FLAG)
    .action(async (network: string, address: string, options: DestinationOptions) => {
      const { explainDestination } = await import('./destination-explain.js');
      exitWith(explainDestination(network, address, options, terminal));
    });
}

function addAssessmentCommands(program: Command, terminal: Terminal, exitWith: (code: number) => void): void {
  const assessment = program.command('assessment').description('look at recorded assessments');
  assessment
    .command('list')
    .description('list what a running service recorded, newest first')
    .option('--account <id>', 'only of this account')
    .option('--withdrawal <id>', 'only of this withdrawal; faster with --account')
    .option(
      '--decision <word>',
      'only those answered so: ALLOW, STEP_UP, HOLD or REJECT (may be repeated)',
      repeated,
    )
    .option('--outcome <word>', 'only those with this outcome (may be repeated)', repeated)
    .option('--min-score <n>', 'only with this score or a higher one', numberWithin(0, 100))
    .option('--max-score <n>', 'only with this score or a lower one', numberWithin(0, 100))
    .option('--from <time>', 'only from this time on, like 2026-01-31T00:00:00Z')
    .option('--to <time>', 'only before this time')
    .option('--limit <n>', 'assessments to show (default: 50)', integerFrom(1))
    .addOption(csvOption())
    .option(...JSON_FLAG)
    .action(async (options: ListOptions) => {
      const { listAssessments } = await import('./list-assessments.js');
      exitWith(await listAssessments(options, process.env, terminal));
    });
  assessment
    .command('show')
    .description(
      'show what was asked, what was known and what was answered, from the data folder (HOLDFAST_DATA_DIR)',
    )
    .argument('<id>', 'assessment id')
    .option(...JSON_FLAG)
    .action(async (id: string, options: JsonOption) => {
      const { showAssessment } = await import('./assessment.js');
      exitWith(await showAssessment(id, options, process.env, terminal));
    });
  assessment
    .command('replay')
    .description('compute it again from its recorded input and policy, and say whether it is identical')
    .argument('<id>', 'assessment id')
    .option(...JSON_FLAG)
    .action(async (id: string, options: JsonOption) => {
      const { replayAssessment } = await import('./assessment.js');
      exitWith(await replayAssessment(id, options, process.env, terminal));
    });
}
