import { type Command, InvalidArgumentError } from 'commander';
import { csvOption } from './csv.js';
import type { OwnStatusOptions } from './own-feed-status.js';
import { CommandError, type Terminal } from './terminal.js';

interface StatusOptions {
  readonly provider?: string;
  readonly nats?: string;
  readonly creds?: string;
  readonly watch?: boolean;
  readonly timeout: number;
  readonly json?: boolean;
}

const DEFAULT_TIMEOUT_SECONDS = 25;

const HELP = `
An exchange asks its running service: holdfast feed status [provider]
A provider asks the exchange, over the broker: holdfast feed status --provider <id> --nats <url>
  It waits for the next report, which comes within 10 s, and sooner when something happens on the feed.

Exit codes: 0 FRESH and, for an exchange, no governor has tripped; for a provider, nothing missing and nothing
refused in the last 24 hours; 1 not so; 2 called wrongly, or, for a provider, no report came.`;

/** `holdfast feed status`: both sides' view of the feeds. Code is loaded when it runs: see `run`. */
export function addStatusCommand(feed: Command, terminal: Terminal, exitWith: (code: number) => void): void {
  feed
    .command('status')
    .description('how feeds are doing: of a running service, or, with --nats, your own as a provider')
    .argument('[provider]', 'registry id (default: all)')
    .option('--provider <id>', 'the same; needed with --nats')
    .option('--nats <url>', "broker: ask as a provider, not as the exchange's operator")
    .option('--creds <file>', 'credentials for the broker')
    .option('--watch', 'with --nats: print every report until stopped')
    .option(
      '--timeout <seconds>',
      'with --nats: how long to wait for a report',
      seconds,
      DEFAULT_TIMEOUT_SECONDS,
    )
    .addOption(csvOption())
    .option('--json', 'print JSON for programs instead of text for people')
    .addHelpText('after', HELP)
    .action(async (argument: string | undefined, options: StatusOptions) => {
      const provider = options.provider ?? argument;
      if (options.nats === undefined) {
        const { feedStatus } = await import('./feed-status.js');
        exitWith(await feedStatus(provider, exchangeOptions(options), process.env, terminal));
      } else {
        const { ownFeedStatus } = await import('./own-feed-status.js');
        exitWith(await ownFeedStatus(providerOptions(options, options.nats, provider), terminal));
      }
    });
}

function exchangeOptions({ watch, creds, json }: StatusOptions): { json?: boolean } {
  if (watch === true || creds !== undefined) throw new CommandError('--watch and --creds need --nats');
  return json === undefined ? {} : { json };
}

function providerOptions(
  { creds, watch, timeout, json }: StatusOptions,
  nats: string,
  provider: string | undefined,
): OwnStatusOptions {
  if (provider === undefined) throw new CommandError('--nats needs --provider <id>: whose feed it is');
  return {
    provider,
    nats,
    timeoutMs: timeout * 1000,
    watch: watch === true,
    json: json === true,
    ...(creds === undefined ? {} : { creds }),
  };
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 3_600)) throw new InvalidArgumentError('must be above 0 and at most 3600');
  return value;
}
