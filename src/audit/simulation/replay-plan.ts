import type { UnixMs } from '../../decision/vocabulary.js';
import { type OutcomeClass, outcomeClassOf } from '../../policy/simulate/index.js';
import { decodeEntry, type OutcomeBody } from '../../store/codec/entries.js';
import { decodeLogEntry } from '../../store/log-entry.js';
import type { LogPosition } from '../../store/ports.js';
import { type EntryHead, entryHead } from './entry-head.js';

/** Where raw entries are; a log store is one, and so is a log opened for reading. */
export interface RawEntries {
  /** Position of the last entry; 0 when empty. */
  readonly head: LogPosition;
  get(position: LogPosition): Uint8Array | undefined;
}

/** Which recorded assessments to replay. */
export interface HistoryFilter {
  readonly tenant: string;
  /** Assessed at or after this. */
  readonly from?: UnixMs;
  /** Assessed before this. */
  readonly to?: UnixMs;
  /** Only every n-th, chosen by id, so that the same ones are chosen again; 1: all. */
  readonly sampleEvery: number;
  /** With one of these as the latest outcome; `UNKNOWN` is also that of those without any. Absent: whatever became of it. */
  readonly labels?: ReadonlySet<string>;
}

/** What a walk over the log found. */
export interface ReplayPlan {
  /** Of the assessments to replay, ascending. */
  readonly positions: readonly LogPosition[];
  /** By assessment id; those of all assessments. */
  readonly outcomes: ReadonlyMap<string, OutcomeClass>;
}

/** Thrown when whoever asked has gone. */
export class SimulationCancelledError extends Error {
  override readonly name = 'SimulationCancelledError';
  readonly code = 'SIMULATION_CANCELLED';
  constructor() {
    super('the simulation was cancelled');
  }
}

/** Entries looked at before others get their turn: a millisecond or two. */
const ENTRIES_PER_TURN = 250;

/**
 * Finds the assessments to replay and the latest outcome of each.
 *
 * @throws SimulationCancelledError
 * @throws StoreError code `LOG_CORRUPT`
 */
export async function planReplay(
  entries: RawEntries,
  filter: HistoryFilter,
  signal: AbortSignal,
): Promise<ReplayPlan> {
  const found: { readonly id: string; readonly position: LogPosition }[] = [];
  const latest = new Map<string, OutcomeBody>();
  const last = entries.head;
  for (let position = 1; position <= last; position++) {
    if (position % ENTRIES_PER_TURN === 0) await turn(signal);
    const bytes = entries.get(position);
    // What retention removed is gone from the front.
    if (bytes === undefined) continue;
    const head = entryHead(bytes) ?? headOf(position, bytes);
    if (head.kind === 'assessment') {
      if (isWanted(head, filter)) found.push({ id: head.id, position });
    } else if (head.kind === 'outcome') {
      noteOutcome(latest, position, bytes, filter.tenant);
    }
  }
  const outcomes = new Map<string, OutcomeClass>();
  for (const { assessmentId, label } of latest.values()) {
    const outcome = outcomeClassOf(label);
    if (outcome !== undefined) outcomes.set(assessmentId, outcome);
  }
  const { labels } = filter;
  const wanted =
    labels === undefined ? found : found.filter(({ id }) => labels.has(latest.get(id)?.label ?? 'UNKNOWN'));
  return { positions: wanted.map(({ position }) => position), outcomes };
}

/** Lets others run, and stops when nobody waits any more. */
export async function turn(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  if (signal.aborted) throw new SimulationCancelledError();
}

function headOf(position: LogPosition, bytes: Uint8Array): EntryHead {
  const { kind, id, receivedAt } = decodeLogEntry(position, bytes);
  return { kind, id, receivedAt };
}

function isWanted({ id, receivedAt }: EntryHead, { from, to, sampleEvery }: HistoryFilter): boolean {
  if (from !== undefined && receivedAt < from) return false;
  if (to !== undefined && receivedAt >= to) return false;
  return sampleEvery <= 1 || hashOf(id) % sampleEvery === 0;
}

/** FNV-1a. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index++) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** A later `observed_at` wins, as in the evidence. */
function noteOutcome(
  latest: Map<string, OutcomeBody>,
  position: LogPosition,
  bytes: Uint8Array,
  tenant: string,
): void {
  const entry = decodeLogEntry(position, bytes);
  if (entry.tenant !== tenant) return;
  const body = decodeEntry(entry.kind, entry.payload);
  if (body.kind !== 'outcome') return;
  const known = latest.get(body.assessmentId);
  if (known === undefined || isLater(body, known)) latest.set(body.assessmentId, body);
}

function isLater(outcome: OutcomeBody, known: OutcomeBody): boolean {
  if (outcome.observedAt !== known.observedAt) return outcome.observedAt > known.observedAt;
  if (outcome.label !== known.label) return outcome.label > known.label;
  return outcome.reportedBy > known.reportedBy;
}
