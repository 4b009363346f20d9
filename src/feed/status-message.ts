import { FEED_STATES, type FeedState, type UnixMs } from '../decision/vocabulary.js';
import { readRanges } from './control-message.js';
import type { Gap } from './sequence.js';
import { isObject, parseObject } from './token.js';

/** What became of a provider's messages is published on `holdfast.feed-status.<provider>`. */
export const STATUS_SUBJECT_PREFIX = 'holdfast.feed-status.';

/** Most gaps named; `missingCount` counts all. */
export const MAX_STATUS_GAPS = 32;

/** Most refusals named; `refused` counts all. */
export const MAX_STATUS_REFUSALS = 20;

/** A message that was refused lately. */
export interface RecentRefusal {
  /** A refusal reason of `docs/providers.md`. */
  readonly reason: string;
  /** In words; holds nothing of the message. */
  readonly detail: string;
  readonly at: UnixMs;
  /** Its place in the stream, as the broker confirmed it. Absent for messages that did not come over the stream. */
  readonly streamSequence?: number;
  /** SHA-256 of the token, hexadecimal. */
  readonly digest: string;
  /** The token's own number and id; absent where the signature was not found good. */
  readonly seq?: number;
  readonly jti?: string;
}

/** A provider's feed as the exchange sees it. Says nothing of accounts, addresses or other providers. */
export interface FeedReport {
  readonly provider: string;
  readonly state: FeedState;
  readonly asOf: UnixMs;
  /** Latest verified `iat`. */
  readonly watermark?: UnixMs;
  readonly lastHeartbeatAt?: UnixMs;
  readonly lastSeq?: number;
  /** Numbers that did not come, at most {@link MAX_STATUS_GAPS} ranges. */
  readonly gaps: readonly Gap[];
  readonly missingCount: number;
  /** Numbers that the provider declared void. */
  readonly voidCount: number;
  /** Accepted events under a number that was used before: the provider counts anew, or twice at once. */
  readonly reusedCount: number;
  /** Events in effect, tokens that were known already, by count since the exchange's data folder was made. */
  readonly acceptedCount: number;
  readonly duplicateCount: number;
  /** Refused messages by reason, since then. */
  readonly refused: Readonly<Record<string, number>>;
  /** Refused messages that wait for a key or a registration. */
  readonly parkedCount: number;
  /** Everything that the broker holds has been read. */
  readonly isCaughtUp: boolean;
  /** Refused in the last 24 hours, newest first, at most {@link MAX_STATUS_REFUSALS}. */
  readonly recentRefusals: readonly RecentRefusal[];
}

/** As JSON; times in epoch seconds, as everywhere between us and providers. */
export function encodeReport(report: FeedReport): string {
  return JSON.stringify({
    type: 'status',
    provider: report.provider,
    state: report.state,
    as_of: seconds(report.asOf),
    watermark: seconds(report.watermark),
    last_heartbeat_at: seconds(report.lastHeartbeatAt),
    last_seq: report.lastSeq,
    gaps: report.gaps,
    missing_count: report.missingCount,
    void_count: report.voidCount,
    reused_count: report.reusedCount,
    accepted_count: report.acceptedCount,
    duplicate_count: report.duplicateCount,
    refused: report.refused,
    parked_count: report.parkedCount,
    caught_up: report.isCaughtUp,
    recent_refusals: report.recentRefusals.map(({ at, streamSequence, ...rest }) => ({
      ...rest,
      at: seconds(at),
      stream_sequence: streamSequence,
    })),
  });
}

/** Reads a report; undefined for anything else. Fields of newer versions are left out. */
export function decodeReport(text: string): FeedReport | undefined {
  const stored = parseObject(text);
  const state = FEED_STATES.find((known) => known === stored?.['state']);
  const gaps = readRanges(stored?.['gaps']);
  const asOf = millis(stored?.['as_of']);
  const provider = stored?.['provider'];
  if (stored?.['type'] !== 'status' || state === undefined || gaps === undefined) return undefined;
  if (asOf === undefined || typeof provider !== 'string') return undefined;
  const watermark = millis(stored['watermark']);
  const lastHeartbeatAt = millis(stored['last_heartbeat_at']);
  const lastSeq = stored['last_seq'];
  const refusals = stored['recent_refusals'];
  return {
    provider,
    state,
    asOf,
    gaps,
    missingCount: count(stored['missing_count']),
    voidCount: count(stored['void_count']),
    reusedCount: count(stored['reused_count']),
    acceptedCount: count(stored['accepted_count']),
    duplicateCount: count(stored['duplicate_count']),
    refused: readCounts(stored['refused']),
    parkedCount: count(stored['parked_count']),
    isCaughtUp: stored['caught_up'] === true,
    recentRefusals: Array.isArray(refusals) ? refusals.flatMap(readRefusal) : [],
    ...(watermark === undefined ? {} : { watermark }),
    ...(lastHeartbeatAt === undefined ? {} : { lastHeartbeatAt }),
    ...(typeof lastSeq === 'number' ? { lastSeq } : {}),
  };
}

function readRefusal(value: unknown): readonly RecentRefusal[] {
  if (!isObject(value)) return [];
  const { reason, detail, digest, seq, jti, stream_sequence: streamSequence } = value;
  const at = millis(value['at']);
  if (typeof reason !== 'string' || at === undefined) return [];
  return [
    {
      reason,
      detail: typeof detail === 'string' ? detail : '',
      at,
      digest: typeof digest === 'string' ? digest : '',
      ...(typeof streamSequence === 'number' ? { streamSequence } : {}),
      ...(typeof seq === 'number' ? { seq } : {}),
      ...(typeof jti === 'string' ? { jti } : {}),
    },
  ];
}

function readCounts(value: unknown): Readonly<Record<string, number>> {
  const entries = isObject(value) ? Object.entries(value) : [];
  return Object.fromEntries(entries.map(([reason, number]) => [reason, count(number)]));
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

function seconds(time: UnixMs | undefined): number | undefined {
  return time === undefined ? undefined : Math.floor(time / 1000);
}

function millis(value: unknown): UnixMs | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value * 1000 : undefined;
}
