import { type DescMessage, fromBinary, type MessageShape, toBinary } from '@bufbuild/protobuf';
import type { FieldViolation } from './errors.js';
import type { MethodLimits } from './limits.js';
import { malformedPlace } from './malformed-place.js';
import { bufferView } from './wire-method.js';

/** A request as it came off the transport, before anything of it was read. */
export type ReceivedRequest =
  | {
      readonly kind: 'received';
      /** As sent, after decompression. */
      readonly bytes: Buffer;
      /** Monotonic time of arrival: milliseconds on the clock of `performance.now()`. */
      readonly arrivedAt: number;
    }
  | { readonly kind: 'too-large'; readonly byteLength: number; readonly limit: number };

/** Bytes that are not a message of the method; `place` says where, if one place can be named. */
export class MalformedRequest {
  constructor(readonly place: FieldViolation | undefined) {}
}

/**
 * An answer that is encoded already: the bytes that are recorded and the bytes that are sent are the same.
 */
export class EncodedResponse {
  /**
   * @param bytes the response message, protobuf encoded; not changed afterwards
   * @param durable if given, the answer is sent only once it resolves; if it rejects, its error is sent instead
   */
  constructor(
    readonly bytes: Uint8Array,
    readonly durable?: Promise<void>,
  ) {}
}

/**
 * Decodes what clients usually send faster than the generated decoder does.
 *
 * @returns undefined for anything else, which the generated decoder then reads or refuses
 */
export type UsualDecoder<I extends DescMessage> = (bytes: Buffer) => MessageShape<I> | undefined;

/**
 * Makes what the transport asks first of each request of a method. It never throws: the transport would answer INTERNAL,
 * which tells the caller that the fault is ours.
 */
export function requestReceiver({ maxRequestBytes }: MethodLimits): (bytes: Buffer) => ReceivedRequest {
  return (bytes) => {
    const { byteLength } = bytes;
    if (byteLength > maxRequestBytes) return { kind: 'too-large', byteLength, limit: maxRequestBytes };
    return { kind: 'received', bytes, arrivedAt: performance.now() };
  };
}

/** Reads the message of a received request. */
export type RequestDecoder<I extends DescMessage> = (bytes: Buffer) => MessageShape<I> | MalformedRequest;

/** Makes the decoder of a method's requests. It never throws. */
export function requestDecoder<I extends DescMessage>(
  schema: I,
  limits: MethodLimits,
  decodeUsual?: UsualDecoder<I>,
): RequestDecoder<I> {
  // Fields we do not know are dropped: nothing may ride along into records.
  const options = { readUnknownFields: false, recursionLimit: limits.maxNesting };
  return (bytes) => {
    try {
      return decodeUsual?.(bytes) ?? fromBinary(schema, bytes, options);
    } catch {
      return new MalformedRequest(malformedPlace(schema, bytes, limits.maxNesting));
    }
  };
}

/** Makes the encoder of a method's responses. The Buffer is a view of the encoded bytes, never a copy. */
export function responseEncoder<O extends DescMessage>(
  schema: O,
): (response: MessageShape<O> | EncodedResponse) => Buffer {
  return (response) =>
    bufferView(response instanceof EncodedResponse ? response.bytes : toBinary(schema, response));
}
