export { HoldfastClient, type HoldfastClientOptions } from './client.js';
export type { OwnDecision } from './fail-posture.js';
export { Channel as ConfirmationChannel, Decision } from './gen/holdfast/v1/decision_pb.js';
export {
  AssessWithdrawalRequestSchema,
  type AssessWithdrawalResponse,
  NoAnswerCause,
} from './gen/holdfast/v1/risk_service_pb.js';
export type { ClientEvent, Outcome } from './outcome.js';
export { RefusedError } from './refused-error.js';
