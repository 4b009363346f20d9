import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { getAssessment as findAssessment } from '../../audit/index.js';
import {
  type GetAssessmentRequest,
  type GetAssessmentResponse,
  GetAssessmentResponseSchema,
  type Outcome,
  OutcomeSchema,
} from '../../gen/holdfast/v1/risk_service_pb.js';
import { positionOf, readClock } from '../../journal/index.js';
import { OUTCOME_LABELS } from '../../policy/simulate/replay-item.js';
import type { OutcomeMark } from '../../store/codec/index-codec.js';
import { CallError, invalidArgument } from '../errors.js';
import type { CallContext } from '../grpc-adapter.js';
import { assessmentMessage } from './assessment-message.js';
import { FieldRules } from './field-rules.js';
import { MAX_ID_CHARACTERS } from './limits.js';
import type { RiskParts } from './parts.js';

/** In the order of the contract's enum, which begins with UNSPECIFIED. */
const LABELS: readonly string[] = OUTCOME_LABELS;

/**
 * Fetches one assessment of the caller's tenant and what became of it, once it is on disk: what is shown must not be gone
 * after a power loss.
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
  const outcome = parts.view.outcome(context.tenant, id, readClock(parts.clock).earliestMs);
  return create(GetAssessmentResponseSchema, {
    assessment: assessmentMessage(found),
    ...(outcome === undefined ? {} : { outcome: outcomeMessage(id, outcome) }),
  });
}

function outcomeMessage(assessmentId: string, { label, reportedBy, observedAt }: OutcomeMark): Outcome {
  return create(OutcomeSchema, {
    assessmentId,
    label: LABELS.indexOf(label) + 1,
    reportedBy,
    observedAt: timestampFromMs(observedAt),
  });
}
