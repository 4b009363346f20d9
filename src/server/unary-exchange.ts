import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { status as GrpcStatus, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import type { Admission } from './admission.js';
import { errorStatus } from './error-status.js';
import { classifyError } from './errors.js';
import { type DecodedRequest, EncodedResponse } from './request-codec.js';
import type { Answer, CallContext, CallObserver, UnaryHandler } from './unary-handler.js';

/** A call as grpc-js hands it over, with its request decoded by us. */
export type GrpcUnaryCall<I extends DescMessage, O extends DescMessage> = ServerUnaryCall<
  DecodedRequest<I>,
  Answer<O>
>;

/** What all exchanges of one method share. */
export interface ExchangePorts {
  readonly admission: Admission;
  readonly observer: CallObserver;
}

/** One request that reached its handler, and the one answer to it. */
export class UnaryExchange<I extends DescMessage, O extends DescMessage> implements CallContext {
  readonly deadlineAt: number;
  readonly #call: GrpcUnaryCall<I, O>;
  readonly #send: sendUnaryData<Answer<O>>;
  readonly #ports: ExchangePorts;

  constructor(
    call: GrpcUnaryCall<I, O>,
    send: sendUnaryData<Answer<O>>,
    ports: ExchangePorts,
    readonly tenant: string,
    readonly arrivedAt: number,
  ) {
    this.#call = call;
    this.#send = send;
    this.#ports = ports;
    this.deadlineAt = monotonicDeadline(call.getDeadline());
  }

  get traceparent(): string | undefined {
    const value = this.#call.metadata.get('traceparent')[0];
    return typeof value === 'string' ? value : undefined;
  }

  cancelled(): boolean {
    return this.#call.cancelled || (this.deadlineAt !== Infinity && this.deadlineAt <= performance.now());
  }

  /** Asks the handler, and sends its answer as soon as it is there. */
  run(handler: UnaryHandler<I, O>, request: MessageShape<I>): void {
    this.#ports.admission.enter();
    try {
      const answer = handler(request, this);
      if (answer instanceof Promise) {
        answer.then(
          (settled) => this.#answer(settled),
          (thrown: unknown) => this.#fail(thrown),
        );
      } else {
        this.#answer(answer);
      }
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #answer(answer: Answer<O>): void {
    if (answer instanceof EncodedResponse && answer.durable !== undefined) {
      answer.durable.then(
        () => this.#deliver(answer),
        (thrown: unknown) => this.#fail(thrown),
      );
    } else {
      this.#deliver(answer);
    }
  }

  #deliver(answer: Answer<O>): void {
    this.#leave(GrpcStatus.OK);
    this.#send(null, answer);
  }

  #fail(thrown: unknown): void {
    const classified = classifyError(thrown);
    if (classified.kind === 'unexpected') this.#ports.observer.failed(classified.cause);
    const status = errorStatus(classified.error);
    this.#leave(status.code);
    this.#send(status);
  }

  #leave(grpcStatus: GrpcStatus): void {
    this.#ports.admission.leave();
    this.#ports.observer.answered(grpcStatus, performance.now() - this.arrivedAt);
  }
}

/**
 * grpc-js gives deadlines on the wall clock, which may step; ours are on the monotonic one.
 *
 * It cuts a timeout to whole milliseconds and to 32 bits: below 1 ms it has passed at once, and beyond 24 days it is
 * any length, or has passed at once. Clients should ask for 1 ms to 1 day.
 */
function monotonicDeadline(deadline: Date | number): number {
  if (deadline === Infinity) return Infinity;
  return performance.now() + (Number(deadline) - Date.now());
}
