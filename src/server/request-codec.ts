import { type DescMessage, fromBinary, type MessageShape, toBinary } from '@bufbuild/protobuf';
import type { ShedCause } from './admission.js';
import type { FieldViolation } from './errors.js';
import type { MethodLimits } from './limits.js';
import { malformedPlace } from './malformed-place.js';
import { bufferView } from './wire-method.js';

/** What came of the bytes of a request. */
export type DecodedRequest<I extends DescMessage> =
  | {
      readonly kind: 'message';
      readonly message: MessageShape<I>;
      /** Size as sent, after decompression. */
      readonly byteLength: number;
      /** Monotonic time of arrival: milliseconds on the clock of `performance.now()`. */
      readonly arrivedAt: number;
    }
  /** Not a message of the method; `place` says where, if one place can be named. */
  | { readonly kind: 'malformed'; readonly place: FieldViolation | undefined }
  | { readonly kind: 'too-large'; readonly byteLength: number; readonly limit: number }
  | { readonly kind: 'shed'; readonly cause: ShedCause };

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
 * Makes the decoder of a method's requests. It never throws: the transport would answer INTERNAL, which tells the
 * caller that the fault is ours.
 *
 * @param shedCause asked first; under overload the body is not decoded at all
 */
export function requestDecoder<I extends DescMessage>(
  schema: I,
  limits: MethodLimits,
  shedCause: () => ShedCause | undefined,
  decodeUsual?: UsualDecoder<I>,
): (bytes: Buffer) => DecodedRequest<I> {
  // Fields we do not know are dropped: nothing may ride along into records.
  const options = { readUnknownFields: false, recursionLimit: limits.maxNesting };
  const { maxRequestBytes, sheddable } = limits;
  return (bytes) => {
    if (sheddable) {
      const cause = shedCause();
      if (cause !== undefined) return { kind: 'shed', cause };
    }
    const byteLength = bytes.byteLength;
    if (byteLength > maxRequestBytes) return { kind: 'too-large', byteLength, limit: maxRequestBytes };
    try {
      const message = decodeUsual?.(bytes) ?? fromBinary(schema, bytes, options);
      return { kind: 'message', message, byteLength, arrivedAt: performance.now() };
    } catch {
      return { kind: 'malformed', place: malformedPlace(schema, bytes, limits.maxNesting) };
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
