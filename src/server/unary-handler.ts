import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
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
