import type { DurationMs, UnixMs } from '../decision/vocabulary.js';
import { decodeLogEntry } from '../store/log-entry.js';
import type { LogPosition, LogStore, StateStore } from '../store/ports.js';
import { settledTime } from '../store/settled-time.js';

const DAY_MS = 24 * 60 * 60_000;

/** How long entries of a kind must be kept after they were received. */
export interface RetentionRules {
  readonly byKind: ReadonlyMap<string, DurationMs>;
  /** For kinds not named; unknown ones are not ours to forget early. */
  readonly otherwise: DurationMs;
}

/**
 * Assessments for 400 days: a year of disputes and a month to ask. Signals for 180 days: older ones no longer earn points.
 * All else as long as the assessments it explains.
 */
export const DEFAULT_RETENTION: RetentionRules = {
  byKind: new Map([
    ['assessment', 400 * DAY_MS],
    ['signal', 180 * DAY_MS],
  ]),
  otherwise: 400 * DAY_MS,
};

/** What retention needs to know of an entry. */
export interface AgedEntry {
  readonly position: LogPosition;
  readonly kind: string;
  readonly receivedAt: UnixMs;
  /** What an unconfirmed wall clock said. */
  readonly unconfirmedAt?: UnixMs;
}

/**
 * How far the log may be trimmed: the longest prefix all of whose entries are past their retention. One that must stay
 * keeps all behind it, so an entry may live longer than its kind asks for, never shorter.
 *
 * @param entries from the oldest on
 * @returns position of the last entry that may go; 0 when none may
 */
export function planTrim(entries: Iterable<AgedEntry>, now: UnixMs, rules: RetentionRules): LogPosition {
  let through = 0;
  for (const entry of entries) {
    if (!isPastRetention(entry, now, rules)) break;
    through = entry.position;
  }
  return through;
}

function isPastRetention(entry: AgedEntry, now: UnixMs, rules: RetentionRules): boolean {
  const { receivedAt, unconfirmedAt } = entry;
  const lead = unconfirmedAt === undefined ? undefined : unconfirmedAt - receivedAt;
  return settledTime(receivedAt, lead, now) + (rules.byKind.get(entry.kind) ?? rules.otherwise) < now;
}

/** Entries looked at before other work is let in. */
const PLAN_SLICE = 1_000;

/** Entries trimmed at most in one run: an hourly run keeps up with 1,300 a second. */
export const MAX_TRIM_ENTRIES = 5_000_000;

export interface RetentionOptions {
  readonly log: LogStore;
  readonly state: StateStore;
  /** Brings the state as far as it can get; then the checkpoint contains what is trimmed. */
  readonly flushState: () => Promise<void>;
  readonly rules?: RetentionRules;
  readonly maxTrimEntries?: number;
}

export type TrimResult =
  | { readonly kind: 'nothing-to-trim' }
  /** The state does not contain all that would go; tried again at the next run. */
  | { readonly kind: 'state-behind' }
  | { readonly kind: 'trimmed'; readonly through: LogPosition; readonly entries: number };

/**
 * Trims what is past its retention. A checkpoint of the state is written first: from then on the log alone no longer
 * makes a state.
 *
 * @throws StoreError codes `LOG_CORRUPT`, `STORE_WRITE_FAILED`; nothing is lost then
 */
export async function trimLog(now: UnixMs, options: RetentionOptions): Promise<TrimResult> {
  const { log, state } = options;
  const through = await planInSlices(now, options);
  if (through === 0) return { kind: 'nothing-to-trim' };
  await options.flushState();
  if (state.cursor < through) return { kind: 'state-behind' };
  await state.checkpoint();
  const first = log.firstPosition;
  await log.trim(through);
  return { kind: 'trimmed', through, entries: log.firstPosition - first };
}

async function planInSlices(now: UnixMs, options: RetentionOptions): Promise<LogPosition> {
  const { log, rules = DEFAULT_RETENTION, maxTrimEntries = MAX_TRIM_ENTRIES } = options;
  // The last entry stays, whatever its age: it carries the count on.
  const end = Math.min(log.lastPosition - 1, log.firstPosition + maxTrimEntries - 1);
  let through = 0;
  for (let from = log.firstPosition; from > 0 && from <= end; from += PLAN_SLICE) {
    const last = Math.min(end, from + PLAN_SLICE - 1);
    const reached = planTrim(agedEntries(log, from, last - from + 1), now, rules);
    through = Math.max(through, reached);
    if (reached < last) break;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return through;
}

function* agedEntries(log: LogStore, from: LogPosition, limit: number): Iterable<AgedEntry> {
  for (const { position, bytes } of log.read(from, limit)) {
    const { kind, receivedAt, unconfirmedAt } = decodeLogEntry(position, bytes);
    yield { position, kind, receivedAt, ...(unconfirmedAt === undefined ? {} : { unconfirmedAt }) };
  }
}
