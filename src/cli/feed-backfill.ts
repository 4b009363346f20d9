import type { Command } from 'commander';
import { answerAsks, type BackfillResult, type BackfillSource, backfill } from '../feed/provider/backfill.js';
import { connectProvider } from '../feed/provider/broker-link.js';
import { readSigningKey } from '../feed/provider/key-files.js';
import { countNumbers, type Gap } from '../feed/sequence.js';
import { type BrokerFlags, brokerOptions, outboxOf, told, untilInterrupted } from './feed-broker-options.js';
import { integerFrom } from './number-option.js';
import { CommandError, EXIT, json, type Terminal } from './terminal.js';

interface BackfillOptions extends BrokerFlags {
  readonly outbox?: string;
  readonly key?: string;
  readonly from?: number;
  readonly to?: number;
  readonly follow?: boolean;
  readonly json?: boolean;
}

const HELP = `
Tokens go out under their old ids, so what the exchange knows already changes nothing. With --follow it answers what the
exchange asks for, until it is stopped; it may run beside the commands that publish.

Exit codes: 0 done, 1 the outbox lacks some of the numbers (see: holdfast feed void), 2 called wrongly.`;

/** `holdfast feed backfill`: gives published tokens again. */
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
    .option('--nats <url>', 'broker', 'nats://127.0.0.1:4222')
    .option('--creds <file>', 'credentials for the broker')
    .option('--json', 'print JSON for programs, one line an answer')
    .addHelpText('after', HELP)
    .action(async (options: BackfillOptions) => exitWith(await told(() => feedBackfill(options, terminal))));
}

async function feedBackfill(options: BackfillOptions, terminal: Terminal): Promise<number> {
  const range = rangeOf(options);
  const key = options.key === undefined ? undefined : await readSigningKey(options.key);
  const connection = await connectProvider(options.provider, brokerOptions(options));
  const source: BackfillSource = {
    connection,
    provider: options.provider,
    outboxFile: outboxOf(options),
    ...(key === undefined ? {} : { key }),
  };
  try {
    if (range !== undefined) {
      const result = await backfill(source, [range]);
      tell(result, options, terminal);
      return result.lacking.length === 0 ? EXIT.ok : EXIT.failed;
    }
    terminal.err('answering what the exchange asks for; Ctrl-C ends it');
    await untilInterrupted(async (signal) => {
      for await (const result of answerAsks(source, signal)) tell(result, options, terminal);
    });
    return EXIT.ok;
  } finally {
    await connection.close();
  }
}

/** Undefined with `--follow`. */
function rangeOf({ from, to, follow }: BackfillOptions): Gap | undefined {
  if (follow === true) {
    if (from === undefined && to === undefined) return undefined;
    throw new CommandError('give either --follow or --from and --to');
  }
  if (from === undefined || to === undefined) throw new CommandError('give --from and --to, or --follow');
  if (to < from) throw new CommandError('--to must not be below --from');
  return [from, to];
}

function tell(result: BackfillResult, { json: isJson }: BackfillOptions, terminal: Terminal): void {
  if (isJson === true) {
    terminal.out(JSON.stringify(JSON.parse(json(result))));
    return;
  }
  const { ranges, publishedCount, lacking } = result;
  terminal.out(`${rangesText(ranges)}: ${publishedCount} of ${countNumbers(ranges)} published again`);
  if (lacking.length > 0)
    terminal.out(`not in the outbox: ${rangesText(lacking)} (say so with: holdfast feed void)`);
}

/** As people write ranges: `3-5, 9`. */
export function rangesText(ranges: readonly Gap[]): string {
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(', ');
}
