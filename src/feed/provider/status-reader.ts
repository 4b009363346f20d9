import type { NatsConnection } from '@nats-io/transport-node';
import type { DurationMs } from '../../decision/vocabulary.js';
import { decodeReport, type FeedReport, STATUS_SUBJECT_PREFIX } from '../status-message.js';
import { messagesOn } from './broker-link.js';
import { ProviderToolError } from './provider-tool-error.js';

/** The exchange speaks at least every 10 s; one of its reports may be lost. */
export const STATUS_TIMEOUT_MS = 25_000;

/** What the exchange says of this provider's feed, as it says it, until `signal` ends it. @throws ProviderToolError code `BROKER_REFUSED` */
export async function* feedReports(
  connection: NatsConnection,
  provider: string,
  signal: AbortSignal,
): AsyncGenerator<FeedReport> {
  for await (const text of messagesOn(connection, `${STATUS_SUBJECT_PREFIX}${provider}`, signal)) {
    const report = decodeReport(text);
    if (report?.provider === provider) yield report;
  }
}

/** The next report. @throws ProviderToolError codes `NO_STATUS`, `BROKER_REFUSED` */
export async function nextReport(
  connection: NatsConnection,
  provider: string,
  timeoutMs: DurationMs = STATUS_TIMEOUT_MS,
): Promise<FeedReport> {
  for await (const report of feedReports(connection, provider, AbortSignal.timeout(timeoutMs))) return report;
  throw new ProviderToolError(
    'NO_STATUS',
    `the exchange said nothing on ${STATUS_SUBJECT_PREFIX}${provider} within ${timeoutMs / 1000} s: ` +
      'is it running, and are you registered there by this id?',
  );
}
