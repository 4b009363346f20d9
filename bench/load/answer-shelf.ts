import type { CallEnd } from './unary-client.js';

/** Enough for any answer to a usual withdrawal. */
const BYTES_PER_ANSWER = 4_096;

/**
 * Answers kept until the clock has stopped, outside the heap: thousands of objects that live as long as the measurement
 * would cost the load generator pauses of its own, which look like the service's.
 */
export class AnswerShelf implements Iterable<CallEnd> {
  readonly #bytes: Buffer;
  readonly #lengths: number[] = [];
  /** Ends that are not a plain answer are few, or the run has failed anyway. */
  readonly #others: CallEnd[] = [];

  constructor(capacity: number) {
    // Filled, so that the pages are there: a first touch while the clock runs costs as much as parsing the answer.
    this.#bytes = Buffer.allocUnsafeSlow(capacity * BYTES_PER_ANSWER).fill(0);
  }

  put(end: CallEnd): void {
    if (end.grpcStatus !== 0 || end.body.length > BYTES_PER_ANSWER) {
      this.#others.push(end);
      return;
    }
    end.body.copy(this.#bytes, this.#lengths.length * BYTES_PER_ANSWER);
    this.#lengths.push(end.body.length);
  }

  *[Symbol.iterator](): Iterator<CallEnd> {
    yield* this.#others;
    for (const [at, length] of this.#lengths.entries()) {
      const start = at * BYTES_PER_ANSWER;
      yield { grpcStatus: 0, grpcMessage: '', body: this.#bytes.subarray(start, start + length) };
    }
  }
}
