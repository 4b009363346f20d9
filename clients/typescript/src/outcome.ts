import type { OwnDecision } from './fail-posture.js';
import type { Decision } from './gen/holdfast/v1/decision_pb.js';
import type { AssessWithdrawalResponse, NoAnswerCause } from './gen/holdfast/v1/risk_service_pb.js';

/** What became of one question. */
export type Outcome =
  | {
      readonly decidedBy: 'service';
      /** Treat what you do not know as HOLD. */
      readonly decision: Decision;
      readonly response: AssessWithdrawalResponse;
    }
  | {
      readonly decidedBy: 'client';
      readonly decision: OwnDecision;
      /** Why there was no answer. */
      readonly cause: NoAnswerCause;
      /**
       * A serialized `holdfast.v1.ClientDecision`. The client reports it by itself; store it with the withdrawal and give
       * it to `reportLater` after a crash. Empty for dry runs, which are not reported.
       */
      readonly report: Uint8Array;
    };

/** What the client tells about its work. */
export type ClientEvent =
  | { readonly kind: 'answered'; readonly durationMs: number; readonly attempts: number }
  | {
      readonly kind: 'decided-alone';
      readonly durationMs: number;
      readonly attempts: number;
      readonly decision: OwnDecision;
      readonly cause: NoAnswerCause;
    }
  | { readonly kind: 'refused'; readonly code: number; readonly reason: string }
  | { readonly kind: 'posture-heard'; readonly policyNumber: number }
  | { readonly kind: 'posture-not-heard' }
  | { readonly kind: 'reported'; readonly count: number }
  /** The service keeps these reports not: look at the field and the rule. */
  | { readonly kind: 'report-refused'; readonly field: string; readonly cause: string }
  /** Holds that found no place among what waits to be reported. */
  | { readonly kind: 'report-dropped' };
