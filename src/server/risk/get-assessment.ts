import { create } from '@bufbuild/protobuf';
import { getAssessment as findAssessment } from '../../audit/index.js';
import {
  type GetAssessmentRequest,
  type GetAssessmentResponse,
  GetAssessmentResponseSchema,
} from '../../gen/holdfast/v1/risk_service_pb.js';
import { positionOf } from '../../journal/index.js';
import { CallError, invalidArgument } from '../errors.js';
import type { CallContext } from '../grpc-adapter.js';
import { assessmentMessage } from './assessment-message.js';
import { FieldRules } from './field-rules.js';
import { MAX_ID_CHARACTERS } from './limits.js';
import type { RiskParts } from './parts.js';

/**
 * Fetches one assessment of the caller's tenant, once it is on disk: what is shown must not be gone after a power loss.
 *
 * @throws CallError INVALID_ARGUMENT without an id; NOT_FOUND if there is none, or another tenant's (I10)
 * @throws JournalError code `AUDIT_UNAVAILABLE` when its record cannot be made durable
 */
export async function getAssessment(
  parts: RiskParts,
  request: GetAssessmentRequest,
  context: CallContext,
): Promise<GetAssessmentResponse> {
  const rules = new FieldRules(parts.clock.nowMs());
  const id = rules.requiredText('assessment_id', request.assessmentId, MAX_ID_CHARACTERS);
  if (rules.violations.length > 0) throw invalidArgument(rules.violations);
  const position = positionOf(id);
  const found =
    position === undefined ? undefined : findAssessment(parts.journal, context.tenant, id, position);
  if (found === undefined) throw new CallError('ASSESSMENT_NOT_FOUND');
  await parts.journal.whenDurable(found.position);
  return create(GetAssessmentResponseSchema, { assessment: assessmentMessage(found) });
}
