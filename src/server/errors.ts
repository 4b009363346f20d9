import { status as GrpcStatus } from '@grpc/grpc-js';

/**
 * Every error a caller can get: its name is the `reason` of the ErrorInfo, the table gives the gRPC status and the
 * sentence that is sent when the error comes from a part that does not write for callers.
 *
 * Never-retry errors must not have a status that clients retry by default (UNAVAILABLE).
 */
const ERROR_TABLE = {
  REQUEST_INVALID: {
    status: GrpcStatus.INVALID_ARGUMENT,
    message: 'the request breaks rules of the contract',
  },
  REQUEST_MALFORMED: {
    status: GrpcStatus.INVALID_ARGUMENT,
    message: 'the request is not a valid protobuf message',
  },
  PAGE_TOKEN_INVALID: {
    status: GrpcStatus.INVALID_ARGUMENT,
    message: 'the page token does not fit this request',
  },
  POLICY_INVALID: { status: GrpcStatus.INVALID_ARGUMENT, message: 'the policy has mistakes' },
  REQUEST_TOO_LARGE: { status: GrpcStatus.RESOURCE_EXHAUSTED, message: 'the request is too large' },
  METADATA_TOO_LARGE: { status: GrpcStatus.RESOURCE_EXHAUSTED, message: 'the metadata is too large' },
  REQUEST_INCOMPLETE: {
    status: GrpcStatus.DEADLINE_EXCEEDED,
    message: 'the request was not completed in time',
  },
  DEADLINE_PASSED: {
    status: GrpcStatus.DEADLINE_EXCEEDED,
    message: 'the deadline had passed before work began',
  },
  UNAUTHENTICATED: { status: GrpcStatus.UNAUTHENTICATED, message: 'the caller is not known' },
  PERMISSION_DENIED: { status: GrpcStatus.PERMISSION_DENIED, message: 'the caller may not do this' },
  REQUEST_ID_REUSED: {
    status: GrpcStatus.FAILED_PRECONDITION,
    message: 'request_id was used with other content',
  },
  REQUEST_ID_STALE: {
    status: GrpcStatus.FAILED_PRECONDITION,
    message: 'the answer that this request_id got no longer holds: ask again under a new one',
  },
  HOLD_NOT_OPEN: { status: GrpcStatus.FAILED_PRECONDITION, message: 'the hold is not open' },
  ASSESSMENT_NOT_FOUND: { status: GrpcStatus.NOT_FOUND, message: 'no such assessment' },
  HOLD_NOT_FOUND: { status: GrpcStatus.NOT_FOUND, message: 'no such hold' },
  POLICY_REVISION_NOT_FOUND: { status: GrpcStatus.NOT_FOUND, message: 'no such policy revision' },
  QUARANTINED_MESSAGE_NOT_FOUND: { status: GrpcStatus.NOT_FOUND, message: 'no such quarantined message' },
  FEED_NOT_FOUND: { status: GrpcStatus.NOT_FOUND, message: 'no such feed' },
  GOVERNOR_NOT_TRIPPED: {
    status: GrpcStatus.FAILED_PRECONDITION,
    message: 'this governor has not tripped, so there is nothing to lift',
  },
  POLICY_FILE_MODE: {
    status: GrpcStatus.FAILED_PRECONDITION,
    message: 'the policy file decides (HOLDFAST_POLICY_MODE=file): change the file',
  },
  POLICY_PACKAGED_MODE: {
    status: GrpcStatus.FAILED_PRECONDITION,
    message:
      'the packaged policy decides: set HOLDFAST_POLICY_FILE to a policy of your own, or HOLDFAST_POLICY_MODE=api to make revisions by calls',
  },
  POLICY_CASES_FAILED: {
    status: GrpcStatus.FAILED_PRECONDITION,
    message: 'cases of the policy fail; give an override_reason to activate it nevertheless',
  },
  POLICY_NO_EARLIER_REVISION: {
    status: GrpcStatus.FAILED_PRECONDITION,
    message: 'no revision was live before',
  },
  POLICY_ALREADY_LIVE: {
    status: GrpcStatus.FAILED_PRECONDITION,
    message: 'the revision decides already: it cannot be its own candidate',
  },
  SHADOW_LIMIT: { status: GrpcStatus.FAILED_PRECONDITION, message: 'too many shadows run' },
  SHADOW_NOT_RUNNING: { status: GrpcStatus.NOT_FOUND, message: 'this revision does not run in shadow' },
  POLICY_CONFLICT: { status: GrpcStatus.ABORTED, message: 'another policy was activated meanwhile' },
  IN_FLIGHT_LIMIT: { status: GrpcStatus.RESOURCE_EXHAUSTED, message: 'too many calls are in flight' },
  SERVER_LAGGING: { status: GrpcStatus.UNAVAILABLE, message: 'the server is overloaded' },
  NOT_READY: { status: GrpcStatus.UNAVAILABLE, message: 'the server is not ready' },
  AUDIT_UNAVAILABLE: {
    status: GrpcStatus.UNAVAILABLE,
    message: 'answers cannot be recorded, so none is given',
  },
  BROKER_UNAVAILABLE: {
    status: GrpcStatus.UNAVAILABLE,
    message: 'the broker of provider events is not reached',
  },
  NOT_YET_AVAILABLE: { status: GrpcStatus.UNIMPLEMENTED, message: 'this method is not available yet' },
  INTERNAL: { status: GrpcStatus.INTERNAL, message: 'internal error' },
} as const satisfies Record<string, { readonly status: GrpcStatus; readonly message: string }>;

/** Names of errors, as sent in `ErrorInfo.reason`. */
export type CallErrorCode = keyof typeof ERROR_TABLE;

/** All of them. */
export const CALL_ERROR_CODES: readonly CallErrorCode[] = Object.keys(ERROR_TABLE).filter(isCallErrorCode);

/** One field of a request and the rule it breaks. Never holds the value itself. */
export interface FieldViolation {
  /** Path in the request, e.g. `signals[2].occurred_at`. Empty: the request as a whole. */
  readonly field: string;
  /** UPPER_SNAKE_CASE code of the rule. */
  readonly reason: string;
  /** The rule in words, lower case. */
  readonly description: string;
}

/** What an error carries beside its code and message. */
export interface CallErrorDetails {
  /** Facts for programs: limits, versions, names of methods. Never a customer's data. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly violations?: readonly FieldViolation[];
  /** When to try again, in milliseconds: sent as RetryInfo and as `grpc-retry-pushback-ms`. */
  readonly retryAfterMs?: number;
}

/**
 * An answer that is an error. Its message and details are sent to the caller as they are: they are written for
 * developers, and hold no customer's data.
 */
export class CallError extends Error {
  override readonly name = 'CallError';

  constructor(
    readonly code: CallErrorCode,
    message: string = ERROR_TABLE[code].message,
    readonly details: CallErrorDetails = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** An INVALID_ARGUMENT that lists every violation found. At least one. */
export function invalidArgument(violations: readonly FieldViolation[]): CallError {
  const first = violations[0];
  const message =
    first === undefined
      ? ERROR_TABLE.REQUEST_INVALID.message
      : `${first.field === '' ? 'request' : first.field}: ${first.description}`;
  return new CallError('REQUEST_INVALID', message, { violations });
}

/** The gRPC status of an error. */
export function statusOf(code: CallErrorCode): GrpcStatus {
  return ERROR_TABLE[code].status;
}

/** How an error thrown by any part looks to the caller. */
export type ClassifiedError =
  /** Meant for the caller. */
  | { readonly kind: 'expected'; readonly error: CallError }
  /** A bug or a broken machine: the caller learns nothing, we must learn of it. */
  | { readonly kind: 'unexpected'; readonly error: CallError; readonly cause: unknown };

/**
 * Sorts what a handler threw. Errors of other parts that carry a `code` of the table (a journal that cannot record,
 * say) keep their code but not their message, which was not written for callers.
 */
export function classifyError(thrown: unknown): ClassifiedError {
  if (thrown instanceof CallError) return { kind: 'expected', error: thrown };
  if (
    thrown instanceof Error &&
    'code' in thrown &&
    isCallErrorCode(thrown.code) &&
    thrown.code !== 'INTERNAL'
  ) {
    return { kind: 'expected', error: new CallError(thrown.code, undefined, {}, { cause: thrown }) };
  }
  return { kind: 'unexpected', error: new CallError('INTERNAL'), cause: thrown };
}

function isCallErrorCode(code: unknown): code is CallErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERROR_TABLE, code);
}
