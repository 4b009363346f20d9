/** Before each frame: three bytes of length, type, flags, four of the stream. */
export const FRAME_HEADER_BYTES = 9;

/** Types of frames (RFC 9113, section 6). */
export const FrameType = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

/** Flags of frames; which of them a frame may have depends on its type. */
export const FrameFlag = {
  ACK: 0x1,
  END_STREAM: 0x1,
  END_HEADERS: 0x4,
  PADDED: 0x8,
  PRIORITY: 0x20,
} as const;

/** Identifiers of settings (RFC 9113, section 6.5.2). */
export const Setting = {
  ENABLE_PUSH: 2,
  MAX_CONCURRENT_STREAMS: 3,
  INITIAL_WINDOW_SIZE: 4,
  MAX_FRAME_SIZE: 5,
} as const;

/** What holds for both ends until their settings say otherwise. */
export const DEFAULT_WINDOW_BYTES = 65_535;
export const DEFAULT_MAX_FRAME_BYTES = 16_384;
/** The largest window, and the largest identifier of a stream. */
export const MAX_31_BITS = 0x7fff_ffff;

/** Tells a server that the client speaks HTTP/2. */
const CLIENT_PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** An identifier of two bytes, a value of four. */
export const SETTING_BYTES = 6;

/** Writes the header of a frame into `target` and returns where its payload begins. */
export function writeFrameHeader(
  target: Buffer,
  at: number,
  header: {
    readonly payloadBytes: number;
    readonly type: number;
    readonly flags: number;
    readonly streamId: number;
  },
): number {
  target.writeUIntBE(header.payloadBytes, at, 3);
  target[at + 3] = header.type;
  target[at + 4] = header.flags;
  target.writeUInt32BE(header.streamId, at + 5);
  return at + FRAME_HEADER_BYTES;
}

/** A whole frame. */
export function frameOf(type: number, flags: number, streamId: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payload.length);
  const header = { payloadBytes: payload.length, type, flags, streamId };
  frame.set(payload, writeFrameHeader(frame, 0, header));
  return frame;
}

export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(settings.length * SETTING_BYTES);
  for (const [at, [id, value]] of settings.entries()) {
    payload.writeUInt16BE(id, at * SETTING_BYTES);
    payload.writeUInt32BE(value, at * SETTING_BYTES + 2);
  }
  return frameOf(FrameType.SETTINGS, 0, 0, payload);
}

/** A frame whose payload is one number of 32 bits: WINDOW_UPDATE or RST_STREAM. */
export function numberFrame(type: number, streamId: number, value: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(value);
  return frameOf(type, 0, streamId, payload);
}

/**
 * What a client says first. It opens its windows as wide as they get: what is measured is the server, not how it waits for
 * this end.
 */
export function clientGreeting(): Buffer {
  const settings = settingsFrame([
    [Setting.ENABLE_PUSH, 0],
    [Setting.INITIAL_WINDOW_SIZE, MAX_31_BITS],
  ]);
  const window = numberFrame(FrameType.WINDOW_UPDATE, 0, MAX_31_BITS - DEFAULT_WINDOW_BYTES);
  return Buffer.concat([CLIENT_PREFACE, settings, window]);
}
