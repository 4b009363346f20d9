import { writeSync } from 'node:fs';

/** Writes to one socket from a thread that may block, in order and without tearing anything apart. */
export class Outbox {
  readonly #fd: number;
  readonly #frames: Uint8Array;
  /** Where the frames of each call end. */
  readonly #frameEnds: Uint32Array;
  #raisedBytes = 0;
  /** Not yet written, in order. */
  readonly #chunks: Uint8Array[] = [];

  /**
   * @param fd of a socket that does not block
   * @param frames of all calls, one after another
   * @param frameEnds where those of each call end
   */
  constructor(fd: number, frames: Uint8Array, frameEnds: Uint32Array) {
    this.#fd = fd;
    this.#frames = frames;
    this.#frameEnds = frameEnds;
  }

  /** The first so many calls are to be written. Never fewer than before. */
  raise(calls: number): void {
    const end = calls === 0 ? 0 : (this.#frameEnds[calls - 1] ?? this.#frames.length);
    if (end <= this.#raisedBytes) return;
    this.#chunks.push(this.#frames.subarray(this.#raisedBytes, end));
    this.#raisedBytes = end;
  }

  /** Puts frames behind what is already to be written. */
  add(frames: Uint8Array): void {
    this.#chunks.push(frames);
  }

  /**
   * Writes as much as the socket takes.
   *
   * @returns whether that was all
   * @throws Error when the socket is no more
   */
  flush(): boolean {
    for (let chunk = this.#chunks[0]; chunk !== undefined; chunk = this.#chunks[0]) {
      const written = writeWhatFits(this.#fd, chunk);
      if (written < chunk.length) {
        this.#chunks[0] = chunk.subarray(written);
        return false;
      }
      this.#chunks.shift();
    }
    return true;
  }
}

function writeWhatFits(fd: number, bytes: Uint8Array): number {
  try {
    return writeSync(fd, bytes, 0, bytes.length);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return 0;
    throw error;
  }
}
