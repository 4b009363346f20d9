import {
  DEFAULT_MAX_FRAME_BYTES,
  DEFAULT_WINDOW_BYTES,
  FRAME_HEADER_BYTES,
  MAX_31_BITS,
  Setting,
} from './frames.js';
import { Http2ProtocolError } from './protocol-error.js';
import { dataFramesBytes, putData, putHeaders } from './request-frames.js';
import type { SendLimits, Streams } from './streams.js';
import type { UnaryStream } from './unary-stream.js';

/**
 * Opens the streams of one connection and sends their requests, no more at a time than the peer's settings and windows
 * allow: what they do not allow yet waits, in order.
 */
export class StreamSender implements Streams {
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

  get isIdle(): boolean {
    return this.#open.size === 0 && this.#waiting.size === 0;
  }

  /** As they are while no call is under way. */
  get limits(): SendLimits {
    return {
      nextId: this.#nextId,
      windowBytes: this.#windowBytes,
      streamWindowBytes: this.#streamWindowBytes,
      maxFrameBytes: this.#maxFrameBytes,
      maxStreams: this.#maxStreams,
    };
  }

  send(stream: UnaryStream): void {
    if (this.#waiting.size > 0 || this.#open.size >= this.#maxStreams) this.#waiting.add(stream);
    else this.#start(stream);
  }

  stream(id: number): UnaryStream | undefined {
    return this.#open.get(id);
  }

  remove(stream: UnaryStream): boolean {
    this.#open.delete(stream.id);
    const isSent = !this.#stalled.delete(stream);
    this.#startWaiting();
    return isSent;
  }

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

  widen(stream: UnaryStream, addedBytes: number): void {
    stream.windowBytes = widened(stream.windowBytes, addedBytes);
    if (this.#stalled.has(stream)) this.#sendMore(stream, 0);
  }

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
    const part = { from: stream.sentBytes, to: stream.sentBytes + bytes, maxFrameBytes: this.#maxFrameBytes };
    if (bytes === stream.unsentBytes) this.#stalled.delete(stream);
    else this.#stalled.add(stream);
    const frames = Buffer.allocUnsafe(headerBytes + dataFramesBytes(stream.request, part));
    if (frames.length === 0) return;
    const start = headerBytes === 0 ? 0 : putHeaders(frames, 0, stream.id, this.#headerBlock);
    putData(frames, start, stream.id, stream.request, part);
    this.#windowBytes -= bytes;
    stream.windowBytes -= bytes;
    stream.sentBytes += bytes;
    this.#write(frames);
  }
}

/** @throws Http2ProtocolError when the window becomes larger than one may be */
export function widened(windowBytes: number, addedBytes: number): number {
  const bytes = windowBytes + addedBytes;
  if (bytes > MAX_31_BITS) throw new Http2ProtocolError('the peer opened a window wider than one may be');
  return bytes;
}
