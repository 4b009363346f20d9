import { fromBinary } from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import { type ServiceError, status } from '@grpc/grpc-js';
import { type BadRequest, BadRequestSchema, ErrorInfoSchema } from './gen/google/rpc/error_details_pb.js';
import { StatusSchema } from './gen/google/rpc/status_pb.js';
import { NoAnswerCause } from './gen/holdfast/v1/risk_service_pb.js';

/**
 * The service refused the question: the same bytes will fail again. `docs/exchange.md` says what to do about each reason.
 */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';

  constructor(
    /** gRPC status. */
    readonly code: status,
    /** `ErrorInfo.reason`, e.g. `REQUEST_INVALID`; empty: the service did not say. */
    readonly reason: string,
    readonly violations: BadRequest['fieldViolations'],
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** How a failed call is treated. */
export type Failure =
  | { readonly kind: 'no-answer'; readonly cause: NoAnswerCause; readonly retryAfterMs: number | undefined }
  | { readonly kind: 'refused'; readonly error: RefusedError };

/** Sorts failures: which are silence, after which the same bytes may be sent again, and which are an answer. */
export function failureOf(error: ServiceError): Failure {
  const { reason, violations } = detailsOf(error);
  const silence = (cause: NoAnswerCause): Failure => ({
    kind: 'no-answer',
    cause,
    retryAfterMs: pushbackMs(error),
  });
  switch (error.code) {
    case status.UNAVAILABLE:
      return silence(reason === '' ? NoAnswerCause.UNREACHABLE : NoAnswerCause.REFUSED);
    case status.CANCELLED:
    case status.UNKNOWN:
      return silence(NoAnswerCause.UNREACHABLE);
    case status.DEADLINE_EXCEEDED:
      return silence(NoAnswerCause.DEADLINE);
    case status.INTERNAL:
      // Without a reason it is the connection's end: "Received RST_STREAM with code 2".
      return silence(reason === '' ? NoAnswerCause.UNREACHABLE : NoAnswerCause.FAULT);
    case status.DATA_LOSS:
      return silence(NoAnswerCause.FAULT);
    case status.RESOURCE_EXHAUSTED:
      if (reason === 'IN_FLIGHT_LIMIT') return silence(NoAnswerCause.REFUSED);
      break;
    default:
  }
  const cause = { cause: error };
  return { kind: 'refused', error: new RefusedError(error.code, reason, violations, error.details, cause) };
}

interface Details {
  readonly reason: string;
  readonly violations: BadRequest['fieldViolations'];
}

function detailsOf({ metadata }: ServiceError): Details {
  const [bytes] = metadata.get('grpc-status-details-bin');
  const none: Details = { reason: '', violations: [] };
  if (!Buffer.isBuffer(bytes)) return none;
  try {
    const { details } = fromBinary(StatusSchema, bytes);
    let { reason, violations } = none;
    for (const detail of details) {
      reason = anyUnpack(detail, ErrorInfoSchema)?.reason ?? reason;
      violations = anyUnpack(detail, BadRequestSchema)?.fieldViolations ?? violations;
    }
    return { reason, violations };
  } catch {
    // Whatever stands between may have spoilt it; the status alone says enough.
    return none;
  }
}

function pushbackMs({ metadata }: ServiceError): number | undefined {
  const [text] = metadata.get('grpc-retry-pushback-ms');
  const ms = Number(text);
  return text === undefined || !Number.isFinite(ms) || ms < 0 ? undefined : ms;
}
