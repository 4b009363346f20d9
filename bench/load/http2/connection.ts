import { connect, type Socket } from 'node:net';
import { contentOf, number31In, numberIn, settingsIn } from './frame-payloads.js';
import { type Frame, FrameReader } from './frame-reader.js';
import { clientGreeting, FrameFlag, FrameType, frameOf, numberFrame } from './frames.js';
import { type HeaderBlock, HeaderBlocks } from './header-blocks.js';
import { type FieldReader, HpackDecoder } from './hpack-decoder.js';
import { errorName, Http2ProtocolError } from './protocol-error.js';
import { type LentConnection, type Loan, ScheduledStreams } from './scheduled-streams.js';
import { StreamSender } from './stream-sender.js';
import type { Streams } from './streams.js';
import { type OnEnd, UnaryStream } from './unary-stream.js';

const READ_BUFFER_BYTES = 65_536;
const NO_BYTES = Buffer.alloc(0);
const NO_READER: FieldReader = { readField: () => undefined };
const CODE_NO_ERROR = 0;
const CODE_CANCEL = 8;
/** Of the connection. Answers are small, so that half of it lasts long. */
const RENEW_WINDOW_AFTER_BYTES = 2 ** 30;

/** Where a connection goes and what each of its requests says first. */
export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly headerBlock: Buffer;
}

/**
 * An HTTP/2 connection without encryption (RFC 9113) that does what a unary call needs. A failure ends every call that is
 * under way, with its reason.
 */
export class Http2Connection {
  readonly #socket: Socket;
  readonly #sender: StreamSender;
  /** The sender's own, or those of another thread. */
  #streams: Streams;
  #write: (frames: Buffer) => void = (frames) => this.#socket.write(frames);
  readonly #reader = new FrameReader((frame) => this.#onFrame(frame));
  readonly #blocks = new HeaderBlocks();
  readonly #hpack = new HpackDecoder();
  readonly #headerBlock: Buffer;
  readonly #onReady: () => void;
  #onFailed: (reason: string) => void;
  #onIdle: () => void = () => undefined;
  #isReady = false;
  /** Why nothing may be sent any more. */
  #failure: string | undefined;
  #bytesSinceRenewal = 0;

  private constructor(options: ConnectionOptions, onReady: () => void, onFailed: (reason: string) => void) {
    const { host, port, headerBlock } = options;
    this.#headerBlock = headerBlock;
    this.#onReady = onReady;
    this.#onFailed = onFailed;
    const buffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
    const onBytes = (bytes: number) => {
      this.#receive(buffer.subarray(0, bytes));
      return true;
    };
    this.#socket = connect({ host, port, noDelay: true, onread: { buffer, callback: onBytes } });
    this.#socket.on('error', ({ message }) => this.#fail(`the connection failed: ${message}`));
    this.#socket.on('close', () => this.#fail('the peer closed the connection'));
    this.#sender = new StreamSender(headerBlock, (frames) => this.#write(frames));
    this.#streams = this.#sender;
    this.#socket.write(clientGreeting());
  }

  /**
   * Resolves when the peer has said how much it takes at a time.
   *
   * @throws Error when the peer cannot be reached or does not speak HTTP/2
   */
  static open(options: ConnectionOptions): Promise<Http2Connection> {
    return new Promise((resolve, reject) => {
      const connection: Http2Connection = new Http2Connection(
        options,
        () => resolve(connection),
        (reason) => reject(new Error(`${options.host}:${options.port}: ${reason}`)),
      );
    });
  }

  /**
   * Sends a request, now or when the peer takes more.
   *
   * @param request framed; not to be changed before the call is over
   * @throws Error when the connection is over
   */
  send(request: Buffer, onEnd: OnEnd): void {
    if (this.#failure !== undefined) throw new Error(`nothing can be sent: ${this.#failure}`);
    this.#sender.send(new UnaryStream(request, onEnd));
  }

  /**
   * Lets another thread send the next calls: only it may write from now on.
   *
   * @throws Error when calls are under way or the connection is over
   */
  lend(loan: Loan): LentConnection {
    if (this.#failure !== undefined) throw new Error(`nothing can be sent: ${this.#failure}`);
    if (!this.#sender.isIdle || this.#socket.writableLength > 0) throw new Error('calls are under way');
    const streams = new ScheduledStreams(this.#sender.limits, this.#headerBlock, loan);
    const fd = descriptorOf(this.#socket);
    this.#streams = streams;
    this.#write = loan.write;
    this.#onFailed = loan.onFailed;
    this.#failure = 'its calls are sent by another thread';
    return { fd, frames: streams.frames, frameEnds: streams.frameEnds };
  }

  /** The other thread has sent all it will. The connection can only be closed now. */
  takeBack(): void {
    this.#write = (frames) => this.#socket.write(frames);
  }

  /** Waits for the calls that are under way, then closes. */
  async close(): Promise<void> {
    this.#failure ??= 'the client has been closed';
    // What was lost with the connection never ends.
    if (!this.#streams.isIdle && !this.#socket.destroyed) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    if (this.#socket.closed) return;
    await new Promise<void>((resolve) => {
      this.#socket.once('close', () => resolve());
      if (this.#socket.writable) this.#socket.write(frameOf(FrameType.GOAWAY, 0, 0, Buffer.alloc(8)));
      this.#socket.destroySoon();
    });
  }

  #receive(bytes: Buffer): void {
    try {
      this.#reader.push(bytes);
    } catch (error) {
      if (!(error instanceof Http2ProtocolError)) throw error;
      this.#fail(error.message);
    }
  }

  #onFrame(frame: Frame): void {
    if (!this.#isReady) this.#requireSettings(frame);
    const block = this.#blocks.take(frame);
    if (block !== undefined) this.#onHeaders(block);
    else if (frame.type === FrameType.DATA) this.#onData(frame);
    else this.#onControl(frame);
  }

  #onHeaders({ streamId, isEnd, bytes }: HeaderBlock): void {
    const stream = this.#streams.stream(streamId);
    // The block of a stream that is over still changes the table of later ones.
    this.#hpack.decode(bytes, stream ?? NO_READER);
    if (isEnd && stream !== undefined) this.#end(stream);
  }

  #onData(frame: Frame): void {
    this.#bytesSinceRenewal += frame.payload.length;
    if (this.#bytesSinceRenewal > RENEW_WINDOW_AFTER_BYTES) {
      this.#write(numberFrame(FrameType.WINDOW_UPDATE, 0, this.#bytesSinceRenewal));
      this.#bytesSinceRenewal = 0;
    }
    const stream = this.#streams.stream(frame.streamId);
    if (stream === undefined) return;
    stream.addData(contentOf(frame));
    if ((frame.flags & FrameFlag.END_STREAM) !== 0) this.#end(stream);
  }

  #onControl({ type, flags, streamId, payload }: Frame): void {
    const stream = this.#streams.stream(streamId);
    const isAck = (flags & FrameFlag.ACK) !== 0;
    if (type === FrameType.SETTINGS && !isAck) {
      for (const [id, value] of settingsIn(payload)) this.#streams.applySetting(id, value);
      this.#write(frameOf(FrameType.SETTINGS, FrameFlag.ACK, 0, NO_BYTES));
    } else if (type === FrameType.PING && !isAck) {
      this.#write(frameOf(FrameType.PING, FrameFlag.ACK, 0, payload));
    } else if (type === FrameType.WINDOW_UPDATE) {
      if (streamId === 0) this.#streams.widenConnection(number31In(payload, 0));
      else if (stream !== undefined) this.#streams.widen(stream, number31In(payload, 0));
    } else if (type === FrameType.RST_STREAM && stream !== undefined) {
      this.#streams.remove(stream);
      this.#over(() => stream.fail(`the peer reset the stream: ${errorName(numberIn(payload, 0))}`));
    } else if (type === FrameType.GOAWAY) {
      this.#onGoAway(number31In(payload, 0), numberIn(payload, 4), payload.subarray(8).toString());
    } else if (type === FrameType.PUSH_PROMISE) {
      throw new Http2ProtocolError('the peer pushed a stream, which it was told not to');
    }
  }

  /** The peer still answers what it has begun to, unless it goes for an error. */
  #onGoAway(lastId: number, code: number, debug: string): void {
    const reason = `the peer goes away: ${errorName(code)} ${debug}`.trim();
    const isLent = this.#streams !== this.#sender;
    if (code !== CODE_NO_ERROR || isLent) throw new Http2ProtocolError(reason);
    this.#failure ??= reason;
    this.#failStreams(lastId, reason);
  }

  #end(stream: UnaryStream): void {
    const isSent = this.#streams.remove(stream);
    // Half open, the stream would count among those that the peer takes at a time.
    if (!isSent) this.#write(numberFrame(FrameType.RST_STREAM, stream.id, CODE_CANCEL));
    this.#over(() => stream.end());
  }

  #over(tell: () => void): void {
    tell();
    if (this.#streams.isIdle) this.#onIdle();
  }

  #requireSettings({ type, flags }: Frame): void {
    if (type !== FrameType.SETTINGS || (flags & FrameFlag.ACK) !== 0) {
      throw new Http2ProtocolError('the peer did not begin with its settings');
    }
    this.#isReady = true;
    // The settings are applied before anyone who waits for them goes on.
    this.#onReady();
  }

  #fail(reason: string): void {
    this.#failure ??= reason;
    this.#socket.destroy();
    this.#onFailed(reason);
    this.#failStreams(0, reason);
    // Calls of a connection that is lent are ended by whom it was lent to, who may never say so.
    this.#onIdle();
  }

  #failStreams(aboveId: number, reason: string): void {
    for (const stream of this.#streams.removeAbove(aboveId)) stream.fail(reason);
    if (this.#streams.isIdle) this.#onIdle();
  }
}

/** Node tells it to nobody but itself, and has no other way to write at once from another thread. */
function descriptorOf(socket: Socket): number {
  const { _handle: handle } = socket as Socket & { readonly _handle?: { readonly fd?: number } | null };
  const fd = handle?.fd ?? -1;
  if (fd < 0) throw new Error('this Node does not tell the descriptor of a socket');
  return fd;
}
