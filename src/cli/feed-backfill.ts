import { answerAsks, type BackfillResult, type BackfillSource, backfill } from '../feed/provider/backfill.js';
import { connectProvider } from '../feed/provider/broker-link.js';
import { readSigningKey } from '../feed/provider/key-files.js';
import { countNumbers, type Gap } from '../feed/sequence.js';
import { type BrokerFlags, brokerOptions, outboxOf, untilInterrupted } from './feed-broker-options.js';
import { CommandError, EXIT, json, type Terminal } from './terminal.js';

/** Options of `holdfast feed backfill`. */
export interface BackfillOptions extends BrokerFlags {
  readonly outbox?: string;
  readonly key?: string;
  readonly from?: number;
  readonly to?: number;
  readonly follow?: boolean;
  readonly json?: boolean;
}

/** Gives published tokens again: those of a range, or those that the exchange asks for. */
export async function feedBackfill(options: BackfillOptions, terminal: Terminal): Promise<number> {
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
