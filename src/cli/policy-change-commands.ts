import type { Command } from 'commander';
import { csvOption } from './csv.js';
import type { Env } from './history.js';
import { integerFrom } from './number-option.js';
import type { HealthOptions } from './policy-health.js';
import type { PushOptions } from './policy-push.js';
import type { ActivateOptions, ChangeOptions, LogOptions } from './policy-revisions.js';
import { repeated } from './repeated-option.js';
import type { Terminal } from './terminal.js';

/**
 * Adds the commands that change the policies of a running service, and those that look at how they did. Each command's code
 * is loaded when it runs: see `run`.
 */
export function addPolicyChangeCommands(
  policy: Command,
  env: Env,
  terminal: Terminal,
  exitWith: (code: number) => void,
): void {
  changing(policy.command('push'))
    .description('keep a policy as a new revision of a running service; does not switch it on')
    .argument('<file>', 'policy file')
    .option(
      '--cases <file>',
      'case file or folder kept with it (default: the packaged ones of its name; may be repeated)',
      repeated,
    )
    .action(async (file: string, options: PushOptions) => {
      const { policyPush } = await import('./policy-push.js');
      exitWith(await policyPush(file, options, env, terminal));
    });
  changing(policy.command('shadow'))
    .description('let a revision decide beside the live one, without effect, and see what differs')
    .argument('<action>', 'start, stop or show')
    .argument('<number>', 'revision', integerFrom(1))
    .action(async (action: string, number: number, options: ChangeOptions) => {
      const { policyShadow } = await import('./policy-revisions.js');
      exitWith(await policyShadow(action, number, options, env, terminal));
    });
  changing(policy.command('activate'))
    .description('switch a revision on')
    .argument('<number>', 'revision', integerFrom(1))
    .option('--etag <etag>', 'refuse when another revision than this one is live')
    .option('--override <why>', 'activate it although cases of it fail')
    .action(async (number: number, options: ActivateOptions) => {
      const { policyActivate } = await import('./policy-revisions.js');
      exitWith(await policyActivate(number, options, env, terminal));
    });
  changing(policy.command('rollback'))
    .description('switch the revision on that was live before')
    .option('--etag <etag>', 'refuse when another revision than this one is live')
    .action(async (options: ActivateOptions) => {
      const { policyRollback } = await import('./policy-revisions.js');
      exitWith(await policyRollback(options, env, terminal));
    });
  policy
    .command('log')
    .description('who changed what, when and why, newest first')
    .option('--limit <n>', 'changes to show (default: 50; 20 with --diff)', integerFrom(1))
    .option('--diff', 'also say what each change did to the rules')
    .addOption(csvOption())
    .option('--json', 'print JSON for programs instead of text for people')
    .action(async (options: LogOptions) => {
      const { policyLog } = await import('./policy-revisions.js');
      exitWith(await policyLog(options, env, terminal));
    });
  policy
    .command('health')
    .description('how each rule, lock, list and provider did in what a running service recorded')
    .option('--from <time>', 'only assessments from this time (default: seven days before --to)')
    .option('--to <time>', 'only assessments before this time (default: now)')
    .addOption(csvOption())
    .option('--json', 'print JSON for programs instead of text for people')
    .action(async (options: HealthOptions) => {
      const { policyHealth } = await import('./policy-health.js');
      exitWith(await policyHealth(options, env, terminal));
    });
}

function changing(command: Command): Command {
  return command
    .option('--reason <why>', 'recorded with the change')
    .option('--actor <who>', 'recorded with the change (default: your user name)')
    .option('--json', 'print JSON for programs instead of text for people');
}
