import type { DescMethod } from '@bufbuild/protobuf';
import { Client, credentials, status as GrpcStatus } from '@grpc/grpc-js';

/** Names of `grpc.health.v1.HealthCheckResponse.ServingStatus` by number. */
const SERVING_STATUSES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;

/** Calls methods with bytes, whatever they are, and gives the answer's bytes. */
export class RawClient {
  readonly #client: Client;

  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure());
  }

  /** @throws ServiceError of grpc-js for every status but OK */
  call(path: string, bytes: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(path, asIs, asIs, bytes, (error, answer) => {
        if (error !== null) reject(error);
        else resolve(answer ?? Buffer.alloc(0));
      });
    });
  }

  /** Sends bytes as an assessment request and gives the status of the answer. */
  assessStatus(bytes: Buffer): Promise<number> {
    return this.call('/holdfast.v1.RiskService/AssessWithdrawal', bytes).then(
      () => GrpcStatus.OK,
      (error: { readonly code: number }) => error.code,
    );
  }

  close(): void {
    this.#client.close();
  }
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}

/** Calls a method with an empty request. */
export async function callEmpty(address: string, method: DescMethod): Promise<Buffer> {
  const client = new RawClient(address);
  try {
    return await client.call(`/${method.parent.typeName}/${method.name}`, Buffer.alloc(0));
  } finally {
    client.close();
  }
}

/** Asks the standard health service for the server as a whole, as a load balancer does. */
export async function checkHealth(address: string): Promise<(typeof SERVING_STATUSES)[number]> {
  const client = new RawClient(address);
  try {
    // The request is empty; the answer's only field is a varint under the tag 0x08.
    const answer = await client.call('/grpc.health.v1.Health/Check', Buffer.alloc(0));
    return SERVING_STATUSES[answer[1] ?? 0] ?? 'UNKNOWN';
  } finally {
    client.close();
  }
}
