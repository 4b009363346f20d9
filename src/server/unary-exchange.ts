import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import {
  status as GrpcStatus,
  type ServerUnaryCall,
  type StatusObject,
  type sendUnaryData,
} from '@grpc/grpc-js';
import type { Slices } from '../audit/index.js';
import type { Admission } from './admission.js';
import { errorStatus } from './error-status.js';
import { CallError, classifyError } from './errors.js';
import { closeCall } from './intake.js';
import type { ReaderCall } from './long-read-handler.js';
import { malformedStatus } from './malformed-place.js';
import {
  EncodedResponse,
  MalformedRequest,
  type ReceivedRequest,
  type RequestDecoder,
} from './request-codec.js';
import type { CallOfTurn } from './turn.js';
import type { Answer, CallObserver, UrgencyOf } from './unary-handler.js';

/** A call as grpc-js hands it over, with its request not yet decoded. */
export type GrpcUnaryCall<O extends DescMessage> = ServerUnaryCall<ReceivedRequest, Answer<O>>;

/** What all exchanges of one method share. */
export interface ExchangePorts<I extends DescMessage, O extends DescMessage> {
  readonly admission: Admission;
  readonly observer: CallObserver;
  readonly decode: RequestDecoder<I>;
  /** Of a method that reads at length it may ask more about the call. */
  readonly handler: (request: MessageShape<I>, call: ReaderCall) => Answer<O> | Promise<Answer<O>>;
  readonly urgencyOf: UrgencyOf<I> | undefined;
}

/** Written by a client's retry policy (gRFC A6): how often it has sent this call before. */
const PREVIOUS_ATTEMPTS_KEY = 'grpc-previous-rpc-attempts';

const DEADLINE_PASSED_STATUS = errorStatus(new CallError('DEADLINE_PASSED'));
const INTERNAL_STATUS = errorStatus(new CallError('INTERNAL'));

/** One request that was let in, and the one answer to it. It counts as in flight until its answer is there. */
export class UnaryExchange<I extends DescMessage, O extends DescMessage> implements ReaderCall, CallOfTurn {
  readonly deadlineAt: number;
  slices?: Slices;
  #message: MessageShape<I> | undefined;
  #answer: Answer<O> | undefined;
  #error: StatusObject | undefined;
  #inFlight = true;
  #mayBeSent = false;
  #isSent = false;

  constructor(
    private readonly call: GrpcUnaryCall<O>,
    private readonly respond: sendUnaryData<Answer<O>>,
    private readonly ports: ExchangePorts<I, O>,
    readonly tenant: string,
    readonly arrivedAt: number,
    private readonly bytes: Buffer,
  ) {
    this.deadlineAt = monotonicDeadline(call.getDeadline());
    ports.admission.enter();
  }

  get traceparent(): string | undefined {
    const value = this.call.metadata.get('traceparent')[0];
    return typeof value === 'string' ? value : undefined;
  }

  get connection(): string {
    return this.call.getPeer();
  }

  whenOver(listener: () => void): void {
    // grpc-js says so too when it has sent a whole answer.
    if (this.call.cancelled) listener();
    else this.call.once('cancelled', listener);
  }

  cut(): void {
    closeCall(this.call);
  }

  cancelled(): boolean {
    return this.call.cancelled || (this.deadlineAt !== Infinity && this.deadlineAt <= performance.now());
  }

  read(): void {
    const read = this.ports.decode(this.bytes);
    if (read instanceof MalformedRequest) this.#refuse(malformedStatus(read.place));
    else this.#message = read;
  }

  urgency(): number {
    const message = this.#message;
    if (message === undefined || this.ports.urgencyOf === undefined) return 0;
    const attempts = Number(this.call.metadata.get(PREVIOUS_ATTEMPTS_KEY)[0] ?? 0);
    return this.ports.urgencyOf(message, attempts, this);
  }

  ask(): void {
    this.ports.admission.asked();
    const message = this.#message;
    if (message === undefined) return;
    this.#message = undefined;
    if (this.cancelled()) {
      this.ports.observer.unserved();
      this.#refuse(DEADLINE_PASSED_STATUS);
      return;
    }
    let answer: Answer<O> | Promise<Answer<O>>;
    try {
      answer = this.ports.handler(message, this);
    } catch (thrown) {
      this.#failed(thrown);
      return;
    }
    if (answer instanceof Promise) {
      answer.then(
        (settled) => this.#answeredLate(settled),
        (thrown: unknown) => this.#failedLate(thrown),
      );
    } else {
      this.#answered(answer);
    }
  }

  send(): void {
    this.#mayBeSent = true;
    if (!this.#inFlight) this.#dispatch();
  }

  abandon(thrown: unknown): void {
    this.#answer = undefined;
    this.#error = INTERNAL_STATUS;
    if (this.#inFlight) this.ports.admission.leave();
    this.#inFlight = false;
    try {
      this.ports.observer.failed(thrown);
    } catch {
      // It may have been the observer that threw.
    }
  }

  #answered(answer: Answer<O>): void {
    if (answer instanceof EncodedResponse && answer.durable !== undefined) {
      answer.durable.then(
        () => this.#deliverLate(answer),
        (thrown: unknown) => this.#failedLate(thrown),
      );
    } else {
      this.#deliver(answer);
    }
  }

  #deliver(answer: Answer<O>): void {
    this.#answer = answer;
    this.#leave(GrpcStatus.OK, performance.now() - this.arrivedAt);
  }

  #failed(thrown: unknown): void {
    const classified = classifyError(thrown);
    if (classified.kind === 'unexpected') this.ports.observer.failed(classified.cause);
    this.#error = errorStatus(classified.error);
    this.#leave(this.#error.code, performance.now() - this.arrivedAt);
  }

  // What is thrown after the turn has nobody to catch it and would end the process. The three below are functions, since
  // a `catch` on the promises would be one more promise for each call.

  #answeredLate(answer: Answer<O>): void {
    try {
      this.#answered(answer);
    } catch (thrown) {
      this.#abandonLate(thrown);
    }
  }

  #deliverLate(answer: Answer<O>): void {
    try {
      this.#deliver(answer);
    } catch (thrown) {
      this.#abandonLate(thrown);
    }
  }

  #failedLate(reason: unknown): void {
    try {
      this.#failed(reason);
    } catch (thrown) {
      this.#abandonLate(thrown);
    }
  }

  #abandonLate(thrown: unknown): void {
    this.abandon(thrown);
    if (!this.#mayBeSent || this.#isSent) return;
    try {
      this.#dispatch();
    } catch (thrownAgain) {
      this.abandon(thrownAgain);
    }
  }

  /** Ends the call before it came to its handler. */
  #refuse(status: StatusObject): void {
    this.#error = status;
    this.#leave(status.code, 0);
  }

  #leave(grpcStatus: GrpcStatus, durationMs: number): void {
    this.#inFlight = false;
    this.ports.admission.leave();
    this.ports.observer.answered(grpcStatus, durationMs);
    if (this.#mayBeSent) this.#dispatch();
  }

  #dispatch(): void {
    // Before it is: a transport that throws may have sent a part, and an answer must never go out twice.
    this.#isSent = true;
    if (this.#error !== undefined) this.respond(this.#error);
    else if (this.#answer === undefined) this.respond(INTERNAL_STATUS);
    else this.respond(null, this.#answer);
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
