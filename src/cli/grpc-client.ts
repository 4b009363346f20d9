import {
  create,
  type DescMessage,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { Client, credentials, type ServiceError } from '@grpc/grpc-js';

/** Long enough for a cold start, short enough that a person does not wonder. */
const DEFAULT_TIMEOUT_MS = 5_000;

/** Calls methods of a Holdfast service in clear text; for tools on the same machine. */
export class GrpcClient {
  readonly #client: Client;

  /** @param address `host:port` or `unix:path` */
  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure());
  }

  /**
   * Calls one method.
   *
   * @throws ServiceError of grpc-js for every status but OK
   */
  call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    timeoutMs: number = DEFAULT_TIMEOUT_MS,
  ): Promise<MessageShape<O>> {
    const path = `/${method.parent.typeName}/${method.name}`;
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        path,
        (message: MessageShape<I>) => Buffer.from(toBinary(method.input, message)),
        (bytes: Buffer) => fromBinary(method.output, bytes),
        create(method.input, request),
        { deadline: Date.now() + timeoutMs },
        (error: ServiceError | null, response?: MessageShape<O>) => {
          if (error !== null) reject(error);
          else if (response === undefined) reject(new Error(`${path} answered nothing`));
          else resolve(response);
        },
      );
    });
  }

  /**
   * Calls one method that answers with many messages, for as long as it takes. Whoever stops reading ends the call.
   *
   * @param signal cancels the call, which then throws CANCELLED
   * @throws ServiceError of grpc-js for every status but OK
   */
  async *stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I>,
    signal: AbortSignal,
  ): AsyncGenerator<MessageShape<O>, void> {
    const call = this.#client.makeServerStreamRequest(
      `/${method.parent.typeName}/${method.name}`,
      (message: MessageShape<I>) => Buffer.from(toBinary(method.input, message)),
      (bytes: Buffer) => fromBinary(method.output, bytes),
      create(method.input, request),
    );
    const cancel = (): void => call.cancel();
    // The loop below throws what went wrong; after it, CANCELLED may still come, and nobody is to fall over it.
    call.on('error', () => undefined);
    signal.addEventListener('abort', cancel, { once: true });
    if (signal.aborted) cancel();
    try {
      for await (const message of call) yield message;
    } finally {
      signal.removeEventListener('abort', cancel);
      cancel();
    }
  }

  close(): void {
    this.#client.close();
  }
}
