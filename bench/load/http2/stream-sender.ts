import {
  DEFAULT_MAX_FRAME_BYTES,
  DEFAULT_WINDOW_BYTES,
  FRAME_HEADER_BYTES,
  FrameFlag,
  FrameType,
  MAX_31_BITS,
  Setting,
  writeFrameHeader,
} from './frames.js';
import { Http2ProtocolError } from './protocol-error.js';
import type { UnaryStream } from './unary-stream.js';

/**
 * Opens the streams of one connection and sends their requests, no more at a time than the peer's settings and windows
 * allow: what they do not allow yet waits, in order.
 */
export class StreamSender {
  readonly #headerBlock: Buffer;
  readonly #write: (bytes: Buffer) => void;
  readonly #open = new Map<number, UnaryStream>();
  /** Not opened: too many are. */
  readonly #waiting = new Set<UnaryStream>();
  /** Opened, but a window is used up. */
  readonly #stalled = new Set<UnaryStream>();
  #nextId = 1;
  #windowBytes = DEFAULT_WINDOW_BYTES;
  #streamWindowBytes = DEFAULT_WINDOW_BYTES;
  #maxFrameBytes = DEFAULT_MAX_FRAME_BYTES;
  #maxStreams = Number.POSITIVE_INFINITY;

  /**
   * @param headerBlock the same for all requests
   * @param write takes whole frames
   */
  constructor(headerBlock: Buffer, write: (bytes: Buffer) => void) {
    if (headerBlock.length > DEFAULT_MAX_FRAME_BYTES) {
      throw new RangeError(`headers of ${headerBlock.length} bytes do not fit one frame`);
    }
    this.#headerBlock = headerBlock;
    this.#write = write;
  }

  /** Neither open nor waiting. */
  get isIdle(): boolean {
    return this.#open.size === 0 && this.#waiting.size === 0;
  }

  send(stream: UnaryStream): void {
    if (this.#waiting.size > 0 || this.#open.size >= this.#maxStreams) this.#waiting.add(stream);
    else this.#start(stream);
  }

  stream(id: number): UnaryStream | undefined {
    return this.#open.get(id);
  }

  /**
   * Forgets a stream that is over and opens the next.
   *
   * @returns whether its request was sent whole
   */
  remove(stream: UnaryStream): boolean {
    this.#open.delete(stream.id);
    const isSent = !this.#stalled.delete(stream);
    this.#startWaiting();
    return isSent;
  }

  /** Takes out all streams that the peer has not begun to answer and will not: those above `lastId`, and those that wait. */
  removeAbove(lastId: number): readonly UnaryStream[] {
    const removed = [...this.#open.values()].filter(({ id }) => id > lastId);
    for (const stream of removed) {
      this.#open.delete(stream.id);
      this.#stalled.delete(stream);
    }
    removed.push(...this.#waiting);
    this.#waiting.clear();
    return removed;
  }

  /** @throws Http2ProtocolError when the setting is out of its range */
  applySetting(id: number, value: number): void {
    if (id === Setting.MAX_CONCURRENT_STREAMS) {
      this.#maxStreams = value;
      this.#startWaiting();
    } else if (id === Setting.MAX_FRAME_SIZE) {
      if (value < DEFAULT_MAX_FRAME_BYTES)
        throw new Http2ProtocolError(`the peer takes frames of ${value} bytes`);
      this.#maxFrameBytes = value;
    } else if (id === Setting.INITIAL_WINDOW_SIZE) {
      if (value > MAX_31_BITS) throw new Http2ProtocolError(`the peer's windows have ${value} bytes`);
      const addedBytes = value - this.#streamWindowBytes;
      this.#streamWindowBytes = value;
      for (const stream of this.#open.values()) this.widen(stream, addedBytes);
    }
  }

  /** @throws Http2ProtocolError when the window becomes larger than one may be */
  widen(stream: UnaryStream, addedBytes: number): void {
    stream.windowBytes = widened(stream.windowBytes, addedBytes);
    if (this.#stalled.has(stream)) this.#sendMore(stream, 0);
  }

  /** @throws Http2ProtocolError when the window becomes larger than one may be */
  widenConnection(addedBytes: number): void {
    this.#windowBytes = widened(this.#windowBytes, addedBytes);
    for (const stream of this.#stalled) this.#sendMore(stream, 0);
  }

  #startWaiting(): void {
    for (const stream of this.#waiting) {
      if (this.#open.size >= this.#maxStreams) return;
      this.#waiting.delete(stream);
      this.#start(stream);
    }
  }

  #start(stream: UnaryStream): void {
    if (this.#nextId > MAX_31_BITS) throw new Error('all streams of the connection have been used');
    stream.id = this.#nextId;
    this.#nextId += 2;
    stream.windowBytes = this.#streamWindowBytes;
    this.#open.set(stream.id, stream);
    this.#sendMore(stream, FRAME_HEADER_BYTES + this.#headerBlock.length);
  }

  /** Sends in one write what the windows let through, behind `headerBytes` for the headers, or 0 when they were sent. */
  #sendMore(stream: UnaryStream, headerBytes: number): void {
    const bytes = Math.max(0, Math.min(stream.unsentBytes, this.#windowBytes, stream.windowBytes));
    const isWhole = bytes === stream.unsentBytes;
    const dataFrames = isWhole
      ? Math.max(1, Math.ceil(bytes / this.#maxFrameBytes))
      : Math.ceil(bytes / this.#maxFrameBytes);
    if (isWhole) this.#stalled.delete(stream);
    else this.#stalled.add(stream);
    if (headerBytes + dataFrames === 0) return;
    const frames = Buffer.allocUnsafe(headerBytes + dataFrames * FRAME_HEADER_BYTES + bytes);
    if (headerBytes > 0) this.#putHeaders(stream, frames);
    this.#putData(stream, frames, headerBytes, bytes);
    this.#windowBytes -= bytes;
    stream.windowBytes -= bytes;
    stream.sentBytes += bytes;
    this.#write(frames);
  }

  #putHeaders(stream: UnaryStream, frames: Buffer): void {
    const payloadBytes = this.#headerBlock.length;
    const header = {
      payloadBytes,
      type: FrameType.HEADERS,
      flags: FrameFlag.END_HEADERS,
      streamId: stream.id,
    };
    frames.set(this.#headerBlock, writeFrameHeader(frames, 0, header));
  }

  #putData(stream: UnaryStream, frames: Buffer, startAt: number, bytes: number): void {
    const end = stream.sentBytes + bytes;
    let from = stream.sentBytes;
    for (let at = startAt; at < frames.length; ) {
      const payloadBytes = Math.min(end - from, this.#maxFrameBytes);
      const flags = from + payloadBytes === stream.request.length ? FrameFlag.END_STREAM : 0;
      at = writeFrameHeader(frames, at, { payloadBytes, type: FrameType.DATA, flags, streamId: stream.id });
      stream.request.copy(frames, at, from, from + payloadBytes);
      at += payloadBytes;
      from += payloadBytes;
    }
  }
}

function widened(windowBytes: number, addedBytes: number): number {
  const bytes = windowBytes + addedBytes;
  if (bytes > MAX_31_BITS) throw new Http2ProtocolError('the peer opened a window wider than one may be');
  return bytes;
}
