import { create } from '@bufbuild/protobuf';
import {
  type StartShadowRequest,
  type StartShadowResponse,
  StartShadowResponseSchema,
  type StopShadowRequest,
  type StopShadowResponse,
  StopShadowResponseSchema,
} from '../../gen/holdfast/v1/policy_service_pb.js';
import { MAX_SHADOWS } from '../../policy/index.js';
import { CallError } from '../errors.js';
import { revisionMessage, shadowSummaryMessage } from './messages.js';
import type { PolicyParts } from './parts.js';
import { recordChange } from './record-change.js';
import { readyRevision, requireActor, requireNumber, requireRevisions } from './require.js';

/**
 * Lets a revision decide beside the live one from now on. Starting one that runs changes nothing.
 *
 * @throws CallError FAILED_PRECONDITION in file mode, for the live revision, and beyond {@link MAX_SHADOWS}; NOT_FOUND;
 *   INVALID_ARGUMENT
 * @throws JournalError code `AUDIT_UNAVAILABLE`
 */
export async function startShadow(
  parts: PolicyParts,
  request: StartShadowRequest,
): Promise<StartShadowResponse> {
  const { number, actor, reason } = request;
  requireActor(parts, request, (rules) => requireNumber(rules, number), false);
  requireRevisions(parts);
  const { kept, live } = readyRevision(parts, number);
  const { active, shadows } = parts.history.standing;
  if (active === number) throw new CallError('POLICY_ALREADY_LIVE');
  if (!shadows.includes(number)) {
    if (shadows.length >= MAX_SHADOWS) {
      throw new CallError('SHADOW_LIMIT', undefined, { metadata: { limit: String(MAX_SHADOWS) } });
    }
    const { stamp } = recordChange(parts, { kind: 'policy-shadow', number, starts: true, actor, reason });
    parts.shadows.start(live, stamp.receivedAt);
  }
  const response = create(StartShadowResponseSchema, {
    revision: revisionMessage(parts, kept, true),
  });
  await parts.journal.whenDurable(parts.history.standing.changedPosition);
  return response;
}

/**
 * Ends a shadow and says what it came to: every answer given before the call is in it.
 *
 * @throws CallError NOT_FOUND when it does not run; FAILED_PRECONDITION in file mode; INVALID_ARGUMENT
 * @throws JournalError code `AUDIT_UNAVAILABLE`; it then goes on
 */
export async function stopShadow(
  parts: PolicyParts,
  request: StopShadowRequest,
): Promise<StopShadowResponse> {
  const { number, actor, reason } = request;
  requireActor(parts, request, (rules) => requireNumber(rules, number), false);
  requireRevisions(parts);
  await parts.shadows.caughtUp();
  const summary = parts.shadows.summary(number);
  if (summary === undefined) throw new CallError('SHADOW_NOT_RUNNING');
  const { durable } = recordChange(parts, { kind: 'policy-shadow', number, starts: false, actor, reason });
  parts.shadows.stop(number);
  await durable;
  return create(StopShadowResponseSchema, { summary: shadowSummaryMessage(summary) });
}
