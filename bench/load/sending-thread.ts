import { Worker } from 'node:worker_threads';
import type { Http2Connection } from './http2/connection.js';
import type { CallEnd } from './http2/unary-stream.js';
import { clockMs } from './metronome.js';
import { Control, type PostedFrames, type SendPlan } from './send-plan.js';

const THREAD_FILE = new URL('./sending-thread-main.js', import.meta.url);

/** Before the first call: the thread starts meanwhile. */
const THREAD_START_MS = 200;

/** Calls and the times at which they are sent. */
export interface SendSchedule {
  readonly intervalMs: number;
  /** Framed, in order, at least one. */
  readonly requests: readonly Buffer[];
  /** Called once for each request, with the time at which it was due by the clock of the metronome. */
  readonly onEnd: (at: number, end: CallEnd, dueAtMs: number) => void;
}

/**
 * Sends calls at fixed times from a thread of its own, straight to the sockets, whether or not earlier ones are over; the
 * connections take turns. What the server does not take yet is sent as soon as it does. The connections can only be closed
 * afterwards.
 *
 * @param threadFile for tests
 * @returns when all are over, how late each was sent, in microseconds
 * @throws Error when a connection fails: then nothing that was measured is of use
 */
export function sendOnSchedule(
  connections: readonly Http2Connection[],
  { intervalMs, requests, onEnd }: SendSchedule,
  threadFile: URL = THREAD_FILE,
): Promise<Int32Array> {
  if (requests.length === 0) throw new RangeError('there is nothing to send');
  const control = int32s(Control.FIRST_ALLOWED + connections.length);
  const latenessMicros = int32s(requests.length);
  let firstAtMs = 0;
  let over = 0;
  let thread: Worker | undefined;

  const wake = () => {
    Atomics.add(control, Control.SIGNAL, 1);
    Atomics.notify(control, Control.SIGNAL);
  };
  const allow = (place: number, calls: number) => {
    Atomics.store(control, Control.FIRST_ALLOWED + place, calls);
    Atomics.add(control, Control.SIGNAL, 1);
    if (Atomics.load(control, Control.HELD_BACK) === 1) Atomics.notify(control, Control.SIGNAL);
  };
  const post = (frames: PostedFrames) => {
    thread?.postMessage(frames);
    Atomics.add(control, Control.POSTED, 1);
    wake();
  };
  const end = (at: number, how: CallEnd) => {
    onEnd(at, how, firstAtMs + at * intervalMs);
    over += 1;
    if (over < requests.length) return;
    Atomics.store(control, Control.STOP, 1);
    wake();
  };

  return new Promise((resolve, reject) => {
    const fail = (reason: string) => {
      // At once: the descriptor of a socket that is closed may become that of another file.
      void thread?.terminate();
      reject(new Error(`calls were not sent to their end: ${reason}`));
    };
    const lent = connections.map((connection, place) =>
      connection.lend({
        requests: requests.filter((_, at) => at % connections.length === place),
        onEnd: (at, how) => end(at * connections.length + place, how),
        onAllowed: (calls) => allow(place, calls),
        write: (frames) => post({ connection: place, frames }),
        onFailed: fail,
      }),
    );
    firstAtMs = clockMs() + THREAD_START_MS;
    const plan: SendPlan = {
      firstAtMs,
      intervalMs,
      calls: requests.length,
      connections: lent,
      control: control.buffer,
      latenessMicros: latenessMicros.buffer,
    };
    thread = new Worker(threadFile, { workerData: plan });
    thread.on('error', (error) => fail(String(error)));
    thread.on('exit', () => {
      for (const connection of connections) connection.takeBack();
      resolve(latenessMicros);
    });
  });
}

function int32s(length: number): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(length * Int32Array.BYTES_PER_ELEMENT));
}
