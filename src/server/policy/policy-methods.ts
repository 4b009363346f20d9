import { PolicyService } from '../../gen/holdfast/v1/policy_service_pb.js';
import { type MethodImplementation, unary } from '../grpc-adapter.js';
import { serverStreaming } from '../server-streaming.js';
import { createRevision } from './create-revision.js';
import type { PolicyParts } from './parts.js';
import { getRevision, listChanges, listRevisions } from './read-revisions.js';
import { startShadow, stopShadow } from './shadow-revision.js';
import { activateRevision, rollbackPolicy } from './switch-revision.js';

const AT_LENGTH = { readsAtLength: true };

/** The methods of the PolicyService. What replays the log is loaded when an operator first asks for it. */
export function policyMethods(parts: PolicyParts): readonly MethodImplementation[] {
  const { method } = PolicyService;
  return [
    unary(method.createPolicyRevision, (request) => createRevision(parts, request)),
    unary(method.getPolicyRevision, (request) => getRevision(parts, request)),
    unary(
      method.listPolicyRevisions,
      (request, context) => listRevisions(parts, request, context),
      AT_LENGTH,
    ),
    serverStreaming(method.simulatePolicy, async (request, stream) => {
      const { simulatePolicy } = await import('./simulate-policy.js');
      await simulatePolicy(parts, request, stream);
    }),
    unary(method.activatePolicyRevision, (request) => activateRevision(parts, request)),
    unary(method.rollbackPolicy, (request) => rollbackPolicy(parts, request)),
    unary(method.startShadow, (request) => startShadow(parts, request)),
    unary(method.stopShadow, (request) => stopShadow(parts, request)),
    unary(method.listPolicyChanges, (request, context) => listChanges(parts, request, context), AT_LENGTH),
    unary(
      method.getRuleHealth,
      async (request, context) => {
        const { getRuleHealth } = await import('./get-rule-health.js');
        return getRuleHealth(parts, request, context);
      },
      AT_LENGTH,
    ),
  ];
}
