import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import type { Slices } from '../audit/index.js';
import type { ShedCause } from './admission.js';
import type { EncodedResponse } from './request-codec.js';

/** What a handler may ask about the call it answers. */
export interface CallContext {
  /** Who asks. */
  readonly tenant: string;
  /** When the caller stops waiting: milliseconds on the monotonic clock of `performance.now()`; Infinity: never. */
  readonly deadlineAt: number;
  /** When the request had arrived, same clock. */
  readonly arrivedAt: number;
  /** W3C trace context of the caller, as sent. */
  readonly traceparent: string | undefined;
  /** For methods that read at length: when to let others have the thread. Absent: such a method takes slices of its own. */
  readonly slices?: Slices;
  /** Whether the caller has gone, or its deadline has passed. */
  cancelled(): boolean;
}

/** The answer of a handler: a message, or its bytes. */
export type Answer<O extends DescMessage> = MessageShape<O> | EncodedResponse;

/**
 * Answers calls of one method. A plain value is sent by the end of the turn of the event loop.
 *
 * @throws CallError what the caller is to learn; anything else becomes INTERNAL, and only we learn of it
 */
export type UnaryHandler<I extends DescMessage, O extends DescMessage> = (
  request: MessageShape<I>,
  context: CallContext,
) => Answer<O> | Promise<Answer<O>>;

/**
 * How far before other calls one goes when not all can be answered in time: what is one more goes before those that came
 * up to one turn of the event loop earlier. Asked only then. Caller-given, so it orders and never decides.
 *
 * @param attempts how often the client's retry policy has sent this call before
 */
export type UrgencyOf<I extends DescMessage> = (
  request: MessageShape<I>,
  attempts: number,
  context: CallContext,
) => number;

/** Learns what became of the calls of one method. Its functions never throw. */
export interface CallObserver {
  /**
   * @param grpcStatus number of the gRPC status that was sent
   * @param durationMs from the arrival of the request to its answer; 0 if it never came to a handler
   */
  answered(grpcStatus: number, durationMs: number): void;
  /** A call was refused under overload, before it was decoded. */
  shed(cause: ShedCause): void;
  /** A call's deadline had passed, or its caller had gone, before work began. */
  unserved(): void;
  /** A handler failed in a way that no caller is to learn about. */
  failed(cause: unknown): void;
}
