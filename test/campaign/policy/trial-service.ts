import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { Client, credentials } from '@grpc/grpc-js';
import { GrpcClient } from '../../../src/cli/grpc-client.js';
import { readConfig } from '../../../src/config.js';
import {
  PolicyService,
  SimulatePolicyRequestSchema,
  SimulatePolicyResponseSchema,
  type SimulationResult,
} from '../../../src/gen/holdfast/v1/policy_service_pb.js';
import { type Service, startService } from '../../../src/service.js';
import { createLogger } from '../../../src/telemetry/logger.js';
import { Metrics } from '../../../src/telemetry/metrics.js';

const TIMEOUT_MS = 120_000;
const WHO = { actor: 'campaign', reason: 'to compare' };

type SimulateInit = Omit<MessageInitShape<typeof SimulatePolicyRequestSchema>, '$typeName' | '$unknown'>;

/** A real service whose clock the campaign moves, and the calls that it needs. */
export class TrialService {
  readonly clock: { now: number; nowMs(): number };
  readonly client: GrpcClient;
  readonly #streams: Client;

  private constructor(
    readonly service: Service,
    clock: { now: number; nowMs(): number },
  ) {
    this.clock = clock;
    this.client = new GrpcClient(service.grpcAddress);
    this.#streams = new Client(service.grpcAddress, credentials.createInsecure());
  }

  /** @param folder empty; will hold the data */
  static async start(folder: string, policyText: string, startAt: number): Promise<TrialService> {
    writeFileSync(join(folder, 'policy.yaml'), policyText);
    const read = readConfig({
      HOLDFAST_GRPC_ADDRESS: '127.0.0.1:0',
      HOLDFAST_OPS_ADDRESS: '127.0.0.1:0',
      HOLDFAST_DATA_DIR: join(folder, 'data'),
      HOLDFAST_POLICY_FILE: join(folder, 'policy.yaml'),
      HOLDFAST_POLICY_MODE: 'api',
      HOLDFAST_AUDIT: 'relaxed',
      HOLDFAST_SHADOW_CPU_PERCENT: '100',
    });
    if (read.kind === 'invalid') throw new Error(read.problems.join('; '));
    const clock = {
      now: startAt,
      nowMs(): number {
        return this.now;
      },
    };
    const service = await startService(read.config, {
      clock,
      metrics: new Metrics({ withProcess: false }),
      logger: createLogger({ level: 'fatal', destination: { write: () => undefined } }),
    });
    return new TrialService(service, clock);
  }

  async createRevision(text: string): Promise<number> {
    const request = { text, author: WHO.actor, message: WHO.reason };
    const { revision } = await this.client.call(
      PolicyService.method.createPolicyRevision,
      request,
      TIMEOUT_MS,
    );
    return revision?.ref?.number ?? 0;
  }

  async activate(number: number): Promise<void> {
    const { method } = PolicyService;
    const { etag } = await this.client.call(method.getPolicyRevision, {});
    const request = { ...WHO, number, etag };
    await this.client.call(method.activatePolicyRevision, request, TIMEOUT_MS);
  }

  async startShadow(number: number): Promise<void> {
    await this.client.call(PolicyService.method.startShadow, { ...WHO, number });
  }

  async stopShadow(number: number) {
    const { summary } = await this.client.call(PolicyService.method.stopShadow, { ...WHO, number });
    if (summary === undefined) throw new Error(`revision ${number} did not run in shadow`);
    return summary;
  }

  async simulate(request: SimulateInit): Promise<SimulationResult> {
    const { simulatePolicy } = PolicyService.method;
    const stream = this.#streams.makeServerStreamRequest(
      `/${simulatePolicy.parent.typeName}/${simulatePolicy.name}`,
      (init: SimulateInit) =>
        Buffer.from(toBinary(SimulatePolicyRequestSchema, create(SimulatePolicyRequestSchema, init))),
      (bytes: Buffer) => fromBinary(SimulatePolicyResponseSchema, bytes),
      request,
    );
    let result: SimulationResult | undefined;
    for await (const message of stream) result = message.result ?? result;
    if (result === undefined) throw new Error('a simulation ended without its result');
    return result;
  }

  async stop(): Promise<void> {
    this.client.close();
    this.#streams.close();
    await this.service.stop('the campaign is over');
  }
}

/** The policy as it is packaged. */
export function defaultPolicyText(): string {
  return readFileSync(join(import.meta.dirname, '../../../policies/default.yaml'), 'utf8');
}
