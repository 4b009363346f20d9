import { build, type Histogram } from 'hdr-histogram-js';
import { clockMs, runMetronome } from './metronome.js';

/** An hour; nothing that is measured takes as long. */
const HIGHEST_TRACKABLE_MICROS = 3_600_000_000;
/** Resolution of the histograms: a part in a thousand. */
const SIGNIFICANT_DIGITS = 3;

export function latencyHistogram(): Histogram {
  return build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_TRACKABLE_MICROS,
    numberOfSignificantValueDigits: SIGNIFICANT_DIGITS,
  });
}

/** What was measured in one slot. All in microseconds. */
export interface LatencySlot {
  readonly calls: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** Calls that were refused for overload; their time counts like any other. */
  readonly refused: number;
  /** How late this process itself sent the 99th of 100 calls; what of the latency is its own. */
  readonly lateP99: number;
}

/** Before the first call: the thread that keeps the time starts meanwhile. */
const THREAD_START_MS = 200;

export interface OpenLoop {
  readonly ratePerSecond: number;
  readonly calls: number;
  /** Starts call `at`; calls back once when it is over, and says whether it was refused for overload. */
  readonly start: (at: number, onOver: (isRefused?: boolean) => void) => void;
}

/**
 * Starts calls at fixed times, whether or not earlier ones are over, and measures each from the time at which it was due.
 * So a server that stops for a second is charged with every call of that second (no coordinated omission).
 */
export function runOpenLoop({ ratePerSecond, calls, start }: OpenLoop): Promise<LatencySlot> {
  const latencies = latencyHistogram();
  const lateness = latencyHistogram();
  const intervalMs = 1_000 / ratePerSecond;
  return new Promise((resolve, reject) => {
    const beganAt = clockMs() + THREAD_START_MS;
    let sent = 0;
    let over = 0;
    let refused = 0;
    const sendWhatIsDue = () => {
      for (let dueAt = beganAt + sent * intervalMs; sent < calls; dueAt += intervalMs) {
        const now = clockMs();
        if (dueAt > now) return;
        lateness.recordValue(micros(now - dueAt));
        const due = dueAt;
        start(sent, (isRefused = false) => {
          if (isRefused) refused += 1;
          latencies.recordValue(micros(clockMs() - due));
          over += 1;
          if (over === calls) resolve(slotOf(latencies, refused, lateness));
        });
        sent += 1;
      }
    };
    const onBeat = () => {
      try {
        sendWhatIsDue();
      } catch (error) {
        reject(error);
      }
    };
    runMetronome({ firstAtMs: beganAt, intervalMs, count: calls }, onBeat, reject);
  });
}

/** As a histogram takes it: whole, at least 1. */
export function micros(milliseconds: number): number {
  return Math.max(1, Math.round(milliseconds * 1_000));
}

export function slotOf(latencies: Histogram, refused: number, lateness: Histogram): LatencySlot {
  return {
    calls: latencies.totalCount,
    p50: latencies.getValueAtPercentile(50),
    p90: latencies.getValueAtPercentile(90),
    p99: latencies.getValueAtPercentile(99),
    p999: latencies.getValueAtPercentile(99.9),
    max: latencies.maxValue,
    refused,
    lateP99: lateness.getValueAtPercentile(99),
  };
}
