import { type Command, InvalidArgumentError } from 'commander';
import { csvOption } from './csv.js';
import { addBackfillCommand } from './feed-backfill-command.js';
import { addGovernorCommands } from './feed-governor-commands.js';
import { addPublishCommands } from './feed-publish-commands.js';
import { addStatusCommand } from './feed-status-command.js';
import type { Terminal } from './terminal.js';

const JSON_FLAG = ['--json', 'print JSON for programs instead of text for people'] as const;

/** `holdfast feed ...`: a provider's tool, and an operator's look at the feeds. Code is loaded when it runs: see `run`. */
export function addFeedCommands(
  program: Command,
  terminal: Terminal,
  exitWith: (code: number) => void,
): void {
  const feed = program
    .command('feed')
    .description("mail providers' events: publish them, see what became of them");
  addPublishCommands(feed, terminal);
  addBackfillCommand(feed, terminal, exitWith);
  addStatusCommand(feed, terminal, exitWith);
  addGovernorCommands(feed, terminal, exitWith);
  const quarantine = feed.command('quarantine').description('refused messages of a running service');
  quarantine
    .command('list')
    .description('list refused messages, newest first')
    .option('--provider <id>', 'only of this provider')
    .option('--reason <reason>', 'only refused for this reason, e.g. SIGNATURE_INVALID')
    .option('--limit <count>', 'at most this many, 1 to 500', wholeNumber, 50)
    .addOption(csvOption())
    .option(...JSON_FLAG)
    .action(async (options: { provider?: string; reason?: string; limit: number; json?: boolean }) => {
      const { listQuarantine } = await import('./feed-quarantine.js');
      exitWith(await listQuarantine(options, process.env, terminal));
    });
  quarantine
    .command('show')
    .description('show one refused message')
    .argument('<id>', 'its id')
    .option(...JSON_FLAG)
    .action(async (id: string, options: { json?: boolean }) => {
      const { showQuarantined } = await import('./feed-quarantine.js');
      exitWith(await showQuarantined(id, options, process.env, terminal));
    });
  quarantine
    .command('retry')
    .description('read it from the stream again and check it anew')
    .argument('<id>', 'its id')
    .option(...JSON_FLAG)
    .action(async (id: string, options: { json?: boolean }) => {
      const { retryQuarantined } = await import('./feed-quarantine.js');
      exitWith(await retryQuarantined(id, options, process.env, terminal));
    });
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 500) {
    throw new InvalidArgumentError('must be a whole number from 1 to 500');
  }
  return value;
}
