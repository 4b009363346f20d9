import type { UnixMs } from '../decision/vocabulary.js';
import { type AssessmentBody, decodeEntry } from '../store/codec/entries.js';
import type { LogPosition } from '../store/ports.js';

/** An entry of the log as audit reads it. */
export interface AuditedEntry {
  readonly stamp: { readonly position: LogPosition; readonly id: string; readonly receivedAt: UnixMs };
  readonly kind: string;
  readonly tenant: string;
  readonly payload: Uint8Array;
}

/** Where recorded entries are. */
export interface EntrySource {
  /** Position of the last entry. */
  readonly head: LogPosition;
  /** The entry at a position; undefined when there is none (any more). */
  get(position: LogPosition): AuditedEntry | undefined;
}

/** One answer as it was recorded. */
export interface RecordedAssessment {
  readonly id: string;
  readonly position: LogPosition;
  readonly assessedAt: UnixMs;
  readonly body: AssessmentBody;
}

/**
 * The assessment that an entry of this tenant records; undefined if it is something else or another tenant's (I10).
 *
 * @throws StoreError code `LOG_CORRUPT`
 */
export function readAssessment(entry: AuditedEntry, tenant: string): RecordedAssessment | undefined {
  if (entry.kind !== 'assessment' || entry.tenant !== tenant) return undefined;
  const body = decodeEntry(entry.kind, entry.payload);
  if (body.kind !== 'assessment') return undefined;
  const { id, position, receivedAt } = entry.stamp;
  return { id, position, assessedAt: receivedAt, body };
}

/**
 * One assessment by its id.
 *
 * @param position where the id says that it is
 */
export function getAssessment(
  entries: EntrySource,
  tenant: string,
  id: string,
  position: LogPosition,
): RecordedAssessment | undefined {
  const entry = entries.get(position);
  return entry === undefined || entry.stamp.id !== id ? undefined : readAssessment(entry, tenant);
}
