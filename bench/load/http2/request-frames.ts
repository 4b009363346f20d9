import { FRAME_HEADER_BYTES, FrameFlag, FrameType, writeFrameHeader } from './frames.js';

/** Which part of a request goes out, in frames of which size. In bytes. */
export interface RequestPart {
  readonly from: number;
  readonly to: number;
  readonly maxFrameBytes: number;
}

/** Bytes of the frames that {@link putData} writes. Even an empty last part needs one frame, to end the stream. */
export function dataFramesBytes(request: Buffer, { from, to, maxFrameBytes }: RequestPart): number {
  const leastFrames = to === request.length ? 1 : 0;
  return to - from + Math.max(leastFrames, Math.ceil((to - from) / maxFrameBytes)) * FRAME_HEADER_BYTES;
}

/** Writes a HEADERS frame and returns where it ends. */
export function putHeaders(target: Buffer, at: number, streamId: number, block: Buffer): number {
  const flags = FrameFlag.END_HEADERS;
  const header = { payloadBytes: block.length, type: FrameType.HEADERS, flags, streamId };
  const start = writeFrameHeader(target, at, header);
  target.set(block, start);
  return start + block.length;
}

/** Writes part of a request in DATA frames, the last of which ends the stream, and returns where they end. */
export function putData(
  target: Buffer,
  at: number,
  streamId: number,
  request: Buffer,
  part: RequestPart,
): number {
  const end = at + dataFramesBytes(request, part);
  let { from } = part;
  let place = at;
  while (place < end) {
    const payloadBytes = Math.min(part.to - from, part.maxFrameBytes);
    const flags = from + payloadBytes === request.length ? FrameFlag.END_STREAM : 0;
    place = writeFrameHeader(target, place, { payloadBytes, type: FrameType.DATA, flags, streamId });
    request.copy(target, place, from, from + payloadBytes);
    place += payloadBytes;
    from += payloadBytes;
  }
  return end;
}
