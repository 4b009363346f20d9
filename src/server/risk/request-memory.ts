import type { UnixMs } from '../../decision/vocabulary.js';
import type { ClockReading, EntryStamp } from '../../journal/index.js';
import { decodeEntry } from '../../store/codec/entries.js';
import type { LogPosition } from '../../store/ports.js';
import { settledTime } from '../../store/settled-time.js';
import { REQUEST_ID_RETENTION_MS } from './limits.js';
import type { RiskParts } from './parts.js';
import { isStale } from './stale-answer.js';

/** What a `request_id` means now. */
export type Remembered =
  | { readonly kind: 'new' }
  /** Same content: the identical answer. Its record, at `position`, may still be on its way to disk. */
  | { readonly kind: 'same'; readonly position: LogPosition; readonly response: Uint8Array }
  | { readonly kind: 'other-content' }
  /** Same content, but the answer of this assessment no longer holds. */
  | { readonly kind: 'stale'; readonly assessmentId: string };

const NEW: Remembered = { kind: 'new' };

/** Looks a `request_id` up: remembered for seven days, across restarts, and from the moment its answer was formed. */
export function recall(
  parts: RiskParts,
  tenant: string,
  requestId: string,
  digest: string,
  reading: ClockReading,
): Remembered {
  const known = parts.view.request(tenant, requestId);
  const now = reading.earliestMs;
  if (known === undefined || known.receivedAt < now - REQUEST_ID_RETENTION_MS) return NEW;
  const entry = parts.journal.get(known.position);
  // Trimmed away by retention: the id is forgotten with its record.
  if (entry === undefined || receivedAt(entry.stamp, now) < now - REQUEST_ID_RETENTION_MS) return NEW;
  const body = decodeEntry(entry.kind, entry.payload);
  if (body.kind !== 'assessment') return NEW;
  if (body.requestDigest !== digest) return { kind: 'other-content' };
  const answered = { id: entry.stamp.id, at: receivedAt(entry.stamp, now), body };
  if (isStale(parts, tenant, answered, reading)) return { kind: 'stale', assessmentId: entry.stamp.id };
  return { kind: 'same', position: known.position, response: body.response };
}

function receivedAt({ receivedAt: at, unconfirmedAt }: EntryStamp, now: UnixMs): UnixMs {
  return settledTime(at, unconfirmedAt === undefined ? undefined : unconfirmedAt - at, now);
}
