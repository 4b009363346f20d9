import type { UnixMs } from '../decision/vocabulary.js';
import { REFUSAL_REASONS, type RefusalReason } from './refusal.js';
import { type Gap, hasCome, observeSequence, type SequenceState, voidNumbers } from './sequence.js';
import { isObject, parseObject } from './token.js';

/** What we know of one provider's feed; kept in the state. A pure value. */
export interface FeedRecord {
  /** Latest verified `iat`. */
  readonly watermark?: UnixMs;
  /** When the last heartbeat was issued, or received if its clock was ahead. */
  readonly heartbeatAt?: UnixMs;
  readonly sequence?: SequenceState;
  /** When the provider last said that it pauses; a later heartbeat takes it back. */
  readonly pausedAt?: UnixMs;
  /** When the stream was found recreated or rolled back, until this provider is known to be complete again. */
  readonly resetAt?: UnixMs;
  readonly acceptedCount: number;
  readonly duplicateCount: number;
  /**
   * Accepted events under a number that another token had before. Absent: none. A provider that counts anew is no more
   * known to be complete: what it loses now looks like what came before.
   */
  readonly reusedCount?: number;
  /** Refused messages by reason, since the data folder was made. */
  readonly refused: Readonly<Partial<Record<RefusalReason, number>>>;
}

export const NEW_FEED: FeedRecord = {
  acceptedCount: 0,
  duplicateCount: 0,
  refused: {},
};

/** What a verified token tells about its feed, whatever else it says. */
export interface TokenSighting {
  readonly issuedAt: UnixMs;
  readonly receivedAt: UnixMs;
  readonly seq?: number;
  readonly isHeartbeat: boolean;
}

/** The record after a verified token came, new or not. */
export function observeToken(record: FeedRecord, token: TokenSighting): FeedRecord {
  const watermark = Math.max(record.watermark ?? 0, token.issuedAt);
  const beat = token.isHeartbeat ? Math.min(token.issuedAt, token.receivedAt) : 0;
  const heartbeatAt = Math.max(record.heartbeatAt ?? 0, beat);
  const sequence = token.seq === undefined ? record.sequence : observeSequence(record.sequence, token.seq);
  return {
    ...record,
    watermark,
    ...(heartbeatAt === 0 ? {} : { heartbeatAt }),
    ...(sequence === undefined ? {} : { sequence }),
  };
}

/**
 * The record after a new event was accepted; to be called before its token is observed. Its number is a used one if it
 * came before and the token is newer than all that came: an old one may be accepted late, after it was refused.
 */
export function countAccepted(
  record: FeedRecord,
  token: Pick<TokenSighting, 'issuedAt' | 'seq'>,
): FeedRecord {
  const isNewest = token.issuedAt > (record.watermark ?? 0);
  const isReused = isNewest && token.seq !== undefined && hasCome(record.sequence, token.seq);
  return {
    ...record,
    acceptedCount: record.acceptedCount + 1,
    ...(isReused ? { reusedCount: (record.reusedCount ?? 0) + 1 } : {}),
  };
}

/** The record after a token came that is refused for good: its number is there, it says nothing else. */
export function observeRefused(record: FeedRecord, seq: number): FeedRecord {
  return { ...record, sequence: observeSequence(record.sequence, seq) };
}

/** The record after the provider declared numbers void, in a token that was observed before. */
export function markVoid(record: FeedRecord, range: Gap): FeedRecord {
  return record.sequence === undefined
    ? record
    : { ...record, sequence: voidNumbers(record.sequence, range) };
}

/** The record after the provider said, at `issuedAt`, that it pauses. An older word than its last heartbeat is void. */
export function markPaused(record: FeedRecord, issuedAt: UnixMs): FeedRecord {
  return { ...record, pausedAt: Math.max(record.pausedAt ?? 0, issuedAt) };
}

export function isPaused({ pausedAt, heartbeatAt }: FeedRecord): boolean {
  return pausedAt !== undefined && pausedAt >= (heartbeatAt ?? 0);
}

/** The record after the stream was found recreated or rolled back. */
export function markReset(record: FeedRecord, now: UnixMs): FeedRecord {
  return { ...record, resetAt: now };
}

/**
 * Ends a reset when the provider has been heard after it: everything in the stream was read again, and what the
 * provider says now is linked to what it said before by its numbers.
 */
export function endReset(record: FeedRecord): FeedRecord {
  if (record.resetAt === undefined || (record.watermark ?? 0) < record.resetAt) return record;
  const { resetAt: _, ...rest } = record;
  return rest;
}

export function countRefusal(record: FeedRecord, reason: RefusalReason): FeedRecord {
  return { ...record, refused: { ...record.refused, [reason]: (record.refused[reason] ?? 0) + 1 } };
}

/** Format of the stored text; another one is read as a new feed. */
const FORMAT = 1;

export function encodeFeedRecord(record: FeedRecord): Uint8Array {
  return Buffer.from(JSON.stringify({ format: FORMAT, ...record }), 'utf8');
}

/** Never throws: the state is disposable, and an unreadable record is one that must be learnt again. */
export function decodeFeedRecord(bytes: Uint8Array): FeedRecord {
  const stored = parseObject(Buffer.from(bytes).toString('utf8'));
  if (stored === undefined || stored['format'] !== FORMAT) return NEW_FEED;
  const watermark = readNumber(stored['watermark']);
  const heartbeatAt = readNumber(stored['heartbeatAt']);
  const pausedAt = readNumber(stored['pausedAt']);
  const resetAt = readNumber(stored['resetAt']);
  const reusedCount = readNumber(stored['reusedCount']);
  const sequence = readSequence(stored['sequence']);
  const counts = isObject(stored['refused']) ? stored['refused'] : {};
  const refused: Partial<Record<RefusalReason, number>> = {};
  for (const reason of REFUSAL_REASONS) {
    const count = readNumber(counts[reason]);
    if (count !== undefined) refused[reason] = count;
  }
  return {
    acceptedCount: readNumber(stored['acceptedCount']) ?? 0,
    duplicateCount: readNumber(stored['duplicateCount']) ?? 0,
    refused,
    ...(watermark === undefined ? {} : { watermark }),
    ...(heartbeatAt === undefined ? {} : { heartbeatAt }),
    ...(pausedAt === undefined ? {} : { pausedAt }),
    ...(resetAt === undefined ? {} : { resetAt }),
    ...(reusedCount === undefined ? {} : { reusedCount }),
    ...(sequence === undefined ? {} : { sequence }),
  };
}

function readSequence(value: unknown): SequenceState | undefined {
  if (!isObject(value)) return undefined;
  const first = readNumber(value['first']);
  const last = readNumber(value['last']);
  const gaps = readGaps(value['gaps']);
  if (first === undefined || last === undefined || gaps === undefined) return undefined;
  const voids = readGaps(value['voids']);
  return { first, last, gaps, ...(voids === undefined ? {} : { voids }) };
}

function readGaps(value: unknown): readonly Gap[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.filter(
    (gap): gap is Gap =>
      Array.isArray(gap) && gap.length === 2 && gap.every((end) => Number.isSafeInteger(end)),
  );
}

function readNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
