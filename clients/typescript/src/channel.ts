import { type DescMethodUnary, fromBinary, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { type ChannelCredentials, Client, type ClientUnaryCall, type ServiceError } from '@grpc/grpc-js';
import { RiskService } from './gen/holdfast/v1/risk_service_pb.js';

type Methods = typeof RiskService.method;

/** A call that was begun. */
export interface Begun {
  /** Ends it; its callback is then called once more, with CANCELLED. */
  cancel(): void;
}

/** One warm connection to the service. */
export class Channel {
  readonly #client: Client;

  constructor(address: string, credentials: ChannelCredentials) {
    this.#client = new Client(address, credentials, {
      // A server that died without a word is noticed, and one that restarts is found soon.
      'grpc.keepalive_time_ms': 10_000,
      'grpc.keepalive_timeout_ms': 2_000,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 2_000,
      'grpc.enable_retries': 0,
    });
  }

  /** Connects. @returns whether it did within the time */
  warm(timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      this.#client.waitForReady(Date.now() + timeoutMs, (error) => resolve(error === undefined));
    });
  }

  /** Sends bytes as they are: a retry sends the very same. */
  assess(
    bytes: Uint8Array,
    deadlineAtMs: number,
    done: (
      error: ServiceError | null,
      response?: MessageShape<Methods['assessWithdrawal']['output']>,
    ) => void,
  ): Begun {
    return this.#begin(RiskService.method.assessWithdrawal, bytes, deadlineAtMs, done);
  }

  /** @throws ServiceError */
  call<M extends Methods['getFailPosture'] | Methods['reportClientDecisions']>(
    method: M,
    request: MessageShape<M['input']>,
    timeoutMs: number,
  ): Promise<MessageShape<M['output']>> {
    const bytes = toBinary(method.input, request);
    return new Promise((resolve, reject) => {
      this.#begin<M>(method, bytes, Date.now() + timeoutMs, (error, response) => {
        if (error !== null || response === undefined) reject(error ?? new Error('no message came'));
        else resolve(response);
      });
    });
  }

  #begin<M extends DescMethodUnary>(
    method: M,
    bytes: Uint8Array,
    deadlineAtMs: number,
    done: (error: ServiceError | null, response?: MessageShape<M['output']>) => void,
  ): ClientUnaryCall {
    return this.#client.makeUnaryRequest<Uint8Array, MessageShape<M['output']>>(
      `/${method.parent.typeName}/${method.name}`,
      (sent) => Buffer.from(sent.buffer, sent.byteOffset, sent.byteLength),
      (received) => fromBinary<M['output']>(method.output, received),
      bytes,
      { deadline: deadlineAtMs },
      done,
    );
  }

  close(): void {
    this.#client.close();
  }
}
