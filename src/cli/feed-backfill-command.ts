import type { Command } from 'commander';
import type { BackfillOptions } from './feed-backfill.js';
import { natsOption, told } from './feed-broker-options.js';
import { integerFrom } from './number-option.js';
import type { Terminal } from './terminal.js';

const HELP = `
Tokens go out under their old ids, so what the exchange knows already changes nothing. With --follow it answers what the
exchange asks for, until it is stopped; it may run beside the commands that publish.

Exit codes: 0 done, 1 the outbox lacks some of the numbers (see: holdfast feed void), 2 called wrongly.`;

/** `holdfast feed backfill`: gives published tokens again. Its code is loaded when it runs: see `run`. */
export function addBackfillCommand(
  feed: Command,
  terminal: Terminal,
  exitWith: (code: number) => void,
): void {
  feed
    .command('backfill')
    .description(
      'publish tokens from your outbox again: those of a range, or those that the exchange asks for',
    )
    .requiredOption('--provider <id>', 'registered id, the last part of the NATS subject')
    .option('--outbox <file>', 'where the published tokens are kept (default: <provider>.outbox.json)')
    .option('--from <number>', 'first number', integerFrom(0))
    .option('--to <number>', 'last number', integerFrom(0))
    .option('--follow', 'answer what the exchange asks for, until stopped')
    .option(
      '--key <file>',
      'signing key of today: tokens under an older key are signed anew, saying the same',
    )
    .addOption(natsOption())
    .option('--creds <file>', 'credentials for the broker')
    .option('--json', 'print JSON for programs, one line an answer')
    .addHelpText('after', HELP)
    .action(async (options: BackfillOptions) => {
      const { feedBackfill } = await import('./feed-backfill.js');
      exitWith(await told(() => feedBackfill(options, terminal)));
    });
}
