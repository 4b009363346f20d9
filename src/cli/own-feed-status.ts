import { connectProvider } from '../feed/provider/broker-link.js';
import { feedReports, nextReport } from '../feed/provider/status-reader.js';
import { encodeReport, type FeedReport } from '../feed/status-message.js';
import { rangesText } from './feed-backfill.js';
import { type BrokerFlags, brokerOptions, told, untilInterrupted } from './feed-broker-options.js';
import { table } from './table.js';
import { EXIT, styled, type Terminal } from './terminal.js';

export interface OwnStatusOptions extends BrokerFlags {
  readonly timeoutMs: number;
  /** Every report until stopped, not one. */
  readonly watch: boolean;
  readonly json: boolean;
}

/**
 * A provider's own feed as the exchange reports it.
 *
 * @returns the exit code: 0 FRESH, complete, and nothing refused lately; 1 not so
 * @throws CommandError code 2: no report came
 */
export async function ownFeedStatus(options: OwnStatusOptions, terminal: Terminal): Promise<number> {
  const { provider, timeoutMs, watch } = options;
  return told(async () => {
    const connection = await connectProvider(provider, brokerOptions(options));
    try {
      let code: number = EXIT.ok;
      const show = (report: FeedReport): void => {
        tell(report, options, terminal);
        code = isGood(report) ? EXIT.ok : EXIT.failed;
      };
      if (!watch) show(await nextReport(connection, provider, timeoutMs));
      else {
        await untilInterrupted(async (signal) => {
          for await (const report of feedReports(connection, provider, signal)) show(report);
        });
      }
      return code;
    } finally {
      await connection.close();
    }
    // No report came, whatever kept it away: nothing is known of the feed.
  }, EXIT.usage);
}

function isGood({ state, missingCount, reusedCount, recentRefusals }: FeedReport): boolean {
  return state === 'FRESH' && missingCount === 0 && reusedCount === 0 && recentRefusals.length === 0;
}

function tell(report: FeedReport, { json, watch }: OwnStatusOptions, terminal: Terminal): void {
  const message = encodeReport(report);
  if (json) terminal.out(watch ? message : JSON.stringify(JSON.parse(message), null, 2));
  else terminal.out(reportText(report, terminal));
}

function reportText(report: FeedReport, terminal: Terminal): string {
  const { state, gaps, missingCount, recentRefusals } = report;
  const refusedCount = Object.values(report.refused).reduce((sum, count) => sum + count, 0);
  const missing = `${missingCount}${missingCount === 0 ? '' : ` (${rangesText(gaps.slice(0, 8))}${gaps.length > 8 ? ', ...' : ''})`}`;
  const rows: readonly (readonly [string, string])[] = [
    ['state', styled(terminal, state === 'FRESH' ? 'green' : 'yellow', state)],
    ['as of', timeText(report.asOf)],
    ['watermark', timeText(report.watermark)],
    ['last heartbeat', timeText(report.lastHeartbeatAt)],
    ['last number', report.lastSeq === undefined ? '-' : String(report.lastSeq)],
    ['missing numbers', missing],
    ['void numbers', String(report.voidCount)],
    ...(report.reusedCount === 0
      ? []
      : [['used twice', `${report.reusedCount} numbers: is the outbox the right one?`] as const]),
    ['accepted', `${report.acceptedCount} (${report.duplicateCount} repetitions)`],
    ['refused', `${refusedCount} (${report.parkedCount} wait for a key)`],
    ['read up to the end', report.isCaughtUp ? 'yes' : 'no'],
  ];
  const lines = rows.map(([name, value]) => `${name.padEnd(20)}${value}`);
  if (recentRefusals.length === 0) return lines.join('\n');
  const refusals = table(
    terminal,
    [
      { title: 'REFUSED AT' },
      { title: 'REASON' },
      { title: 'NUMBER', align: 'right' },
      { title: 'IN STREAM', align: 'right' },
      { title: 'JTI' },
      { title: 'WHAT WAS WRONG', maxWidth: 50 },
    ],
    recentRefusals.map(({ at, reason, seq, streamSequence, jti, detail }) => [
      timeText(at),
      reason,
      seq === undefined ? '-' : String(seq),
      streamSequence === undefined ? '-' : String(streamSequence),
      jti ?? '-',
      detail,
    ]),
  );
  return `${lines.join('\n')}\n\n${refusals}`;
}

function timeText(time: number | undefined): string {
  return time === undefined ? '-' : new Date(time).toISOString().replace('.000Z', 'Z');
}
