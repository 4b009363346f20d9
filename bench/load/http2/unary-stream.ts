import type { FieldReader } from './hpack-decoder.js';

/** The end of a call. */
export interface CallEnd {
  /** Status of gRPC; -1: the call ended without one. */
  readonly grpcStatus: number;
  /** As the server encoded it; without a status, what happened instead. */
  readonly grpcMessage: string;
  /** Framed. */
  readonly body: Buffer;
}

/** What happens when a call ends. Called once. */
export type OnEnd = (end: CallEnd) => void;

const NO_BYTES = Buffer.alloc(0);
const NO_STATUS = -1;

/** One call on its stream. */
export class UnaryStream implements FieldReader {
  /** 0: not yet opened. */
  id = 0;
  /** How much of {@link request} the stream's own window lets through. May be negative. */
  windowBytes = 0;
  /** Of {@link request}. */
  sentBytes = 0;
  /** Framed. */
  readonly request: Buffer;
  readonly #onEnd: OnEnd;
  #grpcStatus = NO_STATUS;
  #grpcMessage = '';
  #httpStatus = '';
  #body: Buffer = NO_BYTES;

  constructor(request: Buffer, onEnd: OnEnd) {
    this.request = request;
    this.#onEnd = onEnd;
  }

  get unsentBytes(): number {
    return this.request.length - this.sentBytes;
  }

  /** Takes a field of the headers or the trailers. */
  readField(name: string, value: string): void {
    if (name === 'grpc-status') this.#grpcStatus = Number(value);
    else if (name === 'grpc-message') this.#grpcMessage = value;
    else if (name === ':status') this.#httpStatus = value;
  }

  /** @param bytes copied: the caller may reuse them */
  addData(bytes: Buffer): void {
    this.#body = this.#body.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#body, bytes]);
  }

  /** The server has said all. */
  end(): void {
    const grpcStatus = this.#grpcStatus;
    const grpcMessage =
      grpcStatus === NO_STATUS ? `no grpc-status, HTTP status ${this.#httpStatus}` : this.#grpcMessage;
    this.#onEnd({ grpcStatus, grpcMessage, body: this.#body });
  }

  /** The call is over before the server has said all. */
  fail(reason: string): void {
    this.#onEnd({ grpcStatus: NO_STATUS, grpcMessage: reason, body: this.#body });
  }
}
