import type { Frame } from './frame-reader.js';
import { FrameFlag, FrameType, MAX_31_BITS, SETTING_BYTES } from './frames.js';
import { Http2ProtocolError } from './protocol-error.js';

const PRIORITY_BYTES = 5;

/**
 * The settings in a SETTINGS frame, in order.
 *
 * @throws Http2ProtocolError when it holds part of one
 */
export function settingsIn(payload: Buffer): readonly (readonly [id: number, value: number])[] {
  if (payload.length % SETTING_BYTES !== 0) throw new Http2ProtocolError('the peer sent part of a setting');
  return Array.from({ length: payload.length / SETTING_BYTES }, (_, place) => {
    const at = place * SETTING_BYTES;
    return [payload.readUInt16BE(at), payload.readUInt32BE(at + 2)];
  });
}

/**
 * A number of 32 bits, such as an error code.
 *
 * @throws Http2ProtocolError when the payload is too short for it
 */
export function numberIn(payload: Buffer, at: number): number {
  if (payload.length < at + 4) throw new Http2ProtocolError('the peer sent a frame that is too short');
  return payload.readUInt32BE(at);
}

/** Like {@link numberIn}, of 31 bits: the first bit is reserved. */
export function number31In(payload: Buffer, at: number): number {
  return numberIn(payload, at) & MAX_31_BITS;
}

/**
 * What a DATA or HEADERS frame carries, without padding and priority.
 *
 * @throws Http2ProtocolError when there is more padding than payload
 */
export function contentOf({ type, flags, payload }: Frame): Buffer {
  let start = 0;
  let end = payload.length;
  if ((flags & FrameFlag.PADDED) !== 0) {
    start = 1;
    end -= payload[0] ?? 0;
  }
  if (type === FrameType.HEADERS && (flags & FrameFlag.PRIORITY) !== 0) start += PRIORITY_BYTES;
  if (start > end) throw new Http2ProtocolError('the peer sent a frame with more padding than payload');
  return start === 0 && end === payload.length ? payload : payload.subarray(start, end);
}
