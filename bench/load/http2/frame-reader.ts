import { DEFAULT_MAX_FRAME_BYTES, FRAME_HEADER_BYTES } from './frames.js';
import { Http2ProtocolError } from './protocol-error.js';

/** One frame as it came. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  /** Valid only during the call: what is kept must be copied. */
  readonly payload: Buffer;
}

const NO_BYTES = Buffer.alloc(0);

/** Cuts what a connection receives into frames, however it was split on its way. */
export class FrameReader {
  readonly #onFrame: (frame: Frame) => void;
  /** The beginning of a frame whose end has not come. */
  #carried: Buffer = NO_BYTES;

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame;
  }

  /**
   * Takes the next bytes; calls back for each frame that they complete.
   *
   * @param bytes may be reused by the caller afterwards
   * @throws Http2ProtocolError when a frame is larger than this end allows
   */
  push(bytes: Buffer): void {
    const all = this.#carried.length === 0 ? bytes : Buffer.concat([this.#carried, bytes]);
    this.#carried = NO_BYTES;
    let at = 0;
    while (all.length - at >= FRAME_HEADER_BYTES) {
      const payloadBytes = all.readUIntBE(at, 3);
      if (payloadBytes > DEFAULT_MAX_FRAME_BYTES) {
        throw new Http2ProtocolError(
          `the peer sent a frame of ${payloadBytes} bytes, or does not speak HTTP/2`,
        );
      }
      const start = at + FRAME_HEADER_BYTES;
      const end = start + payloadBytes;
      if (end > all.length) break;
      this.#onFrame({
        type: all[at + 3] ?? 0,
        flags: all[at + 4] ?? 0,
        streamId: all.readUInt32BE(at + 5) % 0x8000_0000,
        payload: all.subarray(start, end),
      });
      at = end;
    }
    if (at < all.length) this.#carried = Buffer.from(all.subarray(at));
  }
}
