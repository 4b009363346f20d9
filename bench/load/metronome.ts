import { Worker } from 'node:worker_threads';

export interface Beats {
  /** By {@link clockMs}. Leave the thread some 100 ms to start. */
  readonly firstAtMs: number;
  readonly intervalMs: number;
  readonly count: number;
}

/** The same in all threads, unlike `performance.now()`. In milliseconds, from an arbitrary moment. */
export function clockMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/**
 * Calls back at a steady beat, never before its time, without turning in between: a load that burns one core of two takes
 * it from what it measures. After a delay the beats that are due come together.
 */
export function runMetronome(beats: Beats, onBeat: () => void, onFailed: (error: unknown) => void): void {
  const thread = new Worker(new URL('./metronome-main.js', import.meta.url), { workerData: beats });
  thread.on('message', onBeat);
  thread.on('error', onFailed);
}
