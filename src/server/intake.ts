import { constants } from 'node:http2';
import {
  type Metadata,
  type MetadataValue,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import { errorStatus } from './error-status.js';
import { CallError } from './errors.js';
import { MAX_METADATA_BYTES, REQUEST_TIMEOUT_MS } from './limits.js';

type Listener = Parameters<ServerInterceptingCallInterface['start']>[0];
type PartialStatus = Parameters<ServerInterceptingCallInterface['sendStatus']>[0];

/** How often incomplete requests are looked at, in milliseconds: one timer for all of them. */
const SWEEP_INTERVAL_MS = 250;

const METADATA_TOO_LARGE_STATUS = errorStatus(
  new CallError('METADATA_TOO_LARGE', `the metadata has more than ${MAX_METADATA_BYTES} bytes`, {
    metadata: { limit_bytes: String(MAX_METADATA_BYTES) },
  }),
);
const REQUEST_INCOMPLETE_STATUS = errorStatus(
  new CallError('REQUEST_INCOMPLETE', `the request was not complete within ${REQUEST_TIMEOUT_MS} ms`, {
    metadata: { limit_ms: String(REQUEST_TIMEOUT_MS) },
  }),
);

/**
 * What must be seen below the handlers: metadata that is too large, and requests that are begun and never completed,
 * which the transport would keep for ever and which would block a drain.
 *
 * Requests wait in a list from their headers to their end, oldest first. Nearly all leave it within the same turn of
 * the event loop; a sweep ends those that do not. Methods with a stream of requests are left aside.
 */
export class Intake {
  readonly #oldest: Waiting = { next: undefined, previous: undefined };
  #newest: Waiting = this.#oldest;
  #waitingCount = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Requests that have begun and are not complete. */
  get waitingCount(): number {
    return this.#waitingCount;
  }

  /** To be given to the gRPC server. */
  readonly interceptor: ServerInterceptor = (method, call) =>
    new IntakeCall(call, method.requestStream, this);

  start(): void {
    this.#timer ??= setInterval(() => this.sweep(performance.now()), SWEEP_INTERVAL_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Ends requests that began more than {@link REQUEST_TIMEOUT_MS} before `nowMs` (monotonic). */
  sweep(nowMs: number): void {
    let waiting = this.#oldest.next;
    while (waiting !== undefined && nowMs - waiting.beganAtMs >= REQUEST_TIMEOUT_MS) {
      const { next } = waiting;
      this.remove(waiting);
      waiting.end();
      waiting = next;
    }
  }

  add(call: IntakeCall): void {
    call.previous = this.#newest;
    this.#newest.next = call;
    this.#newest = call;
    this.#waitingCount += 1;
  }

  remove(call: IntakeCall): void {
    if (call.previous === undefined) return;
    call.previous.next = call.next;
    if (call.next === undefined) this.#newest = call.previous;
    else call.next.previous = call.previous;
    call.previous = undefined;
    call.next = undefined;
    this.#waitingCount -= 1;
  }
}

interface Waiting {
  next: IntakeCall | undefined;
  previous: Waiting | undefined;
}

/**
 * A call on its way to a handler. It stands between grpc-js and the handler without the library's own chain of
 * responders and listeners, which costs several closures a call.
 */
class IntakeCall extends ServerInterceptingCall implements Waiting {
  readonly beganAtMs = performance.now();
  next: IntakeCall | undefined;
  previous: Waiting | undefined;

  constructor(
    private readonly below: ServerInterceptingCallInterface,
    private readonly streamsRequests: boolean,
    private readonly intake: Intake,
  ) {
    super(below);
  }

  override start(listener: Listener): void {
    if (!this.streamsRequests) this.intake.add(this);
    this.below.start(new IntakeListener(this, listener));
  }

  /** The request is complete. */
  completed(): void {
    this.intake.remove(this);
  }

  /** Ends a request that was not completed in time, on both sides. */
  end(): void {
    this.below.sendStatus(REQUEST_INCOMPLETE_STATUS);
    // An answer alone leaves the stream open until the client ends its side, which this one does not.
    closeStream(this.below);
  }

  /** Ends the call on both sides; what of its answer is not sent is dropped. */
  cut(): void {
    // Without an error code the stream would first wait for the client to take what is left.
    closeStream(this.below, constants.NGHTTP2_CANCEL);
  }

  override sendMetadata(metadata: Metadata): void {
    this.below.sendMetadata(metadata);
  }

  override sendMessage(message: unknown, callback: () => void): void {
    this.below.sendMessage(message, callback);
  }

  override sendStatus(status: PartialStatus): void {
    this.below.sendStatus(status);
  }
}

class IntakeListener implements Listener {
  constructor(
    private readonly call: IntakeCall,
    private readonly above: Listener,
  ) {}

  onReceiveMetadata(metadata: Metadata): void {
    if (metadataBytes(metadata) > MAX_METADATA_BYTES) this.call.sendStatus(METADATA_TOO_LARGE_STATUS);
    else this.above.onReceiveMetadata(metadata);
  }

  onReceiveMessage(message: unknown): void {
    this.above.onReceiveMessage(message);
  }

  onReceiveHalfClose(): void {
    this.call.completed();
    this.above.onReceiveHalfClose();
  }

  onCancel(): void {
    this.above.onCancel();
  }
}

/** Ends a call of a handler on both sides, whatever of its answer is on the way. grpc-js keeps ours where no type says. */
export function closeCall(call: object): void {
  const below: unknown = Reflect.get(call, 'call');
  if (below instanceof IntakeCall) below.cut();
}

/**
 * Size of all names and values, as HTTP/2 would write them without compression.
 *
 * Read where the library keeps them. What it offers instead, a copy of all entries, took 2 % of the serving thread.
 */
function metadataBytes(metadata: Metadata): number {
  let bytes = 0;
  for (const [name, values] of metadata['internalRepr']) {
    for (const value of values) bytes += name.length + encodedLength(value);
  }
  return bytes;
}

/** Values of names that end in `-bin` travel in base64. */
function encodedLength(value: MetadataValue): number {
  return typeof value === 'string' ? value.length : Math.ceil(value.length / 3) * 4;
}

/**
 * Closes the HTTP/2 stream of a call. grpc-js has no public way to it; if a version keeps its stream elsewhere the
 * call ends with its connection, at the latest after the connection's maximum age.
 */
function closeStream(call: ServerInterceptingCallInterface, code: number = constants.NGHTTP2_NO_ERROR): void {
  const stream: unknown = Reflect.get(call, 'stream');
  if (
    typeof stream === 'object' &&
    stream !== null &&
    'close' in stream &&
    typeof stream.close === 'function'
  ) {
    stream.close(code);
  }
}
