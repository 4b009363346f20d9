import type { CallEnd } from './http2/unary-stream.js';
import { clockMs } from './metronome.js';
import { type LatencySlot, latencyHistogram, micros, slotOf } from './open-loop.js';
import type { UnaryClient } from './unary-client.js';

export interface ScheduledCalls {
  readonly ratePerSecond: number;
  /** Framed, one a call. */
  readonly frames: readonly Buffer[];
  /** Called once for each call, and says whether it was refused for overload. */
  readonly onEnd: (end: CallEnd) => boolean;
}

/**
 * Like {@link runOpenLoop} for calls of a client, at a fraction of the cost: sends them at fixed times, whether or not
 * earlier ones are over, and measures each from the time at which it was due. The client can only be closed afterwards.
 *
 * @throws Error when a connection fails
 */
export async function runScheduledCalls(
  client: UnaryClient,
  { ratePerSecond, frames, onEnd }: ScheduledCalls,
): Promise<LatencySlot> {
  const latencies = latencyHistogram();
  let refused = 0;
  const latenessMicros = await client.sendOnSchedule({
    intervalMs: 1_000 / ratePerSecond,
    requests: frames,
    onEnd: (_at, end, dueAtMs) => {
      latencies.recordValue(micros(clockMs() - dueAtMs));
      if (onEnd(end)) refused += 1;
    },
  });
  const lateness = latencyHistogram();
  for (const late of latenessMicros) lateness.recordValue(late);
  return slotOf(latencies, refused, lateness);
}
