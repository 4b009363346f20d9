import type { DurationMs, FeedState, UnixMs } from '../decision/vocabulary.js';
import { type AskState, nextAsk, SETTLE_MS } from './control-asks.js';
import { CONTROL_SUBJECT_PREFIX, encodeAsk } from './control-message.js';
import type { FeedRecord } from './feed-record.js';
import type { FeedStatus, FeedTable } from './feed-table.js';
import { countNumbers, missingCount } from './sequence.js';
import { encodeReport, type FeedReport, MAX_STATUS_GAPS, STATUS_SUBJECT_PREFIX } from './status-message.js';

/** How often it is looked whether there is something to say. */
const LOOK_MS = 500;

/** Between two reports on one feed, however much happens on it. */
export const REPORT_PAUSE_MS: DurationMs = 2_000;

/** A report comes at least this often: nothing heard for longer means that we, or the way to us, are down. */
export const REPORT_INTERVAL_MS: DurationMs = 10_000;

export interface NoticesOptions {
  readonly table: FeedTable;
  /** Messages of a provider that wait for a key. */
  readonly parkedCount: (provider: string) => number;
  readonly clock: { nowMs(): UnixMs };
  /** Sends without waiting. Nobody may be listening: what matters is said again. @returns false while there is no link */
  readonly publish: (subject: string, text: string) => boolean;
  /** A back-fill was asked for: how many numbers. */
  readonly asked: (provider: string, numbers: number) => void;
}

/** What the last report on a feed was made of. */
interface Reported {
  readonly at: UnixMs;
  readonly state: FeedState;
  readonly record: FeedRecord;
  readonly parkedCount: number;
  readonly isCaughtUp: boolean;
}

/**
 * Tells providers what became of their messages, and asks them for what did not come. Over core NATS: a report is
 * worth nothing later, and an ask is repeated while it matters.
 */
export class ProviderNotices {
  readonly #options: NoticesOptions;
  readonly #asks = new Map<string, AskState>();
  readonly #reported = new Map<string, Reported>();
  #ticker: NodeJS.Timeout | undefined;

  constructor(options: NoticesOptions) {
    this.#options = options;
  }

  start(): void {
    this.#ticker ??= setInterval(() => this.look(), LOOK_MS);
    this.#ticker.unref();
  }

  stop(): void {
    clearInterval(this.#ticker);
  }

  /** Says what is to be said now. */
  look(): void {
    const { table, clock } = this.#options;
    const { isUp, unreached } = table.link;
    if (!isUp) return;
    const now = clock.nowMs();
    // While we read what has piled up, what is missing may come further on.
    const isCaughtUp = unreached === undefined || now - unreached.since <= SETTLE_MS;
    for (const status of table.statuses()) {
      if (isCaughtUp) this.#ask(status, now);
      this.#report(status, isCaughtUp, now);
    }
  }

  #ask({ provider, record }: FeedStatus, now: UnixMs): void {
    const { state, ask } = nextAsk(this.#asks.get(provider), record.sequence, now);
    if (state === undefined) this.#asks.delete(provider);
    else this.#asks.set(provider, state);
    if (ask === undefined) return;
    const text = encodeAsk({ provider, ranges: ask, askedAt: now });
    const isSent = this.#options.publish(`${CONTROL_SUBJECT_PREFIX}${provider}`, text);
    if (isSent) this.#options.asked(provider, countNumbers(ask));
  }

  #report({ provider, state, record }: FeedStatus, isCaughtUp: boolean, now: UnixMs): void {
    const { table, parkedCount, publish } = this.#options;
    const parked = parkedCount(provider);
    const before = this.#reported.get(provider);
    if (before !== undefined) {
      const isSame =
        before.record === record &&
        before.state === state &&
        before.parkedCount === parked &&
        before.isCaughtUp === isCaughtUp;
      if (now - before.at < (isSame ? REPORT_INTERVAL_MS : REPORT_PAUSE_MS)) return;
    }
    const report = feedReport(provider, state, record, now, {
      parkedCount: parked,
      isCaughtUp,
      recentRefusals: table.recentRefusals(provider, now),
    });
    if (!publish(`${STATUS_SUBJECT_PREFIX}${provider}`, encodeReport(report))) return;
    this.#reported.set(provider, { at: now, state, record, parkedCount: parked, isCaughtUp });
  }
}

/** A provider's own view of its feed. */
function feedReport(
  provider: string,
  state: FeedState,
  record: FeedRecord,
  asOf: UnixMs,
  rest: Pick<FeedReport, 'parkedCount' | 'isCaughtUp' | 'recentRefusals'>,
): FeedReport {
  const { sequence, watermark, heartbeatAt } = record;
  return {
    provider,
    state,
    asOf,
    gaps: (sequence?.gaps ?? []).slice(0, MAX_STATUS_GAPS),
    missingCount: missingCount(sequence),
    voidCount: countNumbers(sequence?.voids ?? []),
    reusedCount: record.reusedCount ?? 0,
    acceptedCount: record.acceptedCount,
    duplicateCount: record.duplicateCount,
    refused: { ...record.refused },
    ...rest,
    ...(watermark === undefined ? {} : { watermark }),
    ...(heartbeatAt === undefined ? {} : { lastHeartbeatAt: heartbeatAt }),
    ...(sequence === undefined ? {} : { lastSeq: sequence.last }),
  };
}
