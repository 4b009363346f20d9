import { RiskService } from '../../gen/holdfast/v1/risk_service_pb.js';
import { type MethodImplementation, unary } from '../grpc-adapter.js';
import { assessWithdrawal } from './assess-withdrawal.js';
import { decodeUsualRequest } from './decode-request.js';
import { getAssessment } from './get-assessment.js';
import { getFailPosture } from './get-fail-posture.js';
import { listAssessments } from './list-assessments.js';
import type { RiskParts } from './parts.js';
import { reportClientDecisions } from './report-client-decisions.js';
import { reportOutcome } from './report-outcome.js';
import { reportSignals } from './report-signals.js';
import { urgencyOfWithdrawal } from './urgency.js';

/** The methods of the RiskService that are answered; the others say that they are not available yet. */
export function riskMethods(parts: RiskParts): readonly MethodImplementation[] {
  const { method } = RiskService;
  return [
    unary(method.assessWithdrawal, (request, context) => assessWithdrawal(parts, request, context), {
      decodeUsual: decodeUsualRequest,
      urgencyOf: urgencyOfWithdrawal(parts),
    }),
    unary(method.reportSignals, (request, context) => reportSignals(parts, request, context)),
    unary(method.getAssessment, (request, context) => getAssessment(parts, request, context)),
    unary(method.listAssessments, (request, context) => listAssessments(parts, request, context), {
      readsAtLength: true,
    }),
    unary(method.reportOutcome, (request, context) => reportOutcome(parts, request, context)),
    unary(method.getFailPosture, () => getFailPosture(parts)),
    unary(method.reportClientDecisions, (request, context) => reportClientDecisions(parts, request, context)),
  ];
}
