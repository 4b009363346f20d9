import {
  type ItemFilter,
  type OutcomeClass,
  passes,
  type RecordedAnswer,
  type ReplayItem,
} from '../../policy/simulate/index.js';
import { RecordReader } from '../../store/codec/record-reader.js';
import { readRecordedAnswer, readRecordedInput } from '../../store/codec/recorded-input.js';
import { readLogEntry } from '../../store/log-entry.js';
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
 * Reads the assessments of a slice that meet the filter; another tenant's are left out (I10).
 *
 * @throws StoreError code `LOG_CORRUPT` or `STATE_CORRUPT`
 */
export function* itemsOf(
  slice: ReplaySlice,
  tenant: string,
  outcomes: ReadonlyMap<string, OutcomeClass>,
  filter?: ItemFilter,
): Iterable<ReplayItem> {
  const { bytes } = slice;
  const reader = new RecordReader(bytes);
  const answered = (): RecordedAnswer => readRecordedAnswer(reader);
  let start = 0;
  for (const [index, end] of slice.ends.entries()) {
    reader.open(start, end);
    const entry = readLogEntry(slice.positions[index] ?? 0, reader);
    start = end;
    if (entry.tenant !== tenant) continue;
    const payloadAt = entry.payload.byteOffset - bytes.byteOffset;
    reader.narrow(payloadAt, payloadAt + entry.payload.length);
    const input = readRecordedInput(reader);
    const known = { id: entry.id, at: entry.receivedAt, input };
    const outcome = outcomes.get(entry.id);
    const item = outcome === undefined ? known : { ...known, outcome };
    if (filter === undefined || passes(filter, item, answered)) yield item;
  }
}
