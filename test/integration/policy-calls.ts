import { readFileSync } from 'node:fs';
import type { DescMessage, MessageInitShape } from '@bufbuild/protobuf';
import {
  type ActivatePolicyRevisionRequestSchema,
  type CreatePolicyRevisionRequestSchema,
  PolicyService,
} from '../../src/gen/holdfast/v1/policy_service_pb.js';
import { startTestService, type TestService, type TestServiceOptions } from './harness.js';

type Init<S extends DescMessage> = Omit<MessageInitShape<S>, '$typeName' | '$unknown'>;

/** A check of a policy takes its time on a machine that runs other tests too. */
const TIMEOUT_MS = 30_000;

/** The calls of a risk analyst. */
export class Analyst {
  constructor(readonly running: TestService) {}

  /** The text of the test policy. */
  get text(): string {
    return readFileSync(this.running.policyFile, 'utf8');
  }

  /** The test policy with other points for a password reset, and so another revision. */
  textWith(points: number): string {
    return this.text.replace('points: 30', `points: ${points}`);
  }

  create(changes: Init<typeof CreatePolicyRevisionRequestSchema>) {
    const { method } = PolicyService;
    return this.running.client.call(
      method.createPolicyRevision,
      {
        author: 'ana',
        message: 'to try',
        ...changes,
      },
      TIMEOUT_MS,
    );
  }

  /** Makes a revision and gives its number. */
  async number(text: string): Promise<number> {
    const { revision } = await this.create({ text });
    return revision?.ref?.number ?? 0;
  }

  get(number = 0) {
    return this.running.client.call(PolicyService.method.getPolicyRevision, { number });
  }

  async activate(
    number: number,
    changes: Init<typeof ActivatePolicyRevisionRequestSchema> = {},
    client = this.running.client,
  ) {
    const etag = changes.etag ?? (await this.get()).etag;
    return client.call(
      PolicyService.method.activatePolicyRevision,
      {
        actor: 'ana',
        reason: 'it is better',
        ...changes,
        number,
        etag,
      },
      TIMEOUT_MS,
    );
  }

  rollback(etag = '') {
    const request = { actor: 'otto', reason: 'too many holds', etag };
    return this.running.client.call(PolicyService.method.rollbackPolicy, request);
  }

  startShadow(number: number) {
    return this.running.client.call(PolicyService.method.startShadow, {
      number,
      actor: 'ana',
      reason: 'look',
    });
  }

  stopShadow(number: number) {
    return this.running.client.call(PolicyService.method.stopShadow, {
      number,
      actor: 'ana',
      reason: 'seen',
    });
  }

  changes(pageSize = 0, pageToken = '') {
    return this.running.client.call(PolicyService.method.listPolicyChanges, { pageSize, pageToken });
  }

  list(pageSize = 0, pageToken = '') {
    return this.running.client.call(PolicyService.method.listPolicyRevisions, { pageSize, pageToken });
  }
}

/** Shadows may take what they need: a busy machine must not make them leave something out. */
export const API_MODE = { HOLDFAST_POLICY_MODE: 'api', HOLDFAST_SHADOW_CPU_PERCENT: '100' };

/** A service whose policies are changed by calls. */
export async function startApiService(options: TestServiceOptions = {}): Promise<TestService> {
  return startTestService({ ...options, env: { ...API_MODE, ...options.env } });
}
