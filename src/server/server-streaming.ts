import type { DescMessage, DescMethod, MessageShape } from '@bufbuild/protobuf';
import { status as GrpcStatus, type ServerWritableStream, type StatusObject } from '@grpc/grpc-js';
import { errorStatus } from './error-status.js';
import { CallError, classifyError } from './errors.js';
import type { AdapterPorts, BoundMethod, MethodImplementation } from './grpc-adapter.js';
import { closeCall } from './intake.js';
import { limitsOf } from './limits.js';
import { malformedStatus } from './malformed-place.js';
import {
  MalformedRequest,
  type ReceivedRequest,
  requestDecoder,
  requestReceiver,
  responseEncoder,
} from './request-codec.js';
import type { CallObserver } from './unary-handler.js';
import { wireMethod } from './wire-method.js';

/** Within which a caller must make room for the next message of a stream, in milliseconds. */
const TAKEN_WITHIN_MS = 10_000;

/** A method of the contract that answers one request with many messages. */
export type ServerStreamingMethod<I extends DescMessage, O extends DescMessage> = DescMethod & {
  readonly methodKind: 'server_streaming';
  readonly input: I;
  readonly output: O;
};

/** The way back to a caller who may be slow, or gone. */
export interface AnswerStream<O extends DescMessage> {
  /** Who asks. */
  readonly tenant: string;
  /** Says so as soon as the caller has gone or its deadline has passed. */
  readonly signal: AbortSignal;
  /** Sends one message; resolves once there is room for another, or nobody to send to. */
  send(message: MessageShape<O>): Promise<void>;
}

/** @throws CallError what the caller is to learn; anything else becomes INTERNAL, and only we learn of it */
export type StreamHandler<I extends DescMessage, O extends DescMessage> = (
  request: MessageShape<I>,
  stream: AnswerStream<O>,
) => Promise<void>;

type StreamCall<O extends DescMessage> = ServerWritableStream<ReceivedRequest, MessageShape<O>>;

/** Joins a method of the contract that streams its answer and the handler that gives it. */
export function serverStreaming<I extends DescMessage, O extends DescMessage>(
  method: ServerStreamingMethod<I, O>,
  handler: StreamHandler<I, O>,
): MethodImplementation {
  return { method, bind: (ports) => bind(method, handler, ports) };
}

function bind<I extends DescMessage, O extends DescMessage>(
  method: ServerStreamingMethod<I, O>,
  handler: StreamHandler<I, O>,
  ports: AdapterPorts,
): BoundMethod {
  const { admission } = ports;
  const observer = ports.observerOf(method);
  const limits = limitsOf(method);
  const decode = requestDecoder(method.input, limits);

  function handle(call: StreamCall<O>): void {
    const cause = limits.sheddable ? admission.shedCause() : undefined;
    if (cause !== undefined) {
      observer.shed(cause);
      refuse(call, observer, errorStatus(new CallError(cause)));
      return;
    }
    const { request } = call;
    switch (request.kind) {
      case 'received': {
        const message = decode(request.bytes);
        if (message instanceof MalformedRequest) {
          refuse(call, observer, malformedStatus(message.place));
        } else {
          void answer(call, ports, message, request.arrivedAt, handler, observer);
        }
        break;
      }
      case 'too-large': {
        const message = `the request has ${request.byteLength} bytes, the limit is ${request.limit}`;
        refuse(call, observer, errorStatus(new CallError('REQUEST_TOO_LARGE', message)));
        break;
      }
      default:
        request satisfies never;
    }
  }

  return {
    definition: {
      ...wireMethod(method),
      requestDeserialize: requestReceiver(limits),
      responseSerialize: responseEncoder(method.output),
    },
    handle,
  };
}

async function answer<I extends DescMessage, O extends DescMessage>(
  call: StreamCall<O>,
  ports: AdapterPorts,
  request: MessageShape<I>,
  arrivedAt: number,
  handler: StreamHandler<I, O>,
  observer: CallObserver,
): Promise<void> {
  const gone = new AbortController();
  call.once('cancelled', () => gone.abort());
  if (call.cancelled) gone.abort();
  const { admission } = ports;
  admission.enter();
  admission.asked();
  const durationMs = (): number => performance.now() - arrivedAt;
  try {
    await handler(request, {
      tenant: ports.tenantOf(call),
      signal: gone.signal,
      send: (message) => send(call, message, gone, ports.takenWithinMs ?? TAKEN_WITHIN_MS),
    });
    observer.answered(GrpcStatus.OK, durationMs());
    call.end();
  } catch (thrown) {
    if (gone.signal.aborted) {
      // Nobody is there to hear of it, and what was begun was stopped.
      observer.answered(GrpcStatus.CANCELLED, durationMs());
      return;
    }
    const classified = classifyError(thrown);
    if (classified.kind === 'unexpected') observer.failed(classified.cause);
    const status = errorStatus(classified.error);
    observer.answered(status.code, durationMs());
    end(call, status);
  } finally {
    admission.leave();
  }
}

function send<O extends DescMessage>(
  call: StreamCall<O>,
  message: MessageShape<O>,
  gone: AbortController,
  takenWithinMs: number,
): Promise<void> {
  const { signal } = gone;
  if (signal.aborted || call.write(message)) return Promise.resolve();
  return new Promise((resolve) => {
    // One who stops reading is as good as gone, and must not keep what others wait for.
    const timer = setTimeout(() => {
      gone.abort();
      closeCall(call);
    }, takenWithinMs);
    timer.unref();
    const go = (): void => {
      clearTimeout(timer);
      call.off('drain', go);
      signal.removeEventListener('abort', go);
      resolve();
    };
    call.once('drain', go);
    signal.addEventListener('abort', go);
  });
}

function refuse<O extends DescMessage>(
  call: StreamCall<O>,
  observer: CallObserver,
  status: StatusObject,
): void {
  observer.answered(status.code, 0);
  end(call, status);
}

function end<O extends DescMessage>(call: StreamCall<O>, status: StatusObject): void {
  call.emit('error', Object.assign(new Error(status.details), status));
}
