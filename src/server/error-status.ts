import { create, type DescMessage, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { AnySchema, DurationSchema } from '@bufbuild/protobuf/wkt';
import { Metadata, type StatusObject } from '@grpc/grpc-js';
import {
  type BadRequest_FieldViolation,
  BadRequest_FieldViolationSchema,
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from '../gen/google/rpc/error_details_pb.js';
import { StatusSchema } from '../gen/google/rpc/status_pb.js';
import { type CallError, type FieldViolation, statusOf } from './errors.js';

/** Who defines the reasons: `ErrorInfo.domain`. */
export const ERROR_DOMAIN = 'holdfast.v1';

/** Trailer that carries a serialized google.rpc.Status. */
export const STATUS_DETAILS_KEY = 'grpc-status-details-bin';

/** Trailer by which a server tells a client's retry policy when to try again (gRFC A6). */
export const RETRY_PUSHBACK_KEY = 'grpc-retry-pushback-ms';

/**
 * Details travel in trailers: beyond about 8 KiB clients and proxies refuse them, and they do not compress. 1 KiB,
 * before base64, leaves room for everything else.
 */
export const MAX_STATUS_BYTES = 1024;

/** A message longer than this is cut, so that it alone never fills {@link MAX_STATUS_BYTES}. */
const MAX_MESSAGE_CHARACTERS = 256;

/** As {@link MAX_MESSAGE_CHARACTERS}, for values of `ErrorInfo.metadata`. */
const MAX_METADATA_VALUE_CHARACTERS = 128;

/**
 * Turns an error into what grpc-js sends: status, message, and the details that rich clients decode.
 *
 * Violations that would take the details beyond {@link MAX_STATUS_BYTES} are left out; `violations_not_listed` in the
 * ErrorInfo's metadata says how many.
 */
export function errorStatus(error: CallError): StatusObject {
  const message = printable(error.message, MAX_MESSAGE_CHARACTERS);
  const trailers = new Metadata();
  trailers.set(STATUS_DETAILS_KEY, Buffer.from(encodeDetails(error, message)));
  if (error.details.retryAfterMs !== undefined) {
    trailers.set(RETRY_PUSHBACK_KEY, String(Math.ceil(error.details.retryAfterMs)));
  }
  return { code: statusOf(error.code), details: message, metadata: trailers };
}

function encodeDetails(error: CallError, message: string): Uint8Array {
  const violations = (error.details.violations ?? []).map(toMessage);
  let listed = violations.length;
  let bytes = encodeStatus(error, message, violations, listed);
  while (bytes.byteLength > MAX_STATUS_BYTES && listed > 0) {
    // Long lists shrink by halves, so that 1,000 violations cost ten encodings rather than 1,000.
    listed = listed > 8 ? Math.floor(listed / 2) : listed - 1;
    bytes = encodeStatus(error, message, violations, listed);
  }
  return bytes;
}

function encodeStatus(
  error: CallError,
  message: string,
  violations: readonly BadRequest_FieldViolation[],
  listed: number,
): Uint8Array {
  const metadata: Record<string, string> = {};
  for (const [key, value] of Object.entries(error.details.metadata ?? {})) {
    metadata[key] = printable(value, MAX_METADATA_VALUE_CHARACTERS);
  }
  if (listed < violations.length) metadata['violations_not_listed'] = String(violations.length - listed);
  const details = [
    pack(ErrorInfoSchema, create(ErrorInfoSchema, { reason: error.code, domain: ERROR_DOMAIN, metadata })),
  ];
  if (listed > 0) {
    details.push(
      pack(BadRequestSchema, create(BadRequestSchema, { fieldViolations: violations.slice(0, listed) })),
    );
  }
  if (error.details.retryAfterMs !== undefined) {
    const retryDelay = toDuration(error.details.retryAfterMs);
    details.push(pack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay })));
  }
  return toBinary(StatusSchema, create(StatusSchema, { code: statusOf(error.code), message, details }));
}

function pack<S extends DescMessage>(schema: S, message: MessageShape<S>) {
  return create(AnySchema, {
    typeUrl: `type.googleapis.com/${schema.typeName}`,
    value: toBinary(schema, message),
  });
}

function toMessage(violation: FieldViolation): BadRequest_FieldViolation {
  return create(BadRequest_FieldViolationSchema, {
    field: printable(violation.field, MAX_MESSAGE_CHARACTERS),
    reason: violation.reason,
    description: printable(violation.description, MAX_MESSAGE_CHARACTERS),
  });
}

function toDuration(ms: number) {
  const wholeMs = Math.ceil(ms);
  return create(DurationSchema, {
    seconds: BigInt(Math.floor(wholeMs / 1000)),
    nanos: (wholeMs % 1000) * 1_000_000,
  });
}

/**
 * Printable ASCII only: grpc-js percent-encodes messages with `encodeURI`, which throws on a lone surrogate, outside
 * of any place where we could catch it.
 */
function printable(text: string, maxCharacters: number): string {
  const ascii = text.replace(/[^\x20-\x7e]/g, '?');
  return ascii.length <= maxCharacters ? ascii : `${ascii.slice(0, maxCharacters - 3)}...`;
}
