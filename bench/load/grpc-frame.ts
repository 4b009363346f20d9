/** Bytes before a message on the wire: one flag (0: not compressed), four of length. */
export const GRPC_PREFIX_BYTES = 5;

/** Puts a message in its gRPC frame. */
export function grpcFrame(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(GRPC_PREFIX_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, GRPC_PREFIX_BYTES);
  return frame;
}

/**
 * Takes the one message out of a response body.
 *
 * @throws RangeError when it is not exactly one uncompressed message
 */
export function framedMessage(body: Buffer): Buffer {
  if (
    body.length < GRPC_PREFIX_BYTES ||
    body[0] !== 0 ||
    body.readUInt32BE(1) !== body.length - GRPC_PREFIX_BYTES
  ) {
    throw new RangeError(`a body of ${body.length} bytes is not one gRPC message`);
  }
  return body.subarray(GRPC_PREFIX_BYTES);
}
