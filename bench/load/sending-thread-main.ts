/**
 * The thread that sends calls when they are due, straight to their sockets. It sleeps in between: a wait of the kernel is
 * exact to some 50 µs where a timer of Node is to 1 ms, and waking another thread to send costs more than sending.
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { clockMs } from './metronome.js';
import { Outbox } from './outbox.js';
import { Control, type PostedFrames, type SendPlan } from './send-plan.js';

/** Before a socket that was full is tried again. */
const RETRY_MS = 1;

const plan: SendPlan = workerData;
const control = new Int32Array(plan.control);
const latenessMicros = new Int32Array(plan.latenessMicros);
const outboxes = plan.connections.map(({ fd, frames, frameEnds }) => {
  return new Outbox(fd, new Uint8Array(frames), new Uint32Array(frameEnds));
});
let due = 0;
let posted = 0;

function dueAtMs(call: number): number {
  return call < plan.calls ? plan.firstAtMs + call * plan.intervalMs : Number.POSITIVE_INFINITY;
}

function noteWhatIsDue(): void {
  for (let nowMs = clockMs(); dueAtMs(due) <= nowMs; nowMs = clockMs()) {
    latenessMicros[due] = Math.max(1, Math.round((nowMs - dueAtMs(due)) * 1_000));
    due += 1;
  }
}

function takePosted(port: MessagePort): void {
  for (; posted < Atomics.load(control, Control.POSTED); posted += 1) {
    const received: { readonly message: PostedFrames } | undefined = receiveMessageOnPort(port);
    if (received === undefined) return;
    outboxes[received.message.connection]?.add(received.message.frames);
  }
}

/** @returns after how long there is more to send, by what is known now */
function send(): number {
  let isHeldBack = false;
  let isFull = false;
  for (const [place, outbox] of outboxes.entries()) {
    const wanted = Math.ceil((due - place) / outboxes.length);
    const allowed = Atomics.load(control, Control.FIRST_ALLOWED + place);
    outbox.raise(Math.max(0, Math.min(wanted, allowed)));
    if (wanted > allowed) isHeldBack = true;
    if (!outbox.flush()) isFull = true;
  }
  Atomics.store(control, Control.HELD_BACK, isHeldBack ? 1 : 0);
  return Math.min(dueAtMs(due) - clockMs(), isFull ? RETRY_MS : Number.POSITIVE_INFINITY);
}

function run(port: MessagePort): void {
  for (;;) {
    // Before anything is looked at: what changes afterwards ends the sleep at once.
    const signal = Atomics.load(control, Control.SIGNAL);
    const isStopping = Atomics.load(control, Control.STOP) === 1;
    takePosted(port);
    noteWhatIsDue();
    const idleMs = send();
    if (isStopping && idleMs === Number.POSITIVE_INFINITY) return;
    if (idleMs > 0) Atomics.wait(control, Control.SIGNAL, signal, idleMs);
  }
}

if (parentPort !== null) run(parentPort);
