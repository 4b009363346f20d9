import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { Client, credentials, type ServiceError } from '@grpc/grpc-js';

/** Long enough for a cold start, short enough that a person does not wonder. */
const DEFAULT_TIMEOUT_MS = 5_000;

/** Calls unary methods of a Holdfast service in clear text; for tools on the same machine. */
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

  close(): void {
    this.#client.close();
  }
}
