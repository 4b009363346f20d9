import { create, toBinary } from '@bufbuild/protobuf';
import { ListAssessmentsRequestSchema } from '../../../src/gen/holdfast/v1/risk_service_pb.js';
import { grpcFrame } from '../grpc-frame.js';
import { UnaryClient } from '../unary-client.js';

const LIST_PATH = '/holdfast.v1.RiskService/ListAssessments';
const PAGE_SIZE = 500;

/** Readers of history, each on a connection of its own, who ask for a page when they have the one before. */
export class HistoryReaders {
  #isOver = false;
  #pageCount = 0;
  readonly #done: Promise<unknown>;

  private constructor(clients: readonly UnaryClient[]) {
    const frame = grpcFrame(
      toBinary(ListAssessmentsRequestSchema, create(ListAssessmentsRequestSchema, { pageSize: PAGE_SIZE })),
    );
    this.#done = Promise.all(clients.map((client) => this.#read(client, frame)));
  }

  static async start(address: string, count: number): Promise<HistoryReaders> {
    const opening = Array.from({ length: count }, () => UnaryClient.open(address, LIST_PATH, 1));
    return new HistoryReaders(await Promise.all(opening));
  }

  /** @returns pages that were read */
  async stop(): Promise<number> {
    this.#isOver = true;
    await this.#done;
    return this.#pageCount;
  }

  async #read(client: UnaryClient, frame: Buffer): Promise<void> {
    while (!this.#isOver) {
      const { grpcStatus, grpcMessage } = await client.call(frame);
      if (grpcStatus !== 0) throw new Error(`a page of history failed: ${grpcStatus} ${grpcMessage}`);
      this.#pageCount += 1;
    }
    await client.close();
  }
}
