import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type HistoryFilter,
  planReplay,
  type RawEntries,
  type ReplayPlan,
  SimulationCancelledError,
  turn,
} from './replay-plan.js';
import { readSlice, SLICE_ITEMS } from './replay-slice.js';
import { mergeFindings, type ReplayFindings, type ReplayTask } from './replay-task.js';
import { DirectReplay, type ReplayHand, ReplayThread } from './replay-thread.js';

/** The compiled entry of the thread, beside this file once built. */
const THREAD_FILE = new URL('./replay-thread-entry.js', import.meta.url);

export interface HistoryRequest extends Omit<ReplayTask, 'tenant' | 'outcomes'> {
  readonly filter: HistoryFilter;
  /** How many threads replay beside the calling one, which reads the log. At least 1. */
  readonly threads: number;
  /** Stops the work; the promise is then rejected. */
  readonly signal: AbortSignal;
  /** Told now and then. Must not throw. */
  readonly onProgress?: (lookedAt: number, total: number) => void;
}

/**
 * Replays a log's assessments under two policies on worker threads. The calling thread only reads and hands over, and
 * gives others their turn, so a service can do this beside its answers.
 *
 * @param threadFile for tests
 * @throws SimulationCancelledError when `signal` says so
 * @throws StoreError code `LOG_CORRUPT`
 * @throws RangeError when the candidate lacks the tier that is to be swept
 */
export async function simulateHistory(
  entries: RawEntries,
  request: HistoryRequest,
  threadFile: URL = THREAD_FILE,
): Promise<ReplayFindings> {
  const { filter, signal } = request;
  if (signal.aborted) throw new SimulationCancelledError();
  const plan = await planReplay(entries, filter, signal);
  const task = taskOf(request, plan);
  const slices = Math.ceil(plan.positions.length / SLICE_ITEMS);
  const hands = openHands(task, Math.max(1, Math.min(request.threads, slices)), threadFile);
  try {
    let nextSlice = 0;
    let replayed = 0;
    request.onProgress?.(0, plan.positions.length);
    await Promise.all(
      hands.map(async (hand) => {
        while (nextSlice < slices) {
          const start = nextSlice++ * SLICE_ITEMS;
          await turn(signal);
          await hand.replay(readSlice(entries, plan, start));
          replayed += Math.min(SLICE_ITEMS, plan.positions.length - start);
          request.onProgress?.(replayed, plan.positions.length);
        }
      }),
    );
    const findings = mergeFindings(await Promise.all(hands.map((hand) => hand.finish())));
    findings.simulation.sampleEvery = Math.max(1, filter.sampleEvery);
    return findings;
  } finally {
    await Promise.all(hands.map((hand) => hand.close()));
  }
}

/** Only the outcomes of what is replayed: a thread gets a copy of them all. */
function taskOf(request: HistoryRequest, plan: ReplayPlan): ReplayTask {
  const { filter, items, before, candidate, sweep } = request;
  return {
    tenant: filter.tenant,
    outcomes: plan.outcomes,
    before,
    candidate,
    ...(items === undefined ? {} : { items }),
    ...(sweep === undefined ? {} : { sweep }),
  };
}

function openHands(task: ReplayTask, count: number, threadFile: URL): ReplayHand[] {
  if (!existsSync(fileURLToPath(threadFile))) return [new DirectReplay(task)];
  return Array.from({ length: count }, () => new ReplayThread(task, threadFile));
}
