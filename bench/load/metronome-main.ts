/**
 * The thread of a metronome: sleeps until a beat is due and says so. A thread may block where the one that sends may not,
 * and a wait of the kernel is exact to some 50 µs where a timer of Node is to 1 ms.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type Beats, clockMs } from './metronome.js';

const { firstAtMs, intervalMs, count }: Beats = workerData;
const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

for (let beat = 0; beat < count; beat += 1) {
  for (let leftMs = 1; leftMs > 0; ) {
    leftMs = firstAtMs + beat * intervalMs - clockMs();
    if (leftMs > 0) Atomics.wait(never, 0, 0, leftMs);
  }
  parentPort?.postMessage(beat);
}
