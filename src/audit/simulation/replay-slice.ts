import type { OutcomeClass, ReplayItem } from '../../policy/simulate/index.js';
import { decodeAssessment } from '../../store/codec/assessment-codec.js';
import { decodeLogEntry } from '../../store/log-entry.js';
import type { LogPosition } from '../../store/ports.js';
import type { RawEntries, ReplayPlan } from './replay-plan.js';

/** Assessments of one slice: some 20 ms of work for a thread. */
export const SLICE_ITEMS = 500;

/** Recorded assessments on their way to a thread: raw entries end to end, in one block of memory that moves. */
export interface ReplaySlice {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where each entry ends. */
  readonly ends: Uint32Array<ArrayBuffer>;
  readonly positions: Float64Array<ArrayBuffer>;
}

/** Copies the entries of a plan from `start` on, at most {@link SLICE_ITEMS}. What is gone meanwhile is left out. */
export function readSlice(entries: RawEntries, plan: ReplayPlan, start: number): ReplaySlice {
  const found: Uint8Array[] = [];
  const positions: LogPosition[] = [];
  let size = 0;
  for (const position of plan.positions.slice(start, start + SLICE_ITEMS)) {
    const bytes = entries.get(position);
    if (bytes === undefined) continue;
    found.push(bytes);
    positions.push(position);
    size += bytes.length;
  }
  const bytes = new Uint8Array(size);
  const ends = new Uint32Array(found.length);
  let at = 0;
  for (const [index, entry] of found.entries()) {
    bytes.set(entry, at);
    at += entry.length;
    ends[index] = at;
  }
  return { bytes, ends, positions: Float64Array.from(positions) };
}

/**
 * Reads the assessments of a slice; another tenant's are left out (I10).
 *
 * @throws StoreError code `LOG_CORRUPT`
 */
export function* itemsOf(
  slice: ReplaySlice,
  tenant: string,
  outcomes: ReadonlyMap<string, OutcomeClass>,
): Iterable<ReplayItem> {
  let start = 0;
  for (const [index, end] of slice.ends.entries()) {
    const entry = decodeLogEntry(slice.positions[index] ?? 0, slice.bytes.subarray(start, end));
    start = end;
    if (entry.tenant !== tenant) continue;
    const { input } = decodeAssessment(entry.payload);
    const outcome = outcomes.get(entry.id);
    yield { id: entry.id, at: entry.receivedAt, input, ...(outcome === undefined ? {} : { outcome }) };
  }
}
