import { contentOf } from './frame-payloads.js';
import type { Frame } from './frame-reader.js';
import { FrameFlag, FrameType } from './frames.js';
import { Http2ProtocolError } from './protocol-error.js';

/** The encoded fields of one HEADERS frame and the CONTINUATION frames that belong to it. */
export interface HeaderBlock {
  readonly streamId: number;
  /** Nothing follows on the stream. */
  readonly isEnd: boolean;
  /** As short-lived as the frame it came in. */
  readonly bytes: Buffer;
}

/** Puts header blocks together that came in several frames. */
export class HeaderBlocks {
  #begun: HeaderBlock | undefined;

  /**
   * Takes the next frame of the connection, of whatever type.
   *
   * @returns the block that it completes, if any
   * @throws Http2ProtocolError when it may not come here: nothing may come between the frames of a block
   */
  take(frame: Frame): HeaderBlock | undefined {
    const begun = this.#begun;
    const isContinuation = frame.type === FrameType.CONTINUATION;
    if (
      isContinuation !== (begun !== undefined) ||
      (begun !== undefined && begun.streamId !== frame.streamId)
    ) {
      throw new Http2ProtocolError('the peer sent headers and their continuation out of order');
    }
    if (frame.type !== FrameType.HEADERS && !isContinuation) return undefined;
    const block = begun === undefined ? firstPart(frame) : withPart(begun, frame.payload);
    const isComplete = (frame.flags & FrameFlag.END_HEADERS) !== 0;
    this.#begun = isComplete ? undefined : { ...block, bytes: Buffer.from(block.bytes) };
    return isComplete ? block : undefined;
  }
}

function firstPart(frame: Frame): HeaderBlock {
  const isEnd = (frame.flags & FrameFlag.END_STREAM) !== 0;
  return { streamId: frame.streamId, isEnd, bytes: contentOf(frame) };
}

function withPart(block: HeaderBlock, part: Buffer): HeaderBlock {
  return { ...block, bytes: Buffer.concat([block.bytes, part]) };
}
