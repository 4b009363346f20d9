import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { GrpcClient } from '../../src/cli/grpc-client.js';
import { decodeDetails } from '../server/harness.js';

/** Only ends what would hang for ever. */
const PATIENCE_MS = 120_000;

/** Pause before a call that was shed is made again. */
const RETRY_MS = 20;

/** A client that a busy machine does not put off: waits long, and asks again where the server had no time for it. */
export class PatientClient extends GrpcClient {
  override async call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    timeoutMs: number = PATIENCE_MS,
  ): Promise<MessageShape<O>> {
    for (;;) {
      try {
        return await super.call(method, request, timeoutMs);
      } catch (error) {
        if (!wasShed(error)) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

function wasShed(error: unknown): boolean {
  if (!(error instanceof Error && 'metadata' in error)) return false;
  const { metadata } = error as { metadata: { get(key: string): unknown[] } };
  const [bytes] = metadata.get('grpc-status-details-bin');
  return Buffer.isBuffer(bytes) && decodeDetails(bytes).info?.reason === 'SERVER_LAGGING';
}
