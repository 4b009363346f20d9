import { fromBinary } from '@bufbuild/protobuf';
import type { Decision, UnixMs } from '../decision/vocabulary.js';
import { AssessWithdrawalResponseSchema } from '../gen/holdfast/v1/risk_service_pb.js';
import type { AssessmentBody } from '../store/codec/entries.js';
import type { LogPosition } from '../store/ports.js';
import { pageToken, readPageToken } from './page-token.js';
import { type EntrySource, type RecordedAssessment, readAssessment } from './recorded-assessment.js';
import { type Slices, slicesOfOwn } from './slices.js';

/**
 * Entries that one page may walk over. Where few meet the filters a page may therefore be short, or empty, and still have
 * a next one.
 */
export const MAX_SCANNED_ENTRIES = 10_000;

/** All given filters must match. */
export interface AssessmentFilter {
  readonly accountId?: string;
  /** Assessed at or after this. */
  readonly from?: UnixMs;
  /** Assessed before this. */
  readonly to?: UnixMs;
  /** Absent: all. */
  readonly decisions?: readonly Decision[];
  readonly withdrawalId?: string;
  /** As reported last. Absent: all, also those of which nobody said. */
  readonly outcomes?: readonly string[];
  /** Inclusive. */
  readonly minScore?: number;
  /** Inclusive. */
  readonly maxScore?: number;
}

export interface AssessmentQuery {
  readonly tenant: string;
  readonly filter: AssessmentFilter;
  /** At least 1. */
  readonly pageSize: number;
  /** Entries that this page may walk over. Absent: {@link MAX_SCANNED_ENTRIES}. */
  readonly maxScanned?: number;
  /** Absent: the first page. */
  readonly pageToken?: string;
  /** Ends once the page is full, without looking whether there is another one. */
  readonly stopWhenFull?: boolean;
  /** Whether nobody waits for the page any more. Absent: somebody does. */
  readonly cancelled?: () => boolean;
  /** Told of each one that is found, in order; the page then holds none, so that a long one need not be kept decoded. */
  readonly each?: (assessment: RecordedAssessment) => void;
  /** When to let others have the thread. Absent: after a millisecond. */
  readonly slices?: Slices;
}

export type AssessmentPage =
  | {
      readonly kind: 'page';
      /** Newest first. */
      readonly assessments: readonly RecordedAssessment[];
      /** Absent on the last page. */
      readonly nextPageToken?: string;
      /** Entries that were walked over. */
      readonly scannedCount: number;
    }
  /** The token was changed, or belongs to other filters. */
  | { readonly kind: 'invalid-token' }
  /** Nobody waited for it any more. */
  | { readonly kind: 'cancelled' };

/** What no entry says by itself: where the assessments of an account begin, and what became of one. */
export interface AccountIndex {
  /** Position of the account's latest; 0: it has none. */
  latestAssessment(tenant: string, accountId: string): LogPosition;
  /** What was reported last of an assessment; asked only for filters by outcome. */
  outcome(tenant: string, assessmentId: string): { readonly label: string } | undefined;
}

/**
 * A page of recorded assessments of one tenant, newest first. Those of one account are followed from each to the one
 * before it; without an account every entry is looked at.
 *
 * @throws StoreError code `LOG_CORRUPT`
 */
export async function findAssessments(
  entries: EntrySource,
  index: AccountIndex,
  query: AssessmentQuery,
): Promise<AssessmentPage> {
  const scope = scopeOf(query);
  let start: LogPosition | undefined;
  if (query.pageToken !== undefined && query.pageToken !== '') {
    const before = readPageToken(query.pageToken, scope);
    if (before === undefined) return { kind: 'invalid-token' };
    start = Math.min(entries.head, before - 1);
  }
  const found = await walkBack(entries, index, query, start ?? newest(entries, index, query));
  if (found === undefined) return { kind: 'cancelled' };
  const next = found.next === undefined ? {} : { nextPageToken: pageToken(found.next, scope) };
  return { kind: 'page', assessments: found.assessments, scannedCount: found.scannedCount, ...next };
}

interface Found {
  readonly assessments: readonly RecordedAssessment[];
  /** The next page begins before this; absent at the end. */
  readonly next: LogPosition | undefined;
  readonly scannedCount: number;
}

/** Where the first page begins. */
function newest(entries: EntrySource, index: AccountIndex, { tenant, filter }: AssessmentQuery): LogPosition {
  // Down from the account's latest, whatever the time: between its assessments nothing says which way to go.
  if (filter.accountId !== undefined) return index.latestAssessment(tenant, filter.accountId);
  return filter.to === undefined ? entries.head : firstSince(entries, filter.to, entries.head + 1) - 1;
}

/** @returns undefined if nobody waits for what is found any more */
async function walkBack(
  entries: EntrySource,
  index: AccountIndex,
  query: AssessmentQuery,
  start: LogPosition,
): Promise<Found | undefined> {
  const { tenant, filter, pageSize } = query;
  const assessments: RecordedAssessment[] = [];
  let foundCount = 0;
  const slices = query.slices ?? slicesOfOwn();
  await slices.next();
  if (query.cancelled?.() === true) return undefined;
  let position = start;
  let scannedCount = 0;
  for (; scannedCount < (query.maxScanned ?? MAX_SCANNED_ENTRIES); scannedCount++) {
    const entry = position === 0 ? undefined : entries.get(position);
    if (entry === undefined || isTooOld(filter, entry.stamp.receivedAt))
      return { assessments, next: undefined, scannedCount };
    const assessment = readAssessment(entry, tenant);
    if (assessment !== undefined && matches(filter, assessment, (id) => index.outcome(tenant, id)?.label)) {
      if (foundCount === pageSize) return { assessments, next: position + 1, scannedCount };
      foundCount += 1;
      if (query.each === undefined) assessments.push(assessment);
      else query.each(assessment);
      if (query.stopWhenFull === true && foundCount === pageSize)
        return { assessments, next: position, scannedCount: scannedCount + 1 };
    }
    position = olderPosition(position, assessment, filter.accountId);
    if (slices.isOver()) {
      await slices.next();
      if (query.cancelled?.() === true) return undefined;
    }
  }
  return { assessments, next: position + 1, scannedCount };
}

/** Where to look next. Never forward, whatever an entry says. */
function olderPosition(
  position: LogPosition,
  assessment: RecordedAssessment | undefined,
  accountId: string | undefined,
): LogPosition {
  if (accountId === undefined || assessment === undefined || accountOf(assessment) !== accountId)
    return position - 1;
  // Entries from before it was recorded lack it: then every entry is looked at until one has it.
  return Math.min(assessment.body.previousPosition ?? position - 1, position - 1);
}

function accountOf({ body }: RecordedAssessment): string {
  return body.input.request.accountId;
}

/**
 * The first position from which on everything was received at or after `time`, by halving: the clock of the log does not
 * go back while the service runs. Where it was started on a clock that was behind, entries from before that start
 * may be left out. What retention has removed counts as older.
 */
export function firstSince(entries: EntrySource, time: UnixMs, end: LogPosition): LogPosition {
  let low = 1;
  let high = end;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const entry = entries.get(middle);
    if (entry === undefined || entry.stamp.receivedAt < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isTooOld(filter: AssessmentFilter, assessedAt: UnixMs): boolean {
  return filter.from !== undefined && assessedAt < filter.from;
}

function matches(
  filter: AssessmentFilter,
  assessment: RecordedAssessment,
  outcomeOf: (assessmentId: string) => string | undefined,
): boolean {
  const { assessedAt, body } = assessment;
  if (filter.accountId !== undefined && accountOf(assessment) !== filter.accountId) return false;
  if (filter.to !== undefined && assessedAt >= filter.to) return false;
  if (filter.withdrawalId !== undefined && body.input.request.withdrawalId !== filter.withdrawalId)
    return false;
  if (filter.decisions !== undefined && !filter.decisions.some((wanted) => wanted === body.decision))
    return false;
  return hasOutcome(filter, assessment, outcomeOf) && hasScore(filter, body);
}

function hasOutcome(
  { outcomes }: AssessmentFilter,
  { id }: RecordedAssessment,
  outcomeOf: (assessmentId: string) => string | undefined,
): boolean {
  if (outcomes === undefined) return true;
  const label = outcomeOf(id);
  return label !== undefined && outcomes.includes(label);
}

/** The last to be asked: the score is in the answer alone, which must be decoded for it. */
function hasScore({ minScore, maxScore }: AssessmentFilter, { response }: AssessmentBody): boolean {
  if (minScore === undefined && maxScore === undefined) return true;
  const { score } = fromBinary(AssessWithdrawalResponseSchema, response);
  return score >= (minScore ?? 0) && score <= (maxScore ?? Number.POSITIVE_INFINITY);
}

function scopeOf({ tenant, filter }: AssessmentQuery): string {
  const decisions = filter.decisions === undefined ? null : [...filter.decisions].sort();
  return JSON.stringify([
    tenant,
    filter.accountId ?? null,
    filter.from ?? null,
    filter.to ?? null,
    decisions,
    filter.withdrawalId ?? null,
    filter.outcomes === undefined ? null : [...filter.outcomes].sort(),
    filter.minScore ?? null,
    filter.maxScore ?? null,
  ]);
}
