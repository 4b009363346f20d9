import type { Decision, UnixMs } from '../decision/vocabulary.js';
import type { LogPosition } from '../store/ports.js';
import { pageToken, readPageToken } from './page-token.js';
import { type EntrySource, type RecordedAssessment, readAssessment } from './recorded-assessment.js';

/**
 * Entries that one page may walk over when no account narrows the search. A page of a rare decision may therefore be
 * short, or empty, and still have a next one.
 */
export const MAX_SCANNED_ENTRIES = 10_000;

/** Entries read before others get their turn: a few milliseconds. */
const SLICE_ENTRIES = 200;

/** Rows of an account's index that are looked at together. */
const INDEX_BATCH = 200;

/** All given filters must match. */
export interface AssessmentFilter {
  readonly accountId?: string;
  /** Assessed at or after this. */
  readonly from?: UnixMs;
  /** Assessed before this. */
  readonly to?: UnixMs;
  /** Absent: all. */
  readonly decisions?: readonly Decision[];
}

export interface AssessmentQuery {
  readonly tenant: string;
  readonly filter: AssessmentFilter;
  /** At least 1. */
  readonly pageSize: number;
  /** Absent: the first page. */
  readonly pageToken?: string;
}

export type AssessmentPage =
  | {
      readonly kind: 'page';
      /** Newest first. */
      readonly assessments: readonly RecordedAssessment[];
      /** Absent on the last page. */
      readonly nextPageToken?: string;
    }
  /** The token was changed, or belongs to other filters. */
  | { readonly kind: 'invalid-token' };

/** Which assessments an account has, without reading the log. */
export interface AssessmentIndex {
  assessmentsOf(
    tenant: string,
    accountId: string,
    limit: number,
    before?: LogPosition,
  ): readonly { readonly position: LogPosition; readonly decision: string; readonly receivedAt: UnixMs }[];
}

/**
 * A page of recorded assessments of one tenant, newest first: by the account's index if an account is named, else by a
 * walk back through the log.
 *
 * @throws StoreError code `LOG_CORRUPT`
 */
export async function findAssessments(
  entries: EntrySource,
  index: AssessmentIndex,
  query: AssessmentQuery,
): Promise<AssessmentPage> {
  const scope = scopeOf(query);
  let before = entries.head + 1;
  if (query.pageToken !== undefined && query.pageToken !== '') {
    const position = readPageToken(query.pageToken, scope);
    if (position === undefined) return { kind: 'invalid-token' };
    before = Math.min(before, position);
  }
  const { accountId } = query.filter;
  const found =
    accountId === undefined
      ? await walkBack(entries, query, before)
      : await byAccount(entries, index, query, accountId, before);
  const next = found.next === undefined ? {} : { nextPageToken: pageToken(found.next, scope) };
  return { kind: 'page', assessments: found.assessments, ...next };
}

interface Found {
  readonly assessments: readonly RecordedAssessment[];
  /** The next page begins before this; absent at the end. */
  readonly next: LogPosition | undefined;
}

async function byAccount(
  entries: EntrySource,
  index: AssessmentIndex,
  query: AssessmentQuery,
  accountId: string,
  start: LogPosition,
): Promise<Found> {
  const assessments: RecordedAssessment[] = [];
  let before = start;
  for (;;) {
    const rows = index.assessmentsOf(query.tenant, accountId, INDEX_BATCH, before);
    for (const row of rows) {
      if (isTooOld(query.filter, row.receivedAt)) return { assessments, next: undefined };
      const isWanted = matches(query.filter, row.decision, row.receivedAt);
      const entry = isWanted ? entries.get(row.position) : undefined;
      const assessment = entry === undefined ? undefined : readAssessment(entry, query.tenant);
      if (assessment !== undefined) {
        if (assessments.length === query.pageSize) return { assessments, next: before };
        assessments.push(assessment);
      }
      before = row.position;
    }
    if (rows.length < INDEX_BATCH) return { assessments, next: undefined };
    await nextTurn();
  }
}

async function walkBack(entries: EntrySource, query: AssessmentQuery, start: LogPosition): Promise<Found> {
  const assessments: RecordedAssessment[] = [];
  let before =
    query.filter.to === undefined ? start : Math.min(start, firstSince(entries, query.filter.to, start));
  for (let scanned = 0; scanned < MAX_SCANNED_ENTRIES; scanned++) {
    const entry = entries.get(before - 1);
    if (entry === undefined || isTooOld(query.filter, entry.stamp.receivedAt))
      return { assessments, next: undefined };
    const assessment = readAssessment(entry, query.tenant);
    if (assessment !== undefined && matches(query.filter, assessment.body.decision, assessment.assessedAt)) {
      if (assessments.length === query.pageSize) return { assessments, next: before };
      assessments.push(assessment);
    }
    before--;
    if (scanned % SLICE_ENTRIES === SLICE_ENTRIES - 1) await nextTurn();
  }
  return { assessments, next: before };
}

/**
 * The first position from which on everything was received at or after `time`: the clock of the log never goes back,
 * so halving finds it. What retention has removed counts as older.
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

function matches(filter: AssessmentFilter, decision: string, assessedAt: UnixMs): boolean {
  if (filter.to !== undefined && assessedAt >= filter.to) return false;
  return filter.decisions === undefined || filter.decisions.some((wanted) => wanted === decision);
}

function scopeOf({ tenant, filter }: AssessmentQuery): string {
  const decisions = filter.decisions === undefined ? null : [...filter.decisions].sort();
  return JSON.stringify([
    tenant,
    filter.accountId ?? null,
    filter.from ?? null,
    filter.to ?? null,
    decisions,
  ]);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
