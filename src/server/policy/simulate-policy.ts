import { create } from '@bufbuild/protobuf';
import {
  type HistoryFilter,
  type PolicyParcel,
  parcelOf,
  type ReplayFindings,
  simulateHistory,
} from '../../audit/simulation/index.js';
import {
  type SimulatePolicyResponseSchema as ResponseSchema,
  type SimulatePolicyRequest,
  SimulatePolicyResponseSchema,
} from '../../gen/holdfast/v1/policy_service_pb.js';
import { type ItemFilter, type SweepPlan, THRESHOLD_KINDS } from '../../policy/simulate/index.js';
import { CallError, invalidArgument } from '../errors.js';
import { FieldRules } from '../risk/field-rules.js';
import { wordOf } from '../risk/wire.js';
import type { AnswerStream } from '../server-streaming.js';
import type { PolicyParts } from './parts.js';
import { readSimulationFilter } from './read-simulation-filter.js';
import { policyInvalid, readyRevision } from './require.js';
import { simulationMessage } from './simulation-message.js';

/** One thread: a service answers withdrawals beside, and one simulation must not take both cores of a small machine. */
const THREADS = 1;

/** Services that simulate now: one simulation at a time, since each holds a thread and the outcomes of the whole log. */
const busy = new WeakSet<PolicyParts>();

/** Progress is told this often at most. */
const PROGRESS_EVERY_MS = 250;

const MAX_SWEEP_ROWS = 101;

/**
 * Replays what is on disk under a candidate, beside the answers, and tells progress until the result is there. Stops
 * when the caller goes.
 *
 * @throws CallError INVALID_ARGUMENT, NOT_FOUND for a revision that was never kept, RESOURCE_EXHAUSTED while another
 *   simulation runs
 */
export async function simulatePolicy(
  parts: PolicyParts,
  request: SimulatePolicyRequest,
  stream: AnswerStream<typeof ResponseSchema>,
): Promise<void> {
  const candidate = candidateOf(parts, request);
  const read = readSimulation(parts, request, candidate);
  const before = beforeOf(parts, request.beforeNumber);
  if (busy.has(parts)) {
    throw new CallError('IN_FLIGHT_LIMIT', 'another simulation runs: try again when it is done');
  }
  busy.add(parts);
  let toldAt = Number.NEGATIVE_INFINITY;
  let last = { replayedCount: 0n, totalCount: 0n };
  let isRoom = true;
  const onProgress = (replayed: number, total: number): void => {
    last = { replayedCount: BigInt(replayed), totalCount: BigInt(total) };
    const now = performance.now();
    // A caller who does not read hears of progress less often; the work does not wait for it.
    if (!isRoom || now - toldAt < PROGRESS_EVERY_MS) return;
    toldAt = now;
    isRoom = false;
    void stream.send(create(SimulatePolicyResponseSchema, last)).then(() => {
      isRoom = true;
    });
  };
  let findings: ReplayFindings;
  try {
    findings = await simulateHistory(parts.recorded, {
      before,
      candidate,
      filter: { tenant: stream.tenant, ...read.which, sampleEvery: Math.max(1, request.sampleEvery) },
      ...(read.items === undefined ? {} : { items: read.items }),
      ...(read.sweep === undefined ? {} : { sweep: read.sweep }),
      threads: THREADS,
      signal: stream.signal,
      onProgress,
    });
  } finally {
    // Before the result is sent: who does not take it keeps nobody else out.
    busy.delete(parts);
  }
  await stream.send(create(SimulatePolicyResponseSchema, { ...last, result: simulationMessage(findings) }));
}

function candidateOf(parts: PolicyParts, { candidate }: SimulatePolicyRequest): PolicyParcel {
  switch (candidate.case) {
    case 'number':
      return keptParcel(parts, candidate.value);
    case 'text': {
      const result = parts.read(candidate.value);
      if (result.kind === 'invalid') throw policyInvalid(result.problems);
      return parcelOf(result.policy, candidate.value);
    }
    case undefined:
      throw invalidArgument([
        { field: 'candidate', reason: 'REQUIRED', description: 'needs a number or a text' },
      ]);
    default:
      return candidate satisfies never;
  }
}

function beforeOf(parts: PolicyParts, number: number): PolicyParcel {
  return keptParcel(parts, number === 0 ? parts.live.current.number : number);
}

function keptParcel(parts: PolicyParts, number: number): PolicyParcel {
  const { kept, live } = readyRevision(parts, number);
  return parcelOf(live.policy, kept.body.text);
}

interface ReadSimulation {
  readonly which: Pick<HistoryFilter, 'from' | 'to' | 'labels'>;
  readonly items: ItemFilter | undefined;
  readonly sweep: SweepPlan | undefined;
}

function readSimulation(
  parts: PolicyParts,
  request: SimulatePolicyRequest,
  candidate: PolicyParcel,
): ReadSimulation {
  const rules = new FieldRules(parts.clock.nowMs());
  const from = rules.optionalBound('from', request.from);
  const to = rules.optionalBound('to', request.to);
  if (from !== undefined && to !== undefined && to <= from) {
    rules.refuse('to', 'OUT_OF_RANGE', 'must be later than `from`');
  }
  const sweep = readSweep(request, candidate, rules);
  const { items, labels } = readSimulationFilter(request.filter, rules);
  if (rules.violations.length > 0) throw invalidArgument(rules.violations);
  const which = {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(labels === undefined ? {} : { labels }),
  };
  return { which, items, sweep };
}

function readSweep(
  { sweep }: SimulatePolicyRequest,
  { policy }: PolicyParcel,
  rules: FieldRules,
): SweepPlan | undefined {
  if (sweep === undefined) return undefined;
  const kind = wordOf(THRESHOLD_KINDS, sweep.kind);
  if (kind === undefined) rules.refuse('sweep.kind', 'REQUIRED', 'must name a threshold');
  if (!policy.tiers.some(({ name }) => name === sweep.tier)) {
    rules.refuse('sweep.tier', 'UNKNOWN', 'must be the name of a tier of the candidate');
  }
  const thresholds = sweep.points.map((points) => Math.round(points * 10));
  const isAscending = thresholds.every((value, index) => index === 0 || value > (thresholds[index - 1] ?? 0));
  const isInRange = thresholds.every((value) => value >= 0 && value <= 1000);
  const isCountRight = thresholds.length > 0 && thresholds.length <= MAX_SWEEP_ROWS;
  if (!isAscending || !isInRange || !isCountRight) {
    const description = `must be 1 to ${MAX_SWEEP_ROWS} numbers from 0 to 100, ascending`;
    rules.refuse('sweep.points', 'OUT_OF_RANGE', description);
  }
  return kind === undefined ? undefined : { tier: sweep.tier, kind, thresholds };
}
