import type { UnaryStream } from './unary-stream.js';

/** The streams of one connection, and what the peer lets them send. */
export interface Streams {
  /** No call is under way. */
  readonly isIdle: boolean;

  /** The stream of this identifier unless it is over. */
  stream(id: number): UnaryStream | undefined;

  /**
   * Forgets a stream that is over, so that the next may begin.
   *
   * @returns whether its request was sent whole
   */
  remove(stream: UnaryStream): boolean;

  /** Takes out the streams that the peer will not answer: those above `lastId`, and those that were not begun. */
  removeAbove(lastId: number): readonly UnaryStream[];

  /** @throws Http2ProtocolError when the setting is out of its range */
  applySetting(id: number, value: number): void;

  /** @throws Http2ProtocolError when the window becomes larger than one may be */
  widen(stream: UnaryStream, addedBytes: number): void;

  /** @throws Http2ProtocolError when the window becomes larger than one may be */
  widenConnection(addedBytes: number): void;
}

/** What the peer allows, at some moment at which no call is under way. */
export interface SendLimits {
  /** Identifier of the next stream. */
  readonly nextId: number;
  /** Of the connection. */
  readonly windowBytes: number;
  /** Of each new stream. */
  readonly streamWindowBytes: number;
  readonly maxFrameBytes: number;
  /** Open at a time; infinite when the peer has not said. */
  readonly maxStreams: number;
}
