import type { Command } from 'commander';
import type { CompareOptions } from './compare/policy-compare.js';
import { csvOption } from './csv.js';
import { integerFrom } from './number-option.js';
import { addPolicyChangeCommands } from './policy-change-commands.js';
import type { DiffOptions } from './policy-diff.js';
import type { ReplayOptions } from './policy-simulate.js';
import type { SweepOptions } from './policy-sweep.js';
import { repeated } from './repeated-option.js';
import { addFilterOptions } from './replay-filter.js';
import type { Terminal } from './terminal.js';

interface JsonOption {
  readonly json?: boolean;
}

const JSON_FLAG = ['--json', 'print JSON for programs instead of text for people'] as const;

/** Adds `holdfast policy ...`. Each command's code is loaded when it runs: see `run`. */
export function addPolicyCommands(
  program: Command,
  terminal: Terminal,
  exitWith: (code: number) => void,
): void {
  const policy = program.command('policy').description('check, try, compare and switch policies');
  policy
    .command('check')
    .description('say everything that is wrong with a policy, with line and column')
    .argument('<file...>', 'policy files')
    .option(...JSON_FLAG)
    .action(async (files: string[], options: JsonOption) => {
      const { policyCheck } = await import('./policy-check.js');
      exitWith(policyCheck(files, options, terminal));
    });
  policy
    .command('test')
    .description('run the cases that say what policies must decide')
    .argument('[case-files...]', 'case files or folders (default: the packaged ones)')
    .option('--policy <file>', 'policies to try (default: the packaged ones) (may be repeated)', repeated)
    .option('--verbose', 'list the cases that pass, too')
    .option(...JSON_FLAG)
    .action(async (files: string[], options: JsonOption & { policy?: string[]; verbose?: boolean }) => {
      const { policyTest } = await import('./policy-test.js');
      exitWith(policyTest(files, options, terminal));
    });
  replaying(policy.command('simulate'))
    .description('say what a candidate would have decided about the recorded assessments')
    .argument('<candidate>', 'policy file; with --server also the number of a kept revision')
    .option('--server', 'ask the running service what it would have meant for what it recorded')
    .addOption(csvOption())
    .action(async (file: string, options: ReplayOptions & { server?: boolean }) => {
      if (options.server) {
        const { policySimulateServed } = await import('./policy-simulate-served.js');
        exitWith(await policySimulateServed(file, options, process.env, terminal));
        return;
      }
      const { policySimulate } = await import('./policy-simulate.js');
      exitWith(await policySimulate(file, options, process.env, terminal));
    });
  replaying(policy.command('sweep'))
    .description('the same for a range of thresholds of one tier')
    .argument('<candidate>', 'policy file')
    .requiredOption('--tier <name>', 'whose threshold to move')
    .option('--threshold <kind>', 'step_up, hold or reject', 'hold')
    .requiredOption('--range <points>', 'like 40..70 or 40..70/5')
    .addOption(csvOption())
    .action(async (file: string, options: SweepOptions) => {
      const { policySweep } = await import('./policy-sweep.js');
      exitWith(await policySweep(file, options, process.env, terminal));
    });
  replaying(policy.command('diff'))
    .description(
      'say in words what differs between two policies and, with a history, what it would have meant',
    )
    .argument('<before>', 'policy file; with --server also `live` or the number of a kept revision')
    .argument('<after>', 'the same')
    .option('--server', 'ask the running service what it would have meant for what it recorded')
    .action(async (before: string, after: string, options: DiffOptions) => {
      const { policyDiff } = await import('./policy-diff.js');
      exitWith(await policyDiff(before, after, options, process.env, terminal));
    });
  policy
    .command('compare')
    .description('compare the packaged policies with what exchanges do today, on a synthetic history')
    .option('--data-dir <folder>', 'made by simulate-population (default: HOLDFAST_DATA_DIR)')
    .option('--policy <file>', 'further policies to compare (may be repeated)', repeated)
    .addOption(csvOption())
    .option(...JSON_FLAG)
    .action(async (options: CompareOptions) => {
      const { policyCompare } = await import('./compare/policy-compare.js');
      exitWith(await policyCompare(options, process.env, terminal));
    });
  addPolicyChangeCommands(policy, process.env, terminal, exitWith);
}

function replaying(command: Command): Command {
  return addFilterOptions(command)
    .option('--data-dir <folder>', 'the history to look at (default: HOLDFAST_DATA_DIR)')
    .option('--before <file>', 'policy to compare with (default: the one that decides now)')
    .option('--threads <n>', 'threads that decide (default: one for each core)', integerFrom(1))
    .option(...JSON_FLAG);
}
