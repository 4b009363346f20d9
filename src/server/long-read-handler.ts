import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import type { Slices } from '../audit/index.js';
import { CallError } from './errors.js';
import type { LongReads } from './long-reads.js';
import type { Answer, CallContext, UnaryHandler } from './unary-handler.js';

/** What a long read must know of its call. */
export interface ReaderCall extends CallContext {
  /** Set once the call has its place. */
  slices?: Slices;
  /** Names the caller's connection. Not for logs. */
  readonly connection: string;
  /** Calls back once: the answer was taken whole, or nobody waits for it any more. */
  whenOver(listener: () => void): void;
  /** Ends the call on both sides, whatever of its answer is on the way. */
  cut(): void;
}

/** Gives a handler its place among those who read at length, and slices to work in. */
export function longReadHandler<I extends DescMessage, O extends DescMessage>(
  handler: UnaryHandler<I, O>,
  reads: LongReads,
): (request: MessageShape<I>, call: ReaderCall) => Promise<Answer<O>> {
  return async (request, call) => {
    const read = reads.admit(call.connection);
    call.whenOver(() => read.end());
    try {
      await read.begun;
      if (call.cancelled()) throw new CallError('DEADLINE_PASSED');
      call.slices = read;
      const answer = await handler(request, call);
      read.answered(() => call.cut());
      return answer;
    } catch (thrown) {
      read.end();
      throw thrown;
    }
  };
}
