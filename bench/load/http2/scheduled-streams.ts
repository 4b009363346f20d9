import { FRAME_HEADER_BYTES, Setting } from './frames.js';
import { Http2ProtocolError } from './protocol-error.js';
import { dataFramesBytes, putData, putHeaders } from './request-frames.js';
import { widened } from './stream-sender.js';
import type { SendLimits, Streams } from './streams.js';
import { type CallEnd, UnaryStream } from './unary-stream.js';

/** What is given to a connection whose next calls another thread sends. */
export interface Loan {
  /** In the order in which they will be sent. Each must fit one frame and the window of a stream. */
  readonly requests: readonly Buffer[];
  /** Once for each request. */
  readonly onEnd: (at: number, end: CallEnd) => void;
  /** The peer now takes the first so many requests. Never fewer than before. */
  readonly onAllowed: (requests: number) => void;
  /** Sends frames of the connection itself between requests. */
  readonly write: (frames: Buffer) => void;
  /** Calls that are not over never will be. */
  readonly onFailed: (reason: string) => void;
}

/** What another thread needs to send the requests. */
export interface LentConnection {
  readonly fd: number;
  /** Of all requests, one after another, ready to be sent. */
  readonly frames: SharedArrayBuffer;
  /** Unsigned numbers of 32 bits: where the frames of each request end. */
  readonly frameEnds: SharedArrayBuffer;
}

const NO_BYTES = Buffer.alloc(0);

/** Streams that another thread opens, with requests and identifiers that are known beforehand. */
export class ScheduledStreams implements Streams {
  readonly frames: SharedArrayBuffer;
  readonly frameEnds: SharedArrayBuffer;
  readonly #loan: Loan;
  readonly #firstId: number;
  readonly #open = new Map<number, UnaryStream>();
  /** By place: 1 when it is over. */
  readonly #isOver: Uint8Array;
  #over = 0;
  #allowed = 0;
  /** Of the requests that are allowed. */
  #allowedBytes = 0;
  /** The length of the longest request. */
  readonly #largestBytes: number;
  /** What the connection's window has let through from the beginning of the loan. */
  #windowBytes: number;
  #maxStreams: number;

  /** @throws RangeError when a request is too large to be sent whole */
  constructor(limits: SendLimits, headerBlock: Buffer, loan: Loan) {
    const { requests } = loan;
    this.#loan = loan;
    this.#firstId = limits.nextId;
    this.#windowBytes = limits.windowBytes;
    this.#maxStreams = limits.maxStreams;
    this.#isOver = new Uint8Array(requests.length);
    this.#largestBytes = requests.reduce((largest, { length }) => Math.max(largest, length), 0);
    if (this.#largestBytes > Math.min(limits.maxFrameBytes, limits.streamWindowBytes)) {
      throw new RangeError(`a request of ${this.#largestBytes} bytes is more than the server takes at once`);
    }
    const frames = allFrames(requests, headerBlock, limits);
    this.frames = frames.bytes;
    this.frameEnds = frames.ends;
    this.#allow();
  }

  get isIdle(): boolean {
    return this.#over === this.#isOver.length;
  }

  stream(id: number): UnaryStream | undefined {
    const known = this.#open.get(id);
    if (known !== undefined) return known;
    const at = (id - this.#firstId) / 2;
    // Made when first heard of: as many as will be sent would be a heap of garbage while the clock runs.
    if (this.#isOver[at] !== 0) return undefined;
    const stream = new UnaryStream(NO_BYTES, (end) => this.#loan.onEnd(at, end));
    stream.id = id;
    this.#open.set(id, stream);
    return stream;
  }

  remove(stream: UnaryStream): boolean {
    this.#open.delete(stream.id);
    this.#isOver[(stream.id - this.#firstId) / 2] = 1;
    this.#over += 1;
    this.#allow();
    return true;
  }

  /** None: who lends the connection is told of its failure as a whole. */
  removeAbove(): readonly UnaryStream[] {
    return [];
  }

  applySetting(id: number, value: number): void {
    if (id === Setting.MAX_CONCURRENT_STREAMS) {
      this.#maxStreams = value;
      this.#allow();
    } else if (
      (id === Setting.INITIAL_WINDOW_SIZE || id === Setting.MAX_FRAME_SIZE) &&
      value < this.#largestBytes
    ) {
      throw new Http2ProtocolError(`the peer no longer takes ${this.#largestBytes} bytes at once`);
    }
  }

  /** Requests fit the window that a stream has from the beginning. */
  widen(): void {}

  widenConnection(addedBytes: number): void {
    this.#windowBytes = widened(this.#windowBytes - this.#allowedBytes, addedBytes) + this.#allowedBytes;
    this.#allow();
  }

  #allow(): void {
    const { requests, onAllowed } = this.#loan;
    const before = this.#allowed;
    const most = Math.min(requests.length, this.#over + this.#maxStreams);
    while (this.#allowed < most) {
      const bytes = this.#allowedBytes + (requests[this.#allowed]?.length ?? 0);
      if (bytes > this.#windowBytes) break;
      this.#allowedBytes = bytes;
      this.#allowed += 1;
    }
    if (this.#allowed > before) onAllowed(this.#allowed);
  }
}

function allFrames(
  requests: readonly Buffer[],
  headerBlock: Buffer,
  { nextId, maxFrameBytes }: SendLimits,
): { readonly bytes: SharedArrayBuffer; readonly ends: SharedArrayBuffer } {
  const partOf = (request: Buffer) => ({ from: 0, to: request.length, maxFrameBytes });
  const bytesOf = (request: Buffer) =>
    FRAME_HEADER_BYTES + headerBlock.length + dataFramesBytes(request, partOf(request));
  const bytes = new SharedArrayBuffer(requests.reduce((sum, request) => sum + bytesOf(request), 0));
  const ends = new Uint32Array(new SharedArrayBuffer(requests.length * Uint32Array.BYTES_PER_ELEMENT));
  const target = Buffer.from(bytes);
  let end = 0;
  for (const [at, request] of requests.entries()) {
    const streamId = nextId + 2 * at;
    end = putHeaders(target, end, streamId, headerBlock);
    end = putData(target, end, streamId, request, partOf(request));
    ends[at] = end;
  }
  return { bytes, ends: ends.buffer };
}
